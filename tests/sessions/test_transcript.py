"""What people see of what a session printed."""

from __future__ import annotations

import json
from pathlib import Path

from supervisor.sessions.transcript import last_line, readable


def text_of(line: str) -> str:
    """What an agent would show of a line of JSON; half a line is shown as it is."""
    try:
        return str(json.loads(line)["text"])
    except ValueError:
        return line


def event(text: str) -> str:
    return json.dumps({"text": text}) + "\n"


def test_control_characters_that_json_spells_do_not_reach_the_terminal(tmp_path: Path) -> None:
    sly = event("\x1b]0;title\x07\x1b[2Jclean\x9b31m\u202e")
    assert "\x1b" not in sly
    assert readable(sly.encode(), text_of) == "clean31m\n"
    file = tmp_path / "transcript.txt"
    file.write_text(sly)
    assert last_line(file, text_of) == "clean31m"


def test_the_last_line_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "transcript.txt"
    file.write_text(event("first\nsecond\n\nthird") + event(""))
    assert last_line(file, text_of) == "first second third"


def test_half_a_line_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    file = tmp_path / "transcript.txt"
    file.write_text(event("long " * 3000) + event(""))
    assert last_line(file, text_of).startswith("long long long")
    assert "text" not in last_line(file, text_of)
