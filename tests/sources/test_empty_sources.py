"""A source without items is told and ends with 1, one that has none any more is refused, unless that is meant."""

from __future__ import annotations

import pytest

from tests.support.facts_project import SmallProject, plain_words

EMPTY = {"nothing": "", "white space": " \n", "a mark": "\ufeff", "a list": "[]", "an object": "{}\n"}
ITEMS = "vfs/items.json"
SQUARES = {"a": {"square": 1}, "b": {"square": 4}, "c": {"square": 9}}


@pytest.mark.parametrize("content", EMPTY.values(), ids=list(EMPTY))
@pytest.mark.parametrize("command", ["run", "start"])
def test_a_file_without_items_is_told_before_anything_is_made(
    project: SmallProject, command: str, content: str
) -> None:
    project.write(ITEMS, content)
    before = project.files()
    ran = project.supervisor(command, "facts", "demo")
    assert plain_words(ran.stderr) == (
        f"supervisor: {ITEMS}: warning: there are no items in it, so phase 1 has nothing to do"
        " Put items there, or say --allow-empty if that is meant."
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert project.files() == before


@pytest.mark.parametrize("name", [ITEMS, "vfs/items.jsonl"])
def test_no_items_are_taken_where_that_is_meant(project: SmallProject, name: str) -> None:
    project.phases({"items": name})
    project.write(name, "")
    ran = project.run("--allow-empty")
    assert ran.returncode == 0, ran.stderr
    assert project.result() == {}
    assert project.run("--allow-empty").returncode == 0
    assert project.run().returncode == 1


def test_a_file_that_has_become_empty_is_refused_and_what_was_made_stays(project: SmallProject) -> None:
    assert project.run().returncode == 0
    before = project.files()
    project.write(ITEMS, "")
    for command in ("run", "start"):
        ran = project.supervisor(command, "facts", "demo")
        assert (ran.returncode, ran.stdout) == (2, "")
        assert plain_words(ran.stderr) == (
            f"supervisor: {ITEMS}: there are no items in it any more; phase 1 had 3, and what was made of them stays"
            " Put them back, or say --allow-empty if that is meant."
        )
    assert {**project.files(), ITEMS: before[ITEMS]} == before
    ran = project.run("--allow-empty")
    assert ran.returncode == 0, ran.stderr
    assert "3 no longer there, what is merged of them stays" in ran.stdout
    assert project.result() == SQUARES
    project.items({"a": {"n": 1}, "b": {"n": 2}, "c": {"n": 3}})
    assert project.run().returncode == 0
    assert project.job()["sessions"] == 1


def test_a_file_with_fewer_items_is_told_and_what_was_made_stays(project: SmallProject) -> None:
    assert project.run().returncode == 0
    project.items({"b": {"n": 2}})
    ran = project.run()
    assert ran.returncode == 0
    assert "2 no longer there, what is merged of them stays (a, c)" in ran.stdout
    assert project.result() == SQUARES


def test_a_file_that_becomes_empty_before_the_job_goes_on_stops_it(project: SmallProject) -> None:
    """The daemon takes it up again: nothing of it was looked at before."""
    project.agent("raise SystemExit(1)\n")
    assert project.run("--max-attempts", "1").returncode == 1
    project.write(ITEMS, "[]")
    assert project.supervisor("retry", "facts/demo").returncode == 0
    ended = project.supervisor("watch", "facts/demo")
    assert project.job()["status"] == "stopped", ended.stdout
    log = (project.root / "vfs/facts/demo/progress.log").read_text(encoding="utf-8")
    assert f"{ITEMS}: there are no items in it any more; phase 1 had 3" in log
    project.supervisor("stop")


@pytest.mark.parametrize(
    ("content", "level", "said"),
    [
        ("[]", "warn", "there are no items in it, so phase 1 has nothing to do."),
        (None, "warn", "the items of phase 1 cannot be read: No such file or directory."),
        ('{"n": 1, "data": [{"id": 1}]}', "FAIL", "its items seem to be in its member 'data', beside 'n'."),
    ],
)
def test_doctor_tells_of_items_that_no_job_could_work_on(
    project: SmallProject, content: str | None, level: str, said: str
) -> None:
    if content is None:
        (project.root / ITEMS).unlink()
    else:
        project.write(ITEMS, content)
    assert f"{level}  pipeline facts: {ITEMS}: {said}" in project.supervisor("doctor").stdout
