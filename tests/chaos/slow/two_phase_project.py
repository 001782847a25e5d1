"""A project of two phases, the second on top of the first, whose source and instructions a test changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.facts_project import pipeline_text

PHASES = {1: "one.json", 2: "two.json"}
"""Their main files."""


def lay_out(root: Path) -> None:
    """The folders and the pipeline, which is called facts; what it is run with is written by `write_content`."""
    common = {"intelligence": "1.md", "batch_size": 2}
    first = {"id": 1, "name": "one", "output": PHASES[1], **common}
    second = {**common, "id": 2, "name": "two", "items": {"phase": 1}, "output": PHASES[2], "intelligence": "2.md"}
    _folder(root).mkdir(parents=True)
    (root / "vfs").mkdir()
    (root / "supervisor.toml").touch()
    (_folder(root) / "pipeline.toml").write_text(pipeline_text(first, second))


def write_content(root: Path, source: Mapping[str, Any], instructions: Mapping[int, str]) -> None:
    """The items of the first phase, and the instructions of each."""
    (root / "vfs" / "items.json").write_text(json.dumps(source))
    for phase, text in instructions.items():
        (_folder(root) / f"{phase}.md").write_text(text)


def _folder(root: Path) -> Path:
    return root / "phase_intelligence" / "facts"
