"""The pages on adding something: their examples are packages that a real job works with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.example_packages import PAGES, example_code, install_example
from tests.support.facts_project import Ran, SmallProject

LENGTHS = """\
import json, os
with open(os.environ["SUPERVISOR_INPUT_FILE"]) as file:
    items = json.load(file)["items"]
with open(os.environ["SUPERVISOR_OUTPUT_FILE"], "w") as file:
    json.dump({i: len(p["text"]) for i, p in items.items()}, file)
"""
RESULT = '"001": 3\n"002": 4\n"003": 5\n'


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder with both packages installed."""
    folder = tmp_path / "packages"
    folder.mkdir()
    for page in ("source.md", "sink.md"):
        install_example(page, folder)
    return folder


@pytest.fixture
def words(project: SmallProject) -> SmallProject:
    """A project whose items are lines of text, and whose results are to be a text file."""
    project.phases({"items": "vfs/words.lines", "output": "lengths.txt", "batch_size": 2})
    project.write("vfs/words.lines", "one\nfour\nthree\n")
    project.agent(LENGTHS)
    return project


def run(project: SmallProject, packages: Path) -> Ran:
    return project.run(env={"PYTHONPATH": str(packages)})


def output(project: SmallProject) -> Path:
    return project.root / "vfs/facts/demo/lengths.txt"


@pytest.mark.parametrize("page", ["source.md", "sink.md"])
def test_a_page_and_its_example_are_short(page: str) -> None:
    assert len((PAGES / page).read_text().splitlines()) < 60
    assert len(example_code(page).splitlines()) < 40


def test_a_job_takes_its_items_from_one_package_and_gives_its_results_to_another(
    words: SmallProject, packages: Path
) -> None:
    ran = run(words, packages)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert output(words).read_text() == RESULT
    assert words.job()["sessions"] == 2
    words.write("vfs/words.lines", "one\nfour\nthree\neleven\n")
    ran = run(words, packages)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "vfs/words.lines changed since the last run: 1 new" in ran.stdout
    assert output(words).read_text() == RESULT + '"004": 6\n'


def test_what_a_person_edits_in_its_results_is_taken_over(words: SmallProject, packages: Path) -> None:
    assert run(words, packages).returncode == 0
    output(words).write_text(RESULT.replace("4", "40"))
    assert run(words, packages).returncode == 0
    assert output(words).read_text() == RESULT.replace("4", "40")
    exported = words.supervisor("export", "facts/demo")
    assert json.loads(exported.stdout)["002"] == 40
    output(words).write_text("this is no line of it\n")
    assert run(words, packages).returncode == 0
    assert output(words).read_text() == RESULT.replace("4", "40")
    assert [path.read_text() for path in output(words).parent.glob("lengths.txt.unreadable-*")] == [
        "this is no line of it\n"
    ]


def test_a_lost_store_is_made_again_from_its_results(words: SmallProject, packages: Path) -> None:
    assert run(words, packages).returncode == 0
    sessions = sorted((words.root / "vfs/.supervisor/sessions").iterdir())
    (words.root / "vfs/.supervisor/store.sqlite").unlink()
    env = {"PYTHONPATH": str(packages)}
    mended = words.supervisor("doctor", "--repair", env=env)
    assert mended.returncode == 0, mended.stdout + mended.stderr
    ran = run(words, packages)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert output(words).read_text() == RESULT
    assert sorted((words.root / "vfs/.supervisor/sessions").iterdir()) == sessions


def test_a_row_that_the_source_refuses_is_told_before_anything_is_made(words: SmallProject, packages: Path) -> None:
    words.write("vfs/words.lines", "one\n four\n")
    before = words.files()
    ran = run(words, packages)
    assert ran.returncode == 2
    assert "vfs/words.lines, line 2: the line has spaces around it" in ran.stderr
    assert words.files() == before


def test_without_the_package_of_its_sink_a_job_is_refused_and_doctor_says_why(
    words: SmallProject, packages: Path
) -> None:
    assert run(words, packages).returncode == 0
    ran = words.run()
    assert ran.returncode == 2
    assert (
        "phase_intelligence/facts/pipeline.toml, phase 1: there is no sink for the output 'lengths.txt'" in ran.stderr
    )
    assert "Name a file that ends in one of: .json." in ran.stderr
    assert "there is no sink for the output 'lengths.txt'" in words.supervisor("doctor").stdout
    assert output(words).read_text() == RESULT


def test_a_package_that_cannot_be_loaded_is_named(words: SmallProject, packages: Path) -> None:
    (packages / "line_files.py").unlink()
    ran = run(words, packages)
    assert ran.returncode == 2
    assert "the source 'lines' of line_files cannot be loaded" in ran.stderr
