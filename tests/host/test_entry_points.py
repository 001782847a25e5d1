"""Whatever an installed package offers by entry point: what does not load, or is there twice, is said in one way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.example_packages import install
from tests.support.facts_project import SmallProject

GROUPS: dict[str, dict[str, Any]] = {
    "sources": {"items": "vfs/items.other"},
    "sinks": {"output": "squares.other"},
    "executors": {},
    "agents": {},
    "known_answers": {},
}


def asks_for(project: SmallProject, group: str) -> None:
    """Have a project need what the group offers under the name `other`."""
    project.write("vfs/items.other", "{}")
    project.phases(GROUPS[group])
    named = {"executors": {"mine": {"executor": "other"}}, "known_answers": {"known_answers": ["other"]}}
    project.settings(**named.get(group, {}), **({"agent": "other"} if group == "agents" else {"agent": "mine"}))


@pytest.mark.parametrize("group", GROUPS)
def test_what_does_not_load_is_named_with_its_package(project: SmallProject, tmp_path: Path, group: str) -> None:
    asks_for(project, group)
    install(
        "broken_one",
        "raise RuntimeError('of another time')\n",
        {f"supervisor.{group}": {"other": "broken_one:x"}},
        tmp_path,
    )
    before = project.files()
    ran = project.run(env={"PYTHONPATH": str(tmp_path)})
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert f"entry point broken_one:x of supervisor.{group}" in ran.stderr
    assert "'other' of broken_one cannot be loaded: of another time" in ran.stderr
    assert "Install that package again, or remove it." in ran.stderr
    assert project.files() == before


@pytest.mark.parametrize("group", GROUPS)
def test_a_name_that_two_packages_offer_is_refused_with_both(project: SmallProject, tmp_path: Path, group: str) -> None:
    asks_for(project, group)
    for package in ("first_one", "second_one"):
        install(package, "x = None\n", {f"supervisor.{group}": {"other": f"{package}:x"}}, tmp_path)
    before = project.files()
    ran = project.run(env={"PYTHONPATH": str(tmp_path)})
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "two packages offer the" in ran.stderr and "'other'" in ran.stderr
    assert "first_one" in ran.stderr and "second_one" in ran.stderr
    assert project.files() == before
