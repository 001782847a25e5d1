"""The examples of the pages on adding something, as modules and as installed packages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from tests.support.repository_content import REPOSITORY

PAGES = REPOSITORY / "docs" / "adding"


def example_code(page: str) -> str:
    """The Python of a page."""
    (code,) = _blocks(page, "python")
    return code


def example(page: str) -> dict[str, Any]:
    """What its code defines."""
    there: dict[str, Any] = {}
    exec(example_code(page), there)
    return there


def install_example(page: str, folder: Path) -> None:
    """Put a page's package into a folder that stands on `PYTHONPATH`, as installers do."""
    code = example_code(page)
    module = re.match(r'"""(\w+)\.py"""', code)
    assert module is not None
    settings = [tomllib.loads(block) for block in _blocks(page, "toml")]
    (about,) = (each["project"] for each in settings if "project" in each)
    install(module[1], code, about["entry-points"], folder)


def install(module: str, code: str, entry_points: dict[str, dict[str, str]], folder: Path) -> None:
    """Put a package of one module into such a folder."""
    (folder / f"{module}.py").write_text(code, encoding="utf-8")
    about = folder / f"{module}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    lines: list[str] = []
    for group, entries in entry_points.items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n")


def _blocks(page: str, kind: str) -> list[str]:
    text = (PAGES / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
