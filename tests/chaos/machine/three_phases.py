"""A small pipeline of three phases, each made from the one before, with a validator and a `by` function."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.scripted_project import Small, numbered

AGENT = """\
try:
    if phase == 1:
        write({i: {"square": p["n"] ** 2} for i, p in items.items()})
    elif phase == 2:
        write([{"id": i, "double": 2 * p["square"]} for i, p in items.items()])
    else:
        write({i: {"half": p["whole"] / 2} for i, p in items.items()})
except OSError as error:
    sys.exit(f"I could not write: {error}")
"""
_VALIDATOR = """\
def validate(batch, output, merged):
    return ValidationReport(errors=[
        ValidationError(type="wrong_square", item_id=i, message=f"the square of {p['n']} is {p['n'] ** 2}")
        for i, p in batch.items.items() if output[i]["square"] != p["n"] ** 2
    ])
"""
_PARTS = """\
def expand(item_id, payload):
    yield f"{item_id}p", {"whole": payload["double"]}
"""


def lay_out(root: Path, *, agent: str = AGENT, settings: Mapping[str, Any] | None = None, items: int = 6) -> Small:
    """Write the project; each phase has a batch for every two items."""
    root.mkdir(parents=True)
    return Small(root).lay_out(
        numbered(items),
        agent=agent,
        phases=({"validator": "squares.py"}, {"merge": "array"}, {"items": {"phase": 2, "by": "parts.py"}}),
        validators={"squares.py": _VALIDATOR},
        functions={"parts.py": _PARTS},
        settings=settings,
    )


def main_files(project: Small) -> dict[str, bytes]:
    """Every main file that is there."""
    return {path.name: path.read_bytes() for path in sorted(project.folder.glob("out_?.json"))}
