"""Every agent of the catalogue, in one job for each level of isolation: what came of it is in the test's name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.chaos.adversarial.catalogue import CASES, MERGED, PROGRAM, Case
from tests.support import processes
from tests.support.sandboxes import LEVELS
from tests.support.scripted_project import PIPELINE, TARGET, Small

PHASE = {"batch_size": 1, "max_attempts": 1, "timeout": 4}
SETTINGS = {
    "concurrency": 6,
    "max_output_bytes": 70_000,
    "max_transcript_bytes": 100_000,
    "finish_timeout": 0.15,
    "startup_timeout": 0,
}


class Done(NamedTuple):
    """What the job came to."""

    small: Small
    errors: dict[str, list[dict[str, Any]]]
    """Item to its errors."""
    merged: dict[str, Any]
    outside: list[str]
    """What was left outside of the project."""


def item_of(case: Case) -> str:
    return f"case{CASES.index(case):03}"


@pytest.fixture(scope="module", params=LEVELS)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Done:
    level: str = request.param
    folder = tmp_path_factory.mktemp(level).resolve()
    small = Small(folder / "project")
    small.root.mkdir()
    items = {item_of(case): {"does": case.does} for case in CASES}
    small.lay_out(items, phases=[PHASE], settings={**SETTINGS, "sandbox": level})
    small.write("agents/plain.py", PROGRAM)
    running = small.begin("run", PIPELINE, TARGET, "--plain")
    status = running.end()
    assert status == 1, "\n".join([*running.lines[-20:], running.err])
    assert "Traceback" not in running.err
    errors = {each["id"]: each["errors"] for each in small.status()["failed_items"]}
    return Done(small, errors, small.main(), [path.name for path in folder.iterdir()])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}: {case.outcome}")
def test_an_agent_that(done: Done, case: Case) -> None:
    item, expected = item_of(case), set(case.outcome.split(" or "))
    came_to = {MERGED} if item in done.merged else {error["type"] for error in done.errors[item]}
    assert came_to & expected, done.errors.get(item)


def test_there_are_more_than_a_hundred() -> None:
    assert len(CASES) > 100
    assert len({case.name for case in CASES}) == len(CASES)


def test_nobody_is_left(done: Done) -> None:
    processes.none_left(done.small.root)


def test_nothing_was_written_outside_of_the_project(done: Done) -> None:
    assert done.outside == ["project"]


def test_every_item_is_accounted_for(done: Done) -> None:
    assert set(done.errors) | set(done.merged) == {item_of(case) for case in CASES}
    assert not set(done.errors) & set(done.merged)


def test_what_is_shown_and_logged_has_no_escape_and_no_control_character(done: Done) -> None:
    shown = [done.small.progress, done.small.done("status", "1").out, done.small.done("logs", "1").out]
    shown += [
        done.small.done("logs", "1", "--batch", str(CASES.index(case) + 1)).out
        for case in CASES
        if "print" in case.name
    ]
    for text in shown:
        assert not [
            letter for letter in text if (ord(letter) < 32 and letter not in "\n\t") or 127 <= ord(letter) < 160
        ]
        assert "\u202e" not in text


def test_the_main_file_is_strict_json_of_what_was_merged(done: Done) -> None:
    assert list(json.loads(Path(done.small.path()).read_bytes())) == list(done.merged)
