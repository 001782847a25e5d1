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
    """Numbers are squared, and their squares in a second phase."""
    by = {"id": 2, "items": {"phase": 1, "by": "again.py"}, "output": "again.json", "batch_size": 2}
    project.phases({"batch_size": 2}, by)
    project.write("phase_intelligence/facts/again.py", "def expand(i, p):\n    yield i, {'n': p['square']}\n")
    return project


def run(project: SmallProject, kind: str, **more: str) -> Ran:
    return subprocess.run(
        [sys.executable, "-m", "tests.engine.phases.conformance.kinds", kind, "run", "facts", "demo"],
        cwd=project.root,
        env=project.environment(PYTHONPATH=str(REPOSITORY), **more),
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )


def completed(project: SmallProject, kind: str) -> None:
    ran = run(project, kind)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert project.job()["status"] == "completed"


@every_kind
def test_its_items_come_from_a_source_and_from_the_phase_above(kind: str, project: SmallProject) -> None:
    completed(project, kind)
    assert (project.result(), project.result("again.json")) == (SQUARES, FOURTH)


@every_kind
def test_what_is_done_is_not_done_again_and_what_is_new_or_changed_is(kind: str, project: SmallProject) -> None:
    completed(project, kind)
    before = project.job()
    completed(project, kind)
    assert project.job()["sessions"] == before["sessions"]
    project.items({"a": {"n": 1}, "b": {"n": 3}, "c": {"n": 3}, "d": {"n": 2}})
    completed(project, kind)
    assert project.result() == {**SQUARES, "b": {"square": 9}, "d": {"square": 4}}
    assert project.result("again.json") == {**FOURTH, "b": {"square": 81}, "d": {"square": 16}}


@every_kind
@pytest.mark.parametrize("commit", [6, 8, 10])
def test_killed_before_a_commit_it_goes_on(kind: str, project: SmallProject, commit: int) -> None:
    killed = run(project, kind, **{VARIABLE: f"store.before_commit={commit}"})
    assert killed.returncode == -9, killed.stdout + killed.stderr
    completed(project, kind)
    assert (project.result(), project.result("again.json")) == (SQUARES, FOURTH)
