"""A course's files and its seeds."""

from __future__ import annotations

import json

from tests.support.project_folder import Project

FILES = ("seed_pairs.json", "lego_pairs.json", "lego_baskets.json")


def seeds(project: Project, count: int | None = None) -> dict[str, str]:
    """The first canonical seeds."""
    found: dict[str, str] = json.loads((project.root / "vfs/canonical_seeds.json").read_text(encoding="utf-8"))
    return dict(list(found.items())[:count])


def made(project: Project, target: str) -> dict[str, bytes]:
    """The three files of a course."""
    return {name: (project.results(target, "courses") / name).read_bytes() for name in FILES}
