"""A run begins with what the store knows: what was read and checked before is not read again, what changed is."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from supervisor.errors import StoreError
from supervisor.project.pipeline_loader import load_pipeline, read_target
from supervisor.project.project import find_project
from supervisor.project.store_guard import StoreGuard
from supervisor.sources.source import SourceContext
from supervisor.sources.source_registry import source_of
from supervisor.sources.taken_items import items_fingerprint
from tests.support.facts_project import SmallProject


def store(project: SmallProject) -> Path:
    return project.root / "vfs" / ".supervisor" / "store.sqlite"


def mark(project: SmallProject) -> str:
    """What the store would know the items by that are there now."""
    found = find_project(project.root)
    pipeline = load_pipeline(found, "facts")
    phase, target = pipeline.phases[0], read_target(pipeline, "demo")
    return items_fingerprint(source_of(SourceContext(found, pipeline, phase, target)), phase, target)


def test_items_that_were_taken_are_not_read_again(project: SmallProject) -> None:
    assert project.run().returncode == 0
    project.write("vfs/items.json", "{ this would not be taken")
    with contextlib.closing(sqlite3.connect(store(project))) as connection, connection:
        connection.execute("UPDATE phases SET source = ?", (mark(project),))
    ran = project.run()
    assert ran.returncode == 0, ran.stderr


def test_items_that_changed_are_read_before_anything_is_touched(project: SmallProject) -> None:
    assert project.run().returncode == 0
    project.write("vfs/items.json", "{ this is not taken")
    before = project.files()
    ran = project.run()
    assert ran.returncode == 2
    assert "vfs/items.json" in ran.stderr
    assert project.files() == before


def test_items_of_which_another_part_is_asked_for_are_read_again(project: SmallProject) -> None:
    project.phases({"limit": "2"})
    assert project.run().returncode == 0
    assert list(project.result()) == ["a", "b"]
    project.phases({"limit": "5"})
    assert project.run().returncode == 0
    assert list(project.result()) == ["a", "b", "c"]


def test_an_item_that_is_redone_for_other_instructions_is_not_asked_for_where_it_left_the_items(
    project: SmallProject,
) -> None:
    assert project.run().returncode == 0
    project.items({"a": {"n": 1}, "b": {"n": 2}})
    assert project.run().returncode == 0
    project.write("phase_intelligence/facts/how.md", "Square them in another way.\n")
    assert project.run("--redo-changed").returncode == 0
    assert list(project.result()) == ["a", "b"]
    assert project.job()["sessions"] == 2


def test_a_store_that_was_written_to_since_it_was_looked_at_is_looked_at_again(project: SmallProject) -> None:
    assert project.run().returncode == 0
    looking = StoreGuard(find_project(project.root))
    looking.require_sound()
    data = store(project).read_bytes()
    store(project).write_bytes(data[:4096] + bytes(8192) + data[12288:])
    with pytest.raises(StoreError, match="the store is damaged"):
        looking.require_sound()


def test_a_store_without_work_done_before_is_no_damage(project: SmallProject) -> None:
    StoreGuard(find_project(project.root)).require_sound()
