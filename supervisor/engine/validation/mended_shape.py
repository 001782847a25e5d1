"""An output's outermost value brought into the shape that was asked for, where it can only mean one thing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from supervisor.engine.validation.matched_ids import ItemNames
from supervisor.text.strict_json import in_order

_VALUE_NAMES = frozenset(("value", "answer", "output", "result"))
"""A sole member of these names may be the answer itself, or a part of it."""
_EXAMPLES = 2


class Shaped(NamedTuple):
    """A value as it is to be read."""

    value: Any
    doubled: tuple[str, ...] = ()
    """Ids of which only the first answer is in it."""
    notes: tuple[str, ...] = ()
    """What was mended."""


class WrongShape(Exception):
    """The value has another shape, and it cannot be told what it means; what is wrong, and what is wanted."""

    def __init__(self, what: str, wanted: str) -> None:
        super().__init__(what)
        self.wanted = wanted


def take_shape(value: Any, merge: str, asked: Sequence[str], names: ItemNames) -> Shaped:
    """The value where it has the shape of `merge`, or can be brought into it; WrongShape where neither is so."""
    shaped = _as_object(value, names) if merge == "object" else _as_array(value, asked, names)
    if shaped is None and isinstance(value, dict) and len(value) == 1:
        ((name, inner),) = value.items()
        if names.item(name) is None and (unwrapped := _inner(inner, merge, asked, names)) is not None:
            note = f"the output was taken out of the member {name[:80]!r} around it"
            return unwrapped._replace(notes=(note, *unwrapped.notes))
    if shaped is not None:
        return shaped
    if isinstance(value, dict) and merge == "object":
        return Shaped(value)  # its ids say what is wrong with it
    raise WrongShape(f"the outermost value is not {_wanted(merge)}, but {_named(value)}", _example(merge, asked))


def _inner(value: Any, merge: str, asked: Sequence[str], names: ItemNames) -> Shaped | None:
    """The same of a value that is wrapped, which has to have an item of the batch in it."""
    shaped = _as_object(value, names) if merge == "object" else _as_array(value, asked, names)
    if shaped is None or (isinstance(value, list) and merge == "array" and not _rows_known(value, names)):
        return None
    return shaped


def _as_object(value: Any, names: ItemNames) -> Shaped | None:
    if isinstance(value, dict):
        return Shaped(value) if any(names.item(name) is not None for name in value) else None
    if not isinstance(value, list) or not value or not all(isinstance(row, dict) for row in value):
        return None
    if all(_text(row.get("id")) for row in value) and any(_names_item(row, names) for row in value):
        payloads = [{name: inner for name, inner in row.items() if name != "id"} for row in value]
        if any(len(payload) == 1 and not _VALUE_NAMES.isdisjoint(payload) for payload in payloads):
            return None
        ids = [_text(row["id"]) for row in value]
        return _joined(list(zip(ids, payloads, strict=True)), "an array of entries with ids was read as an object")
    if all(row and all(names.item(name) is not None for name in row) for row in value):
        members = [member for row in value for member in row.items()]
        return _joined(members, "an array of objects, id to answer, was read as one object")
    return None


def _as_array(value: Any, asked: Sequence[str], names: ItemNames) -> Shaped | None:
    if isinstance(value, list):
        if len(asked) == 1 and value and isinstance(value[0], str) and names.item(value[0]) == asked[0]:
            return Shaped([value], notes=("a single entry was read as an array of one",))
        return Shaped(value)
    if not isinstance(value, dict) or not value:
        return None
    if _names_item(value, names):
        return Shaped([value], notes=("a single entry was read as an array of one",))
    if any(names.item(name) is None for name in value):
        return None
    note = ("an object, id to entry, was read as an array",)
    rows = list(value.items())
    if all(isinstance(row, dict) for _, row in rows):
        if any("id" in row and row["id"] != name for name, row in rows):
            return None
        return Shaped([{**row, "id": name} for name, row in rows], notes=note)
    if all(isinstance(row, list) for _, row in rows):
        with_id = [bool(row) and row[0] == name for name, row in rows]
        if any(with_id) and not all(with_id):
            return None
        return Shaped([row if all(with_id) else [name, *row] for name, row in rows], notes=note)
    return None


def _names_item(row: dict[str, Any], names: ItemNames) -> bool:
    """Whether an object is an entry of an item: `id` is no item itself, its value is one."""
    return "id" in row and names.item("id") is None and names.item(_text(row["id"])) is not None


def _rows_known(rows: list[Any], names: ItemNames) -> bool:
    return any(
        (isinstance(row, dict) and _names_item(row, names))
        or (isinstance(row, list) and bool(row) and names.item(_text(row[0])) is not None)
        for row in rows
    )


def _text(item_id: Any) -> str:
    return str(item_id) if isinstance(item_id, (str, int)) and not isinstance(item_id, bool) else ""


def _joined(members: list[tuple[str, Any]], note: str) -> Shaped:
    joined: dict[str, Any] = {}
    doubled = []
    for name, value in members:
        if name in joined:
            doubled.append(name)
        else:
            joined[name] = value
    return Shaped(joined, tuple(doubled), (note,))


def _wanted(merge: str) -> str:
    return "an object, id to answer" if merge == "object" else "an array of entries that name their id"


def _named(value: Any) -> str:
    if isinstance(value, dict):
        return f"an object with {len(value)} members"
    if isinstance(value, list):
        return f"an array of {len(value)} entries"
    return in_order(value)[:60]


def _example(merge: str, asked: Sequence[str]) -> str:
    ids = [in_order(item_id) for item_id in asked[:_EXAMPLES]]
    more = ", …" if len(asked) > _EXAMPLES else ""
    if merge == "object":
        return f"write {_wanted(merge)}: {{{', '.join(f'{item_id}: …' for item_id in ids)}{more}}}"
    rows = ", ".join('{"id": ' + item_id + ", …}" for item_id in ids)
    return f"write {_wanted(merge)}: [{rows}{more}]"
