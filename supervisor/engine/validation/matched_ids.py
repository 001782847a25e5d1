"""Ids of an output brought together with the items of its batch: as they are, or where they can only mean one item."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cached_property

from supervisor.model.frozen_model import FrozenModel
from supervisor.text.plain_text import plain_line

_MOST_NAMED = 5


class MatchedIds(FrozenModel):
    """What ids that are none of the batch were taken for."""

    meant: dict[str, str]
    """Id as it was written to the item that it means."""
    notes: tuple[str, ...]
    """What was mended, in bounded lines."""
    near: dict[str, str]
    """Id as it was written to how it differs from items that it may mean, or be another answer for."""


class ItemNames:
    """The items of a batch by what their ids are without white space around them, in normalisation form C."""

    def __init__(self, batch_ids: Sequence[str]) -> None:
        self._ids = frozenset(batch_ids)

    @cached_property
    def _alike(self) -> dict[str, list[str]]:
        alike: dict[str, list[str]] = defaultdict(list)
        for item_id in sorted(self._ids):
            alike[_plain(item_id)].append(item_id)
        return alike

    def alike(self, name: str) -> list[str]:
        """Items that a name may mean."""
        return self._alike.get(_plain(name), [])

    def item(self, name: str) -> str | None:
        """The item that a name means; None where it means none, or one of several."""
        if name in self._ids:
            return name
        alike = self.alike(name)
        return alike[0] if len(alike) == 1 else None

    def match(self, written: Collection[str]) -> MatchedIds:
        """What the ids of an output that are no items mean: an item of its own each, or nothing."""
        wanted: dict[str, list[str]] = defaultdict(list)
        near: dict[str, str] = {}
        for name in written:
            if name in self._ids:
                continue
            alike = self.alike(name)
            if len(alike) == 1 and alike[0] not in written:
                wanted[alike[0]].append(name)
            elif alike:
                near[name] = _difference(name, alike[0])
        meant = {}
        for item_id, names in wanted.items():
            if len(names) == 1:
                meant[names[0]] = item_id
            else:
                near |= {name: _difference(name, next(n for n in (*names, item_id) if n != name)) for name in names}
        return MatchedIds(meant=meant, notes=_notes(meant), near=near)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def _difference(name: str, other: str) -> str:
    kinds = []
    if unicodedata.normalize("NFC", name) != unicodedata.normalize("NFC", other):
        kinds.append("white space around them")
    if name.strip() != other.strip() or not kinds:
        kinds.append("Unicode normalisation")
    spelt = "" if name.isascii() and other.isascii() else f" ({name!a}, {other!a})"
    return f"{name!r} and {other!r} differ in {' and '.join(reversed(kinds))}{spelt}"


def _notes(meant: dict[str, str]) -> tuple[str, ...]:
    named = [
        plain_line(f"the id {name!r} was read as {item_id!r}: {_difference(name, item_id)}", 300)
        for name, item_id in list(meant.items())[:_MOST_NAMED]
    ]
    left = len(meant) - len(named)
    return (*named, f"so were {left:,} more ids") if left else tuple(named)
