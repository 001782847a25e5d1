"""A fault in a project's own Python is told with the file, the line and the remedy; a right one does its work."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supervisor import BatchInput
from supervisor.errors import ProjectCodeError
from supervisor.project_code import code_loader
from tests.support.facts_project import SmallProject

BATCH = BatchInput(pipeline="facts", target="demo", phase=1, batch=1, items={"a": 1})
CALLS: dict[str, Callable[[Path], Any]] = {
    "validate": lambda path: code_loader.validate(path, BATCH, {"a": 2}, {}),
    "expand": lambda path: code_loader.expand(path, [("a", 1), ("b", 2)]),
    "context": lambda path: code_loader.context(path, BATCH, {}),
}


@pytest.mark.parametrize(
    ("call", "source", "said"),
    [
        ("validate", "def check(): pass\n", "it has no function validate()"),
        ("validate", "validate = 3\n", "it has no function validate()"),
        ("validate", "def validate(batch): pass\n", "validate(batch) cannot be called with 3 arguments"),
        ("validate", "def validate(a, b, c): return []\n", "validate() gave list, not a ValidationReport"),
        ("validate", "def validate(a, b, c):\n    return b['x']\n", "code.py, line 2: validate: KeyError: 'x'"),
        ("validate", "def validate(a, b, c):\n    raise SystemExit(3)\n", "line 2: validate: SystemExit: 3"),
        ("validate", "import no_such_module\n", "code.py, line 1: import: ModuleNotFoundError"),
        ("validate", "x = 1\ndef f(:\n", "code.py, line 2: import: SyntaxError"),
        ("expand", "def expand(i, p):\n    return 3\n", "expand('a'): TypeError"),
        ("expand", "def expand(i, p):\n    return [('', 1)]\n", "expand('a'): ValueError: the id is empty"),
        ("expand", "def expand(i, p):\n    return [('x', {1, 2})]\n", "expand('a'): TypeError"),
        ("expand", "def expand(i, p):\n    return [(i, 1 / (p - 2))]\n", "line 2: expand('b'): ZeroDivisionError"),
        ("context", "def context(batch, merged):\n    return float('nan')\n", "context: ValueError"),
        ("context", "def context(batch, merged):\n    return object()\n", "context: TypeError"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, call: str, source: str, said: str) -> None:
    path = tmp_path / "code.py"
    path.write_text(source)
    with pytest.raises(ProjectCodeError) as fault:
        CALLS[call](path)
    assert said in str(fault.value)
    assert "code.py" in str(fault.value)


def test_a_file_that_changed_is_loaded_anew(tmp_path: Path) -> None:
    path = tmp_path / "code.py"
    for number in (1, 2):
        path.write_text(f"def context(batch, merged): return {number}\n")
        os.utime(path, ns=(number, number))
        assert CALLS["context"](path) == number


def test_files_beside_it_can_be_imported(tmp_path: Path) -> None:
    (tmp_path / "rules_beside_it.py").write_text("LIMIT = 7\n")
    path = tmp_path / "code.py"
    path.write_text("import rules_beside_it\ndef context(batch, merged): return rules_beside_it.LIMIT\n")
    assert CALLS["context"](path) == 7


def test_a_validator_that_crashes_is_told_by_validate(project: SmallProject) -> None:
    project.phases({"validator": "check.py"})
    project.write("validators/facts/check.py", "def validate(batch, output, merged):\n    return output['z']\n")
    answers = project.write("answers.json", '{"a": 1, "b": 2, "c": 3}')
    ran = project.supervisor("validate", "facts", "1", answers, "--target", "demo")
    assert (ran.returncode, ran.stdout) == (4, "")
    assert "supervisor: check.py, line 2: validate: KeyError: 'z'\n  Correct the file." in ran.stderr
