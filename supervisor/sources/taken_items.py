"""The items of a phase as they are taken from any source: each id once, cut at the phase's limit."""

from __future__ import annotations

import json

from supervisor.errors import EmptySource, SourceError
from supervisor.model.item_rows import Item, check_id
from supervisor.model.pipeline import Phase
from supervisor.model.target import Target
from supervisor.sources.row_faults import RowFaults
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
    """All items of a phase in canonical order; SourceError says all that is wrong, and where."""
    items: list[Item] = []
    places: dict[str, str] = {}
    faults = RowFaults(source.name)
    try:
        for item in source.items():
            if (wrong := _fault(item)) is not None:
                faults.add(wrong, item.place, "Correct it there, or the source that reads it.")
            elif item.id in places:
                what = f"the id {item.id!r} stands twice: {places[item.id]} and {item.place}"
                faults.add(what, remedy="Give every item an id of its own.")
            else:
                places[item.id] = item.place
                items.append((item.id, item.payload))
    except SourceError as error:
        if not faults:
            raise
        faults.add_error(error)
    faults.raise_if_any()
    return _cut(items, phase, target, source.name)


def check_not_empty(count: int, before: int, name: str, phase: int) -> None:
    """Of a source that has `count` items, and had `before`: EmptySource where it has none, SourceError where no more.

    What was made of the items before is kept in any case.
    """
    if count:
        return
    if before:
        raise SourceError(
            f"there are no items in it any more; phase {phase} had {before:,}, and what was made of them stays",
            where=name,
            remedy="Put them back, or say --allow-empty if that is meant.",
        )
    raise EmptySource(
        f"warning: there are no items in it, so phase {phase} has nothing to do",
        where=name,
        remedy="Put items there, or say --allow-empty if that is meant.",
    )


def _fault(item: SourceItem) -> str | None:
    """Why it is no item: its id cannot be one, or its payload is no JSON, whoever wrote the source."""
    try:
        if check_id(item.id) != item.id:
            return f"the id {item.id!r} is not text"
        _encoded(item.payload).encode()
    except (TypeError, ValueError, RecursionError) as error:
        return str(error)
    return None


def _cut(items: list[Item], phase: Phase, target: Target, where: str) -> list[Item]:
    if phase.limit is None or not items:
        return items
    text = target.fill(phase.limit)
    if not text:
        return items
    if not text.isdecimal():
        raise SourceError(
            f"the limit {text!r} is not a number", where=f"phase {phase.id}, limit", remedy="Correct the pipeline file."
        )
    if int(text) > len(items) and text != phase.limit:  # a target's name asks for what it says; a number is a limit
        raise SourceError(
            f"{target.name} asks for {int(text):,} items, but there are {len(items):,}",
            where=where,
            remedy=f"Ask for {len(items):,} at most.",
        )
    return items[: int(text)]
