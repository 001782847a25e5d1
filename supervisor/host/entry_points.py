"""What installed packages offer by entry point, in the groups of `supervisor`."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from supervisor.errors import UsageError


def offered(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group by their names; UsageError where two packages offer the same one."""
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=group):
        other = found.setdefault(entry.name, entry)
        if other.value != entry.value:
            raise UsageError(
                f"two packages offer {entry.name!r}: {_package(other)} and {_package(entry)}",
                where=f"entry points of {group}",
                remedy="Remove one of them.",
            )
    return found


def load(entry: EntryPoint, noun: str) -> Any:
    """What an entry point names; UsageError where its package does not load. `noun` says what it is: "source"."""
    try:
        return entry.load()
    except Exception as error:  # whatever a package's modules raise as they are imported
        raise UsageError(
            f"the {noun} {entry.name!r} of {_package(entry)} cannot be loaded: {error}",
            where=f"entry point {entry.value} of {entry.group}",
            remedy="Install that package again, or remove it.",
        ) from error


def _package(entry: EntryPoint) -> str:
    return "a package" if entry.dist is None else entry.dist.name
