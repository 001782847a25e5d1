"""Processes of this program run its own modules, whatever the folder holds where somebody works."""

from __future__ import annotations

from tests.support.scripted_project import TARGET, Small, numbered, said

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
