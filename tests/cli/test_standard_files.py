"""A command does its work, and ends with its status, whatever becomes of its standard input, output and error."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.made_project import Made
from tests.support.commands import begin_loaded
from tests.support.facts_project import Directory
from tests.support.project_folder import PROGRAM
from tests.support.scripted_project import TARGET, WAITS, Small, numbered, open_gate, said
from tests.support.waiting import PATIENCE_S, until

SHOW = [
    ("--version",),
    ("--help",),
    ("status",),
    ("jobs",),
    ("logs",),
    ("logs", "--follow"),
    ("watch",),
    ("export", "1"),
    ("agents",),
    ("validate", "facts", "1", "vfs/facts/demo/facts.json"),
    ("webhooks", "list"),
    ("tokens", "add", "somebody"),
    ("report", "1"),
    ("doctor",),
]
"""Commands whose output is what they are for."""
WORK = [
    ("run", "facts", "other", "--agent", "mine"),
    ("start", "facts", "more", "--agent", "mine"),
    ("stop",),
    ("resume", "1"),
    ("cancel", "1"),
    ("retry", "1", "--phase", "1"),
    ("init", "another"),
]
"""Commands that do something else."""


@pytest.fixture
def own(made: Made, tmp_path: Path) -> Iterator[Directory]:
    """A copy of the project for each command, so that each finds the same."""
    root = tmp_path / "own"
    shutil.copytree(made.project.root, root, symlinks=True)
    yield Directory(root)
    if (root / "vfs" / ".supervisor" / "supervisor.json").exists():
        Directory(root).supervisor("stop")


def _status(own: Directory, words: tuple[str, ...], output: int, errors: int) -> int:
    return begin_loaded(words, own.root, own.environment(), output, errors).wait()


@pytest.mark.parametrize("words", [*SHOW, *WORK], ids=" ".join)
def test_closed_files_are_as_good_as_open_ones(own: Directory, words: tuple[str, ...]) -> None:
    line = " ".join([*PROGRAM, *words, "<&-", ">&-", "2>&-"])
    ended = subprocess.run(["sh", "-c", line], cwd=own.root, env=own.environment(), timeout=PATIENCE_S, check=False)
    assert ended.returncode == 0
    assert words in SHOW or own.supervisor("doctor").returncode == 0  # nothing was written into the store


@pytest.mark.parametrize("words", [*SHOW, *WORK], ids=" ".join)
def test_output_that_nobody_reads_is_dropped(own: Directory, words: tuple[str, ...]) -> None:
    reader, output = os.pipe()
    os.close(reader)
    try:
        assert _status(own, words, output, output) == 0
    finally:
        os.close(output)


@pytest.mark.parametrize("words", [*SHOW, *WORK], ids=" ".join)
def test_output_on_a_full_disk_is_missed_only_by_commands_that_are_for_it(
    own: Directory, words: tuple[str, ...], tmp_path: Path
) -> None:
    errors = tmp_path / "errors"
    output = os.open("/dev/full", os.O_WRONLY)
    try:
        with open(errors, "wb") as file:
            status = _status(own, words, output, file.fileno())
        said_it = "not all of the output could be written: No space left on device" in errors.read_text()
        assert (status, said_it) == (4 if words in SHOW else 0, True)
    finally:
        os.close(output)


def test_a_refusal_keeps_its_status_without_standard_error(own: Directory) -> None:
    line = " ".join([*PROGRAM, "run", "nothing", "demo", "2>&-"])
    ended = subprocess.run(["sh", "-c", line], cwd=own.root, env=own.environment(), timeout=PATIENCE_S, check=False)
    assert ended.returncode == 2


def test_a_job_goes_on_after_its_reader_has_left(small: Small) -> None:
    small.lay_out(numbered(8), agent=WAITS)
    running = small.begin_run()
    running.read_lines(1)
    waiting = small.at_gate(count=4)
    running.stdout.close()
    for session in waiting:
        open_gate(session)
    assert running.process.wait() == 0
    assert small.main() == said(numbered(8))
    assert not running.err


def test_following_a_job_ends_when_the_reader_leaves(small: Small) -> None:
    small.lay_out(numbered(4), agent=WAITS)
    small.done("start", "small", TARGET)
    following = small.begin("logs", "--follow")
    following.line_with("session 1 started")
    following.stdout.close()
    for session in small.at_gate(count=2):
        open_gate(session)
    assert following.process.wait() == 0
    assert small.until_ended() == "completed"
    until(lambda: not (small.state / "supervisor.json").exists(), "the daemon's end")


def test_a_job_waits_for_a_reader_that_takes_its_time(small: Small) -> None:
    small.lay_out(numbered(4))
    reader, output = os.pipe2(os.O_NONBLOCK)
    while True:
        try:
            os.write(output, b"x" * 65536)
        except BlockingIOError:
            break
    os.set_blocking(reader, True)
    command = begin_loaded(("run", "small", TARGET), small.root, small.environment(), output, 2)
    os.close(output)
    with open(reader, "rb") as file:
        read = file.read()
    assert command.wait() == 0
    assert re.search(rb"completed after .*", read)
