"""What every phase kind has to do, seen of whole jobs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from supervisor.failpoints import VARIABLE
from tests.engine.phases.conformance.kinds import KINDS
from tests.support.facts_project import Ran, SmallProject
from tests.support.repository_content import REPOSITORY

SQUARES = {"a": {"square": 1}, "b": {"square": 4}, "c": {"square": 9}}
FOURTH = {"a": {"square": 1}, "b": {"square": 16}, "c": {"square": 81}}

every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def project(project: SmallProject) -> SmallProject:
    project.write("phase_intelligence/facts/again.py", "def expand(i, p):\n    yield i, {'n': p['square']}\n")
    return project


def asks(project: SmallProject, first: str, second: str) -> None:
    """Numbers are squared by one kind, and their squares by another or the same in a second phase."""
    by = {"id": 2, "kind": second, "items": {"phase": 1, "by": "again.py"}, "output": "again.json", "batch_size": 2}
    project.phases({"kind": first, "batch_size": 2}, by)


def run(project: SmallProject, **more: str) -> Ran:
    return subprocess.run(
        [sys.executable, "-m", "tests.engine.phases.conformance.kinds", "run", "facts", "demo"],
        cwd=project.root,
        env=project.environment(PYTHONPATH=str(REPOSITORY), **more),
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )


def completed(project: SmallProject) -> None:
    ran = run(project)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert project.job()["status"] == "completed"


@every_kind
def test_its_items_come_from_a_source_and_from_the_phase_above(kind: str, project: SmallProject) -> None:
    asks(project, kind, kind)
    completed(project)
    assert (project.result(), project.result("again.json")) == (SQUARES, FOURTH)


@every_kind
def test_what_is_done_is_not_done_again_and_what_is_new_or_changed_is(kind: str, project: SmallProject) -> None:
    asks(project, kind, kind)
    completed(project)
    before = project.job()
    completed(project)
    assert project.job()["sessions"] == before["sessions"]
    project.items({"a": {"n": 1}, "b": {"n": 3}, "c": {"n": 3}, "d": {"n": 2}})
    completed(project)
    assert project.result() == {**SQUARES, "b": {"square": 9}, "d": {"square": 4}}
    assert project.result("again.json") == {**FOURTH, "b": {"square": 81}, "d": {"square": 16}}


@every_kind
@pytest.mark.parametrize("commit", [6, 8, 10])
def test_killed_before_a_commit_it_goes_on(kind: str, project: SmallProject, commit: int) -> None:
    asks(project, kind, kind)
    killed = run(project, **{VARIABLE: f"store.before_commit={commit}"})
    assert killed.returncode == -9, killed.stdout + killed.stderr
    completed(project)
    assert (project.result(), project.result("again.json")) == (SQUARES, FOURTH)


def test_phases_of_two_kinds_are_done_in_one_job_also_when_it_was_killed(project: SmallProject) -> None:
    asks(project, "of_the_page", "session")
    killed = run(project, **{VARIABLE: "store.before_commit=9"})
    assert killed.returncode == -9, killed.stdout + killed.stderr
    completed(project)
    assert (project.result(), project.result("again.json")) == (SQUARES, FOURTH)


def test_a_kind_that_is_not_there_is_refused(project: SmallProject) -> None:
    project.phases({"kind": "sesion"})
    before = project.files()
    ran = project.run()
    assert ran.returncode == 2
    assert "phase_intelligence/facts/pipeline.toml, phase 1: there is no phase kind 'sesion'" in ran.stderr
    assert "Did you mean 'session'? `kind` may be: session." in ran.stderr
    assert project.files() == before
