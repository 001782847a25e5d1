"""A package of another author adds a place of known answers, and a real job takes what it knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.example_packages import install
from tests.support.facts_project import SmallProject

REMEMBERED = '''\
"""Answers that a file of the project remembers."""

import json

from supervisor.engine.known_answers.known_answer import KnownAnswer


class Remembered:
    origin = "remembered"

    def __init__(self, context):
        self.file = context.project.root / "remembered.json"

    async def lookup(self, request):
        known = json.loads(self.file.read_text())
        values = {item_id: known[item_id] for item_id in request.todo if item_id in known}
        return [KnownAnswer(values=values, validated=True)] if values else []

    def settled(self, phase, ids):
        with open(self.file.with_name("settled.txt"), "a") as file:
            print(phase, *ids, file=file)

    def pending(self, phase):
        return False
'''
ENTRY = {"supervisor.known_answers": {"remembered": "remembered:Remembered"}}
SQUARES = {"a": {"square": 1}, "b": {"square": 4}, "c": {"square": 9}}


@pytest.fixture
def packages(tmp_path: Path) -> dict[str, str]:
    """Variables with which the package is installed."""
    folder = tmp_path / "packages"
    folder.mkdir()
    install("remembered", REMEMBERED, ENTRY, folder)
    return {"PYTHONPATH": str(folder)}


@pytest.fixture
def project(project: SmallProject) -> SmallProject:
    """A project that names the place, of batches of one item, whose first two answers are known."""
    project.phases({"batch_size": 1})
    project.settings(known_answers=["remembered"])
    project.write("remembered.json", '{"a": "known", "b": "known too", "z": "of no item"}')
    return project


def sessions(project: SmallProject) -> list[str]:
    return sorted(path.name for path in (project.root / "vfs/.supervisor/sessions").iterdir())


def test_no_session_is_started_for_what_it_knows(project: SmallProject, packages: dict[str, str]) -> None:
    ran = project.run(env=packages)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert project.result() == {"a": "known", "b": "known too", "c": SQUARES["c"]}
    assert sessions(project) == ["job1-phase1-batch3-session1"]
    assert project.job()["sessions"] == 1
    assert sorted((project.root / "settled.txt").read_text().splitlines()) == ["1 a", "1 b", "1 c"]


def test_a_project_that_does_not_name_it_does_not_ask_it(project: SmallProject, packages: dict[str, str]) -> None:
    project.settings()
    ran = project.run(env=packages)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert project.result() == SQUARES
    assert len(sessions(project)) == 3


def test_a_name_that_no_package_offers_is_told_before_anything_is_made(
    project: SmallProject, packages: dict[str, str]
) -> None:
    project.settings(known_answers=["remembred"])
    before = project.files()
    ran = project.run(env=packages)
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "known_answers in supervisor.toml: there are no known answers 'remembred'" in ran.stderr
    assert "Installed packages offer: remembered." in ran.stderr
    assert "Traceback" not in ran.stderr
    assert project.files() == before


def test_without_the_package_it_says_so(project: SmallProject) -> None:
    ran = project.run()
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "Installed packages offer: none." in ran.stderr
