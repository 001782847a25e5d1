"""What a person sees on a terminal: a live view while the job runs, and what it came to."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pexpect
import pytest

from tests.support.facts_project import SmallProject

PATIENCE_S = 60
WAITING = """\
import os, sys
print("I wait for the word")
with open(os.path.join(sys.argv[1], "go")) as word:
    word.read()
with open(sys.argv[2], "w") as file:
    file.write('{"a": 1, "b": 2, "c": 3}')
"""
"""An agent that goes on when something is written into the pipe `go`."""


@pytest.fixture
def waiting(project: SmallProject) -> SmallProject:
    project.agent(WAITING)
    os.mkfifo(project.root / "go")
    return project


def give_the_word(project: SmallProject) -> None:
    (project.root / "go").write_text("go")


@contextmanager
def on_a_terminal(project: SmallProject, *words: str, **env: str) -> Iterator[pexpect.spawn]:
    """`supervisor WORDS` on a terminal of 40 rows and 120 columns."""
    environment = {**project.environment(), "TERM": "xterm-256color", **env}
    del environment["COLUMNS"]  # the terminal itself says how wide it is
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "supervisor", *words],
        cwd=str(project.root),
        env=environment,  # type: ignore[arg-type]
        dimensions=(40, 120),
        encoding="utf-8",
        timeout=PATIENCE_S,
    )
    try:
        yield terminal
    finally:
        terminal.close(force=True)


def until_its_end(terminal: pexpect.spawn) -> str:
    """All that is still printed; the command has to end with 0."""
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    return str(terminal.before)


def test_a_live_view_stands_while_the_job_runs_and_the_end_is_printed(waiting: SmallProject) -> None:
    with on_a_terminal(waiting, "run", "facts", "demo") as terminal:
        terminal.expect("facts/demo.*running.*job 1.*mine")
        terminal.expect("1 facts")
        terminal.expect("phase 1 batch 1")
        terminal.expect("I wait for the word")
        give_the_word(waiting)
        end = until_its_end(terminal)
    assert "facts/demo: completed after" in end
    assert "phase 1 facts: 3 items in vfs/facts/demo/facts.json" in end
    assert "INFO" not in end


def test_the_job_can_be_stopped_from_the_keyboard_and_goes_on_later(waiting: SmallProject) -> None:
    with on_a_terminal(waiting, "run", "facts", "demo") as terminal:
        terminal.expect("I wait for the word")
        terminal.sendintr()
        terminal.expect("facts/demo: stopped after")
        terminal.expect(pexpect.EOF)
        terminal.close()
        assert terminal.exitstatus == 3
    with on_a_terminal(waiting, "run", "facts", "demo") as terminal:
        terminal.expect("I wait for the word")
        give_the_word(waiting)
        assert "facts/demo: completed after" in until_its_end(terminal)
    assert waiting.result() == {"a": 1, "b": 2, "c": 3}


def test_without_colour_the_view_has_none(waiting: SmallProject) -> None:
    with on_a_terminal(waiting, "run", "facts", "demo", NO_COLOR="1") as terminal:
        terminal.expect("I wait for the word")
        view = terminal.before + terminal.after
        give_the_word(waiting)
        view += until_its_end(terminal)
    assert "facts/demo" in view
    assert re.findall(r"\x1b\[[\d;]*(?:3[0-9]|4[0-9]|9[0-7])m", view) == []


@pytest.mark.parametrize(
    ("words", "env"),
    [
        pytest.param(("--plain",), {}, id="asked"),
        pytest.param((), {"TERM": "dumb"}, id="dumb"),
    ],
)
def test_lines_are_plain_where_that_is_asked_for_or_the_terminal_can_no_more(
    project: SmallProject, words: tuple[str, ...], env: dict[str, str]
) -> None:
    with on_a_terminal(project, "run", "facts", "demo", *words, **env) as terminal:
        printed = until_its_end(terminal)
    assert "\x1b" not in printed
    lines = [line for line in printed.splitlines() if " INFO " in line]
    assert any("phase 1 batch 1/1: 3 items merged" in line for line in lines)
    assert "facts/demo: completed after" in printed


def test_to_watch_a_job_that_ended_shows_what_it_came_to(project: SmallProject) -> None:
    assert project.run().returncode == 0
    with on_a_terminal(project, "watch") as terminal:
        assert "facts/demo: completed after" in until_its_end(terminal)
    assert "facts/demo: completed after" in project.supervisor("watch", "facts/demo").stdout


def test_what_an_output_made_a_validator_say_cannot_steer_the_terminal(project: SmallProject) -> None:
    project.phases({"validator": "check.py"})
    project.write(
        "validators/facts/check.py",
        "from supervisor import ValidationError, ValidationReport\n"
        "def validate(batch, output, merged):\n"
        "    errors = [ValidationError(type='said', item_id=i, message=said) for i, said in output.items()]\n"
        "    return ValidationReport(errors=errors)\n",
    )
    project.write("said.json", json.dumps(dict.fromkeys("abc", "\x1b[2Jone\n\x1b]0;title\x07two")))
    with on_a_terminal(project, "validate", "facts", "1", "said.json", "--target", "demo") as terminal:
        terminal.expect(pexpect.EOF)
        lines = str(terminal.before).splitlines()
    assert lines == [*(f"said: {i}: one two" for i in "abc"), "not valid: 0 of 3 items pass"]
