"""The items of a phase as they are taken from any source: each id once, cut at the phase's limit."""

from __future__ import annotations

import json

from supervisor.errors import SourceError
from supervisor.model.item_rows import Item, check_id
from supervisor.model.pipeline import Phase
from supervisor.model.target import Target
from supervisor.sources.source import Source, SourceItem
from supervisor.text.content_hash import fingerprint

_encoded = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def items_fingerprint(source: Source, phase: Phase, target: Target) -> str:
    """Of the source and of what is taken of it: equal only where the items are; "" where it cannot be told.

    SourceError where the source cannot be reached.
    """
    mark = source.fingerprint()
    limit = None if phase.limit is None else target.fill(phase.limit)
    return fingerprint(mark.encode(), repr(limit).encode()) if mark else ""


def take_items(source: Source, phase: Phase, target: Target) -> list[Item]:
    """All items of a phase in canonical order; SourceError says what is wrong and where."""
    items: list[Item] = []
    places: dict[str, str] = {}
    for item in source.items():
        _check(item, source)
        if item.id in places:
            raise SourceError(
                f"the id {item.id!r} stands twice: {places[item.id]} and {item.place}",
                where=source.name,
                remedy="Give every item an id of its own.",
            )
        places[item.id] = item.place
        items.append((item.id, item.payload))
    return _cut(items, phase, target, source.name)


def _check(item: SourceItem, source: Source) -> None:
    """An id that can be one, and a payload that is JSON, whoever wrote the source."""
    try:
        if check_id(item.id) != item.id:
            raise ValueError(f"the id {item.id!r} is not text")
        _encoded(item.payload).encode()
    except (TypeError, ValueError, RecursionError) as error:
        where = f"{source.name}, {item.place}"
        raise SourceError(str(error), where=where, remedy="Correct it there, or the source that reads it.") from error


def _cut(items: list[Item], phase: Phase, target: Target, where: str) -> list[Item]:
    if phase.limit is None:
        return items
    text = target.fill(phase.limit)
    if not text:
        return items
    if not text.isdecimal():
        raise SourceError(
            f"the limit {text!r} is not a number", where=f"phase {phase.id}, limit", remedy="Correct the pipeline file."
        )
    if int(text) > len(items):
        raise SourceError(
            f"{target.name} asks for {int(text):,} items, but there are {len(items):,}",
            where=where,
            remedy=f"Ask for {len(items):,} at most.",
        )
    return items[: int(text)]
