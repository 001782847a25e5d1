"""Processes of this program run its own modules, whatever the folder holds where somebody works."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.project_folder import PROGRAM, Running
from tests.support.scripted_project import PIPELINE, TARGET, Small, numbered, said

NAMES = ("json", "asyncio", "random", "selectors", "pydantic", "jinja2", "typing", "supervisor/__init__", "store")
CHECKS = """\
from squares_of_ours import allowed

def validate(batch, output, merged):
    assert allowed
    return ValidationReport(errors=[])
"""


def with_files_of_the_same_names(small: Small) -> Small:
    small.lay_out(numbered(4), phases=[{"validator": "check.py"}], validators={"check.py": CHECKS})
    for name in NAMES:
        small.write(f"{name}.py", "raise SystemExit('a file of the project stood in for a module')\n")
    small.write("squares_of_ours.py", "allowed = True\n")
    return small


def test_files_of_a_project_that_are_called_like_modules_are_not_run_by_a_run(small: Small) -> None:
    with_files_of_the_same_names(small).run()
    assert small.main() == said(numbered(4))


def test_files_of_a_project_that_are_called_like_modules_are_not_run_by_a_daemon(small: Small) -> None:
    with_files_of_the_same_names(small).done("start", "small", TARGET)
    assert small.until_ended() == "completed"
    assert small.main() == said(numbered(4))


@pytest.mark.parametrize("path", [":/nowhere", "/nowhere:.", "::"])
def test_a_search_path_with_the_working_folder_in_it_is_that_of_whoever_set_it(
    small: Small, tmp_path: Path, path: str
) -> None:
    with_files_of_the_same_names(small)
    words = [*PROGRAM, "run", PIPELINE, TARGET, "--project", str(small.root)]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    running = Running(words, elsewhere, small.environment(PYTHONPATH=path))
    assert running.end() == 0, running.err
    assert small.main() == said(numbered(4))
