"""What installed packages offer by entry point, in the groups of `supervisor`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from supervisor.errors import UsageError


def offered(group: str) -> Mapping[str, Sequence[EntryPoint]]:
    """The entry points of a group by their names, of which there is to be one each."""
    found: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=group):
        found.setdefault(entry.name, []).append(entry)
    return found


def load(entries: Sequence[EntryPoint], noun: str) -> Any:
    """What a name stands for; UsageError where packages differ over it, or it does not load.

    `noun` says what it is: "source".
    """
    entry = entries[0]
    for other in entries:
        if other.value != entry.value:
            raise UsageError(
                f"two packages offer the {noun} {entry.name!r}: {_package(entry)} and {_package(other)}",
                where=f"entry points of {entry.group}",
                remedy="Remove one of them.",
            )
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
