"""The repository's own content, its pipelines and what they need, in a folder of a test's own."""

from __future__ import annotations

import shutil
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CONTENT = ("pyproject.toml", "agents", "phase_intelligence", "validators", "prompts")


def copied_content(root: Path) -> Path:
    """Copy what the repository has of a project into a folder of its own."""
    root.mkdir()
    for name in CONTENT:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    (root / "vfs").mkdir()
    shutil.copy(REPOSITORY / "vfs" / "canonical_seeds.json", root / "vfs")
    shutil.copytree(REPOSITORY / "vfs" / "missions" / "inputs", root / "vfs" / "missions" / "inputs")
    return root
