"""A command that is forked where its code is loaded says and does what one does that a new Python runs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.commands import run_anew, run_loaded
from tests.support.facts_project import SmallProject

PATIENCE_S = 100.0
HANGS = "import time\ntime.sleep(1000)\n"


@pytest.mark.parametrize(
    "words",
    [
        ("--version",),
        ("--help",),
        ("run", "--help"),
        ("run", "facts", "demo"),
        ("run", "facts", "demo", "--concurrency", "none"),
        ("run", "fact", "demo"),
        ("status", "--json"),
        ("doctor",),
        ("no such command",),
    ],
    ids=" ".join,
)
def test_it_says_the_same_and_ends_the_same(tmp_path: Path, words: tuple[str, ...]) -> None:
    said = []
    for run in (run_anew, run_loaded):
        project = SmallProject(tmp_path / "project")
        ran = run(words, project.root, project.environment(), PATIENCE_S)
        said.append((ran.returncode, _same_every_time(ran.stdout), _same_every_time(ran.stderr)))
        project.root.rename(tmp_path / run.__name__)
    assert said[0] == said[1]


def test_what_it_leaves_is_the_same(tmp_path: Path) -> None:
    left = []
    for run in (run_anew, run_loaded):
        project = SmallProject(tmp_path / "project")
        assert run(("run", "facts", "demo"), project.root, project.environment(), PATIENCE_S).returncode == 0
        left.append({name for name in project.files() if "pycache" not in name})
        assert project.result() == {"a": {"square": 1}, "b": {"square": 4}, "c": {"square": 9}}
        project.root.rename(tmp_path / run.__name__)
    assert left[0] == left[1]


def test_its_variables_are_those_that_it_was_given_and_no_others(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.settings(mine={"pass_env": ["GIVEN", "OF_THE_TESTER"]})
    project.agent(
        "import json, os, sys\njson.dump({i: sorted(os.environ) for i in 'abc'}, open(sys.argv[2], 'w'))\n",
    )
    monkeypatch.setenv("OF_THE_TESTER", "x")
    ran = run_loaded(("run", "facts", "demo"), project.root, project.environment(GIVEN="x"), PATIENCE_S)
    assert ran.returncode == 0, ran.stderr
    assert "GIVEN" in project.result()["a"] and "OF_THE_TESTER" not in project.result()["a"]


def test_one_that_does_not_end_is_killed(project: SmallProject) -> None:
    project.agent(HANGS)
    with pytest.raises(subprocess.TimeoutExpired) as raised:
        run_loaded(("run", "facts", "demo"), project.root, project.environment(), 2.0)
    assert raised.value.cmd == ["run", "facts", "demo"]


def _same_every_time(text: str) -> str:
    """Without what differs from one run to the next."""
    return "\n".join(line for line in text.splitlines() if not any(mark.isdigit() for mark in line))
