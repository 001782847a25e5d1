"""The examples of the pages on adding something, as modules and as installed packages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

PAGES = Path(__file__).resolve().parents[1] / "docs" / "adding"


def example_code(page: str) -> str:
    """The Python of a page."""
    return _block(page, "python")


def example(page: str) -> dict[str, Any]:
    """What its code defines."""
    there: dict[str, Any] = {}
    exec(example_code(page), there)
    return there


def install_example(page: str, folder: Path) -> None:
    """Put a page's package into a folder that stands on `PYTHONPATH`, as installers do."""
    module = re.match(r'"""(\w+)\.py"""', example_code(page))
    assert module is not None
    (folder / f"{module[1]}.py").write_text(example_code(page), encoding="utf-8")
    about = folder / f"{module[1]}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module[1]}\nVersion: 1.0\n")
    lines: list[str] = []
    for group, entries in tomllib.loads(_block(page, "toml"))["project"]["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n")


def _block(page: str, kind: str) -> str:
    text = (PAGES / page).read_text(encoding="utf-8")
    found = re.search(rf"^```{kind}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]
