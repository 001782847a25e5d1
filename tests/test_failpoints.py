"""Failpoints: registered, each in one place, and off unless asked for."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import supervisor
from supervisor import failpoints
from tests.support.facts_project import SmallProject

CODE = Path(supervisor.__file__).parent
REGISTERED = sorted(failpoints.ALL)
PASS = "from supervisor.failpoints import reached; [print(name, flush=True) or reached(name) for name in {names!r}]"


def passing(*names: str, failpoints: str | None) -> subprocess.CompletedProcess[str]:
    """A process that passes these points, one after the other, and prints each before."""
    env = {} if failpoints is None else {"SUPERVISOR_FAILPOINTS": failpoints}
    words = [sys.executable, "-c", PASS.format(names=names)]
    return subprocess.run(words, env=env, cwd=CODE.parent, capture_output=True, text=True, timeout=60, check=False)


def test_every_registered_point_stands_in_the_code_once_and_no_other_does() -> None:
    found = Counter(
        name for path in CODE.rglob("*.py") for name in re.findall(r"\breached\(\"([^\"]*)\"\)", path.read_text())
    )
    assert set(found) == set(REGISTERED)
    assert {point for point in failpoints.POINTS if found[point] != 1} == set()


def test_without_the_variable_nothing_happens_at_any_point() -> None:
    ended = passing(*REGISTERED, failpoints=None)
    assert (ended.returncode, ended.stdout.split(), ended.stderr) == (0, list(REGISTERED), "")


def test_a_process_is_killed_as_it_reaches_a_point_for_the_third_time() -> None:
    passed = ["store.before_commit", "store.committed"] * 4
    ended = passing(*passed, failpoints="main_file.synced=1,store.committed=3")
    assert (ended.returncode, ended.stdout.split()) == (-signal.SIGKILL, passed[:6])
    assert ended.stderr == "failpoint store.committed: killed -c in MainThread\n"


def test_a_star_is_any_point() -> None:
    passed = ["store.before_commit", "store.committed", "main_file.synced"]
    ended = passing(*passed, failpoints="*=2")
    assert (ended.returncode, ended.stdout.split()) == (-signal.SIGKILL, passed[:2])


def test_a_process_names_each_point_that_it_passes_once_where_it_is_asked_to() -> None:
    passed = ["store.before_commit", "store.committed"] * 2
    ended = passing(*passed, failpoints="?")
    assert (ended.returncode, ended.stdout.split()) == (0, passed)
    assert ended.stderr.splitlines() == [f"failpoint {name}: passed -c in MainThread" for name in passed[:2]]


def test_a_point_that_is_not_registered_is_an_error() -> None:
    ended = passing("nowhere", failpoints="store.committed=1")
    assert ended.returncode == 1
    assert "the failpoint 'nowhere' is not registered" in ended.stderr


@pytest.mark.parametrize("text", ["nowhere=1", "store.committed", "store.committed=0", "store.committed=x", "=1"])
def test_a_command_that_is_asked_for_something_else_ends_with_2_and_says_how_it_is_written(
    project: SmallProject, text: str
) -> None:
    ran = project.run(env={"SUPERVISOR_FAILPOINTS": text})
    assert ran.returncode == 2
    assert f"SUPERVISOR_FAILPOINTS: {text!r} names no failpoint" in ran.stderr
    assert "Write it as store.before_commit=3" in ran.stderr
