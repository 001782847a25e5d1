"""A run without a fault to compare with; at the end it is shown how many faults there were."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.machine.three_phases import lay_out
from tests.chaos.machine.undisturbed import Calm, run_undisturbed
from tests.support import processes
from tests.support.scripted_project import Small

NUMBERS = ("runs", "faults", "waited", "stopped", "wrong")


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Calm:
    """What the undisturbed run came to, and which calls it made."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    return run_undisturbed(tmp_path_factory.mktemp("calm").resolve())


@pytest.fixture
def three_phases(tmp_path: Path) -> Iterator[Small]:
    """The small pipeline in a folder of its own; in the end nothing of it runs any more."""
    project = lay_out(tmp_path.resolve() / "project")
    yield project
    processes.none_left(project.root)


@pytest.fixture
def figures(record_property: Any) -> dict[str, int]:
    """What a test counts, for the summary."""
    counted = dict.fromkeys(NUMBERS, 0)
    record_property("machine", counted)
    return counted


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line: what failed, and what that left."""
    total = dict.fromkeys(NUMBERS, 0)
    tests = 0
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for name, counted in report.user_properties:
            if report.when == "call" and name == "machine":
                tests += 1
                for key in NUMBERS:
                    total[key] += counted[key]
    if tests:
        terminalreporter.write_line(
            f"faults of the machine: {tests} cases, {total['runs']} runs, {total['faults']} calls failed or short;"
            f" {total['waited']} runs waited and went on, {total['stopped']} stopped and were run again;"
            f" lost, doubled, broken or counted: {total['wrong']}"
        )
