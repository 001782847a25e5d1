"""A project's code imports the project's modules as they are now, and installed ones as fast as any program does."""

from __future__ import annotations

import os
import py_compile
import subprocess
import sys
from pathlib import Path

import filelock

from supervisor.host.own_module import module_environment


def imported(project: Path, *names: str, path: str = "") -> list[list[str]]:
    """Where each module was found, its `SAYS`, and what loaded it, as told by a process with `path` to search first."""
    program = (
        "import sys; from supervisor.project_code.project_imports import find_first, prepare_imports\n"
        "prepare_imports(sys.argv[1])\n"
        "find_first(sys.argv[1] + '/validators')\n"
        "for name in sys.argv[2:]:\n"
        "    module = __import__(name)\n"
        "    print(module.__file__, getattr(module, 'SAYS', ''), type(module.__spec__.loader).__name__, sep='\\t')\n"
    )
    told = subprocess.run(
        [sys.executable, "-P", "-c", program, str(project), *names],
        env={**module_environment(), "PYTHONPATH": os.pathsep.join([path, module_environment()["PYTHONPATH"]])},
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
    installed = tmp_path / ".venv" / "site-packages"
    module = with_bytecode_of_another_text(installed / "heavy.py")
    assert imported(tmp_path, "heavy", path=str(installed)) == [[str(module), "old", "SourceFileLoader"]]


def test_modules_that_the_project_has_on_the_search_path_are_its_own(tmp_path: Path) -> None:
    module = with_bytecode_of_another_text(tmp_path / "src" / "rules.py")
    assert imported(tmp_path, "rules", path=str(tmp_path / "src")) == [[str(module), "new", "ProjectModule"]]


def test_modules_are_found_in_order_python_then_validators_then_project_then_installed(tmp_path: Path) -> None:
    """Also where the search path begins with installed packages, as that of an installed supervisor does."""
    (tmp_path / "validators").mkdir()
    for name in ("colorsys", "validators/colorsys", "shared", "validators/shared", "filelock"):
        (tmp_path / f"{name}.py").write_text(f"SAYS = '{name}'\n")
    installed = str(Path(filelock.__file__).parents[1])
    found = imported(tmp_path, "colorsys", "shared", "filelock", path=installed)
    assert [(Path(file).parent, said) for file, said, _ in found] == [
        (Path(os.__file__).parent, ""),
        (tmp_path / "validators", "validators/shared"),
        (tmp_path, "filelock"),
    ]
