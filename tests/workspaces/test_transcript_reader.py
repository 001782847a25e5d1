"""What people see of what a session printed."""

from __future__ import annotations

import json
from pathlib import Path

from supervisor.workspaces.transcript_reader import last_line, readable

NOISE = '{"noise": 1}\n'


def without_noise(line: str) -> str:
    return "" if line.startswith("{") else line


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


def test_a_program_that_shows_the_cursor_at_its_end_has_drawn_nothing() -> None:
    printed = (NOISE + "said\r\n" + NOISE + "\x1b[?1006l\x1b[?25h\x1b7\x1b[r\x1b8\x1b[?25h").encode()
    assert readable(printed, without_noise) == "said\n"


def test_of_a_program_that_moves_about_the_screen_is_shown() -> None:
    assert readable(b"one\x1b[Htwo\n", without_noise) == "two\n"
    assert readable(b"\x1b[?1049hone\rtwo\n", without_noise) == "two\n"


def test_the_last_line_that_says_something_may_be_far_above_the_end(tmp_path: Path) -> None:
    path = tmp_path / "transcript.txt"
    path.write_text("first\nsaid\n" + NOISE * 5000)
    assert last_line(path, without_noise) == "said"
    path.write_text("said\n" + NOISE)
    assert last_line(path, without_noise) == "said"
    path.write_text(NOISE * 5000)
    assert last_line(path, without_noise) == ""
    assert last_line(tmp_path / "none", without_noise) == ""
