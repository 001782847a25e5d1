"""Courses of all seeds, at any concurrency, with and without faults: complete, right, and the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.course_files import made, seeds
from tests.support.course_rules import check_course
from tests.support.project_folder import Project, Session


@pytest.mark.parametrize("language", ["ita", "spa"])
def test_all_seeds_make_a_course_that_keeps_all_rules(course: Callable[[], Project], language: str) -> None:
    project = course()
    target = f"{language}_for_eng_full"
    project.done("run", "course", target)
    assert len(seeds(project)) == 668
    check_course(project.results(target, "courses"), seeds(project))
    job = project.status()
    assert [phase["batches"]["total"] for phase in job["phases"][:2]] == [34, 34]
    assert (job["status"], job["retries"]) == ("completed", 0)


def test_concurrency_changes_no_byte(course: Callable[[], Project]) -> None:
    target = "spa_for_eng_100seeds"
    results = []
    for concurrency in ("1", "16"):
        project = course()
        project.done("run", "course", target, "--concurrency", concurrency)
        results.append(made(project, target))
    check_course(project.results(target, "courses"), seeds(project, 100))
    assert results[0] == results[1]


def test_with_faults_the_course_is_complete_the_same_and_retries_ask_for_what_failed_only(
    course: Callable[[], Project],
) -> None:
    target = "spa_for_eng_100seeds"
    clean, faulty = course(), course()
    clean.done("run", "course", target)
    faulty.done("run", "course", target, "--faults", "0.3", "--seed", "7", "--concurrency", "16")
    assert made(faulty, target) == made(clean, target)
    final = {
        phase: _by_id(json.loads(data)) for phase, data in zip((1, 3, 5), made(clean, target).values(), strict=True)
    }
    retried = [(before, after) for before, after in _pairs(faulty.sessions()) if "# RETRY" in after.prompt]
    assert retried, "the faults made no retry: choose another seed"
    partial = 0
    for before, after in retried:
        answered = _answers(before)
        wrong = [item for item in before.asked if answered.get(item) != final[before.phase][item]]
        assert wrong, f"{after.name} asks again though {before.name} was right"
        assert list(after.asked) == wrong
        asked_for = after.prompt.partition("# RETRY")[2].partition("**only**: ")[2].partition(".\n")[0]
        assert asked_for.split(", ") == wrong
        assert list(_items_block(after.prompt)) == wrong
        partial += len(wrong) < len(before.asked)
    assert partial, "no retry asked for a part of a batch: choose another seed"
    assert faulty.status()["retries"] == len(retried)


def _pairs(sessions: list[Session]) -> list[tuple[Session, Session]]:
    """Sessions that follow one another in a batch."""
    by_batch = {(each.phase, each.batch, each.number): each for each in sessions}
    return [
        (by_batch[phase, batch, number - 1], each)
        for (phase, batch, number), each in by_batch.items()
        if (phase, batch, number - 1) in by_batch
    ]


def _by_id(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {row[0]: row[1:] for row in value}


def _answers(session: Session) -> dict[str, Any]:
    """What a session answered, as far as its output can be read and was there in time."""
    transcript = (session.folder / "transcript.txt").read_text(encoding="utf-8")
    if "fault output_after_exit" in transcript:
        return {}
    try:
        return _by_id(json.loads(session.output.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _items_block(prompt: str) -> dict[str, Any]:
    """The items as the prompt of a batch gives them."""
    block = prompt.partition("# This batch")[2].partition("```json\n")[2].partition("\n```")[0]
    found: dict[str, Any] = json.loads(block)
    return found


def test_a_course_that_is_no_course_makes_nothing(course: Callable[[], Project], tmp_path: Path) -> None:
    project = course()
    for code in ("spa_for_eng_0seeds", "spa_for_eng_669seeds", "SPA_for_eng_full", "../x", "spa-for-eng", "s" * 65):
        refused = project.cli("run", "course", code)
        assert refused.status == 2, (code, refused.out, refused.err)
        assert not (project.root / "vfs" / "courses").exists()
        assert not project.state.exists() or not project.rows("SELECT * FROM jobs")
