"""The pages on executors and agents: their examples run real jobs as installed packages."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.example_packages import PAGES, example_code, install_example
from tests.support.facts_project import Ran, SmallProject, plain_words

SQUARES = {"a": {"square": 1}, "b": {"square": 4}, "c": {"square": 9}}
TALLY = f"""\
#!{sys.executable} -IS
import json, sys
prompt, given, output, *model = sys.argv[1:]
if model:
    sys.exit(print("no such model:", model[1]) or 1)
with open(given) as file:
    items = json.load(file)["items"]
with open(output, "w") as file:
    json.dump({{i: {{"square": p["n"] ** 2}} for i, p in items.items()}}, file)
print("spent: $0.25")
print("spent: $0.50")
"""


@pytest.fixture
def project(project: SmallProject) -> SmallProject:
    """A project whose agent `answering` is the executor's."""
    project.settings(agent="mine")
    with open(project.root / "supervisor.toml", "a") as file:
        file.write('[agents.answering]\nexecutor = "answering"\n')
    return project


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder with both packages installed, and the program of one of them."""
    folder = tmp_path / "packages"
    folder.mkdir()
    for page in ("executor.md", "agent.md"):
        install_example(page, folder)
    program = folder / "bin" / "tally"
    program.parent.mkdir()
    program.write_text(TALLY)
    program.chmod(0o755)
    return folder


def run(project: SmallProject, packages: Path, *words: str, **more: str) -> Ran:
    path = f"{packages / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return project.run(*words, env={"PYTHONPATH": str(packages), "PATH": path, **more})


@pytest.mark.parametrize("page", ["executor.md", "agent.md", "phase_kind.md"])
def test_a_page_and_its_example_are_short(page: str) -> None:
    assert len((PAGES / page).read_text().splitlines()) < 60
    assert len([line for line in example_code(page).splitlines() if line]) < 40


def test_a_job_runs_in_an_executor_of_another_package(project: SmallProject, packages: Path) -> None:
    project.phases({"batch_size": 2}, {"id": 2, "items": {"phase": 1, "by": "again.py"}, "output": "again.json"})
    project.write("phase_intelligence/facts/again.py", "def expand(i, p):\n    yield i, {'n': p['square']}\n")
    ran = run(project, packages, "--agent", "answering")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert project.result() == SQUARES
    assert project.result("again.json") == {"a": {"square": 1}, "b": {"square": 16}, "c": {"square": 81}}
    assert "in the supervisor" in plain_words(ran.stdout + ran.stderr)
    again = run(project, packages, "--agent", "answering")
    assert again.returncode == 0, again.stdout + again.stderr
    assert project.job()["sessions"] == 3
    listed = plain_words(project.supervisor("agents", env={"PYTHONPATH": str(packages)}).stdout)
    assert "starts no program" in next(line for line in listed.splitlines() if "answering" in line)


def test_an_agent_of_an_executor_that_is_not_there_is_refused(project: SmallProject) -> None:
    before = project.files()
    ran = project.run("--agent", "answering")
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "there is no executor 'answering'" in ran.stderr and "Here are: local." in ran.stderr
    assert project.files() == before


@pytest.mark.parametrize("commit", [5, 7, 9])
def test_after_its_supervisor_was_killed_the_job_goes_on(project: SmallProject, packages: Path, commit: int) -> None:
    project.phases({"batch_size": 1})
    killed = run(project, packages, "--agent", "answering", SUPERVISOR_FAILPOINTS=f"store.before_commit={commit}")
    assert killed.returncode == -9, killed.stdout + killed.stderr
    ran = run(project, packages, "--agent", "answering")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert project.result() == SQUARES


def test_the_driver_of_another_package_runs_its_program_and_hears_what_it_cost(
    project: SmallProject, packages: Path
) -> None:
    project.phases({"batch_size": 3})
    ran = run(project, packages, "--agent", "tally", "--max-cost", "5")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert project.result() == SQUARES
    assert project.job()["cost_usd"] == pytest.approx(0.75)


def test_what_its_program_says_that_a_person_has_to_do_ends_the_job(project: SmallProject, packages: Path) -> None:
    ran = run(project, packages, "--agent", "tally", "--model", "large")
    assert ran.returncode == 4, ran.stdout + ran.stderr
    assert "no such model: large" in ran.stderr and "Name another with --model." in ran.stderr


def test_a_driver_whose_program_is_missing_says_what_to_do(project: SmallProject, packages: Path) -> None:
    (packages / "bin" / "tally").unlink()
    ran = run(project, packages, "--agent", "tally")
    assert ran.returncode == 4, ran.stdout + ran.stderr
    assert "the program 'tally' is not there" in ran.stderr
