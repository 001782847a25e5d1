"""Whatever an installed package raises while a job runs ends it with a message and status 4, not with a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from supervisor.host.unforeseen import as_error
from tests.support.example_packages import install
from tests.support.facts_project import Ran, SmallProject

FAILS = "def make(*given):\n    raise KeyError('rows')\n"
LACKS = "class Nothing:\n    pass\n\n\ndef make(*given):\n    return Nothing()\n"


def run(project: SmallProject, folder: Path, group: str, code: str, *words: str, **env: str) -> Ran:
    """Run a job that uses what a package of this code offers."""
    install("tally", code, {f"supervisor.{group}": {"other": "tally:make"}}, folder)
    project.phases({"output": "squares.other"} if group == "sinks" else {})
    settings: dict[str, Any] = {
        "executors": {"mine": {"executor": "other"}},
        "known_answers": {"known_answers": ["other"]},
    }
    project.settings(**settings.get(group, {}), agent="other" if group == "agents" else "mine")
    return project.run(*words, env={"PYTHONPATH": str(folder), **env})


@pytest.mark.parametrize("group", ["sinks", "executors", "known_answers", "agents"])
def test_the_package_that_failed_is_named_with_the_line(project: SmallProject, tmp_path: Path, group: str) -> None:
    ran = run(project, tmp_path, group, FAILS)
    assert ran.returncode == 4, ran.stdout + ran.stderr
    assert "supervisor: tally.py, line 2: the installed package 'tally' failed: KeyError: 'rows'\n" in ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr


@pytest.mark.parametrize("group", ["sinks", "executors", "known_answers"])
def test_so_is_one_that_lacks_what_it_is_to_have(project: SmallProject, tmp_path: Path, group: str) -> None:
    ran = run(project, tmp_path, group, LACKS)
    assert ran.returncode == 4, ran.stdout + ran.stderr
    assert "the installed package 'tally' failed: AttributeError: 'Nothing' object has no attribute" in ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr


BREAKS_LATER = """\
import contextlib


class Breaks:
    name = "squares.other"

    def lock(self):
        return contextlib.nullcontext()

    def edits(self, last):
        raise KeyError("rows")


def make(context):
    return Breaks()
"""


def test_one_that_fails_while_the_job_runs_is_named_in_its_log_and_status(
    project: SmallProject, tmp_path: Path
) -> None:
    ran = run(project, tmp_path, "sinks", BREAKS_LATER)
    assert ran.returncode == 4, ran.stdout + ran.stderr
    told = "tally.py, line 11: the installed package 'tally' failed: KeyError: 'rows'"
    assert told in project.supervisor("status").stdout
    assert f"{told}. Mend or remove it" in project.supervisor("logs").stdout
    assert project.job()["status"] == "stopped"


def test_the_traceback_is_shown_where_it_is_asked_for(project: SmallProject, tmp_path: Path) -> None:
    ran = run(project, tmp_path, "sinks", FAILS, SUPERVISOR_TRACEBACK="1")
    assert ran.returncode == 4
    assert "Traceback (most recent call last)" in ran.stderr
    assert "the installed package 'tally' failed" in ran.stderr


def test_a_fault_of_our_own_is_told_as_one() -> None:
    try:
        {}["missing"]
    except KeyError as error:
        told = str(as_error(error))
    assert told.startswith("test_unforeseen.py, line ")
    assert "a fault of the supervisor itself" in told and "KeyError: 'missing'" in told
