"""A project's code imports the project's modules as they are now, and installed ones as fast as any program does."""

from __future__ import annotations

import os
import py_compile
import subprocess
import sys
from pathlib import Path

from supervisor.host.own_module import module_environment


def imported(project: Path, *names: str, path: str = "") -> list[list[str]]:
    """Where each module was found, its `SAYS`, and whether bytecode of it may be kept, as told by a process."""
    program = (
        "import sys; from supervisor.project_code.project_imports import prepare_imports\n"
        "prepare_imports(sys.argv[1])\n"
        "for name in sys.argv[2:]:\n"
        "    module = __import__(name)\n"
        "    print(module.__file__, getattr(module, 'SAYS', ''), type(module.__spec__.loader).__name__, sep='\\t')\n"
    )
    told = subprocess.run(
        [sys.executable, "-P", "-c", program, str(project), *names],
        env={**module_environment(), "PYTHONPATH": os.pathsep.join([module_environment()["PYTHONPATH"], path])},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split("\t") for line in told.stdout.splitlines()]


def with_bytecode_of_another_text(path: Path) -> Path:
    """A module that has kept bytecode of the same second and the same size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("SAYS = 'old'\n")
    os.utime(path, (1, 1))
    py_compile.compile(str(path))
    path.write_text("SAYS = 'new'\n")
    os.utime(path, (1, 1))
    return path


def test_a_module_of_the_project_is_what_its_text_says(tmp_path: Path) -> None:
    flat = with_bytecode_of_another_text(tmp_path / "rules.py")
    package = with_bytecode_of_another_text(tmp_path / "shared" / "__init__.py")
    before = sorted(tmp_path.rglob("*"))
    assert imported(tmp_path, "rules", "shared") == [
        [str(flat), "new", "ProjectModule"],
        [str(package), "new", "ProjectModule"],
    ]
    assert sorted(tmp_path.rglob("*")) == before


def test_bytecode_of_what_is_installed_is_used_inside_the_project_too(tmp_path: Path) -> None:
    installed = tmp_path / ".venv" / "packages"
    module = with_bytecode_of_another_text(installed / "heavy.py")
    assert imported(tmp_path, "heavy", path=str(installed)) == [[str(module), "old", "SourceFileLoader"]]


def test_modules_are_found_in_order_python_then_project_then_installed(tmp_path: Path) -> None:
    for name in ("json", "filelock"):
        (tmp_path / f"{name}.py").write_text("SAYS = 'mine'\n")
    (python, said, _), (project, mine, _) = imported(tmp_path, "json", "filelock")
    assert (Path(python).parents[1], said) == (Path(os.__file__).parent, "")
    assert (Path(project).parent, mine) == (tmp_path, "mine")
