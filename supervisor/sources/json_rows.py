"""Items of JSON: an object id to content, an array of rows, or a row on each line."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from typing import Any

from supervisor.errors import SourceError
from supervisor.model.item_rows import check_id, split_row
from supervisor.sources.envelope import WHOLE, check_no_envelope, member_at
from supervisor.sources.json_mixup import is_over_several_lines, values_instead_of_one
from supervisor.sources.row_faults import RowFaults
from supervisor.sources.source import SourceItem
from supervisor.text.strict_json import JsonRefused, parse_strict

_MARK = codecs.BOM_UTF8  # editors leave it in files that people write
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def items_of_value(data: bytes, name: str, at: str | None = None) -> Iterator[SourceItem]:
    """The members of an object, or the entries of an array; none of an empty text. `name` is the whole for people.

    `at`: where in it they are, names joined with dots, or `.` for the whole. Without it, an object that seems to hold
    its items in one of its members is refused. WrongRows, at the end, where some are no items.
    """
    if not data.removeprefix(_MARK).strip():
        return
    value, doubled = _parsed(data, name)
    faults = RowFaults(name)
    before = ""
    if at is not None and at != WHOLE:
        if doubled:
            raise SourceError(f"the name {doubled[0]!r} stands twice", where=name, remedy="Keep one of them.")
        value = member_at(value, at, name)
        before = f"{at}, "
    elif at is None and isinstance(value, dict):
        check_no_envelope(value, name)
    if isinstance(value, dict):
        for number, item_id in enumerate(_member_names(data) if doubled else value, 1):
            try:
                checked = check_id(item_id)
            except ValueError as error:
                faults.add(str(error), f"{before}the member {item_id!r}")
                continue
            yield SourceItem(checked, value[item_id], f"{before}member {number}")
    elif isinstance(value, list):
        for number, row in enumerate(value, 1):
            try:
                item_id, payload = split_row(row)
            except ValueError as error:
                faults.add(str(error), f"{before}entry {number}")
                continue
            yield SourceItem(item_id, payload, f"{before}entry {number}")
    else:
        raise SourceError(
            f"{f'what is at {at!r}' if before else 'it'} is neither an object nor an array",
            where=name,
            remedy="Write items as an object id → content, as an array, or as JSON Lines.",
        )
    faults.raise_if_any()


def items_of_lines(lines: Iterable[bytes], name: str) -> Iterator[SourceItem]:
    """The rows of JSON Lines, one after the other; empty lines are passed over. WrongRows, at the end, of all wrong."""
    faults = RowFaults(name)
    for number, line in enumerate(lines, 1):
        if number == 1 and line.startswith(_UTF16):
            raise _saved_as_utf16(name)
        if not line.removeprefix(_MARK).strip():
            continue
        place = f"line {number}"
        try:
            row, doubled = parse_strict(line.removeprefix(_MARK))
            item_id, payload = split_row(row)
        except ValueError as error:
            faults.add(str(error).replace("not JSON at line 1, column", "not JSON at column"), place)
            continue
        if doubled:
            faults.add(f"the name {doubled[0]!r} stands twice in the object", place, "Keep one of them.")
            continue
        yield SourceItem(item_id, payload, place)
    faults.raise_if_any()


def parsed(data: bytes, name: str) -> Any:
    """The value of a JSON text; SourceError where it is none."""
    return _parsed(data, name)[0]


def explained(data: bytes, name: str) -> SourceError | None:
    """Why lines are no rows, where the file holds other JSON than JSON Lines; None where that is not why."""
    said = is_over_several_lines(data.removeprefix(_MARK))
    return None if said is None else SourceError(said.what, where=name, remedy=said.remedy)


def _parsed(data: bytes, where: str) -> tuple[Any, tuple[str, ...]]:
    """The value, and the names that stand twice in its outermost object."""
    if data.startswith(_UTF16):
        raise _saved_as_utf16(where)
    try:
        return parse_strict(data.removeprefix(_MARK))
    except JsonRefused as refused:
        said = values_instead_of_one(data.removeprefix(_MARK)) if refused.kind == "not_json" else None
        if said is not None:
            raise SourceError(said.what, where=where, remedy=said.remedy) from refused
        raise SourceError(str(refused), where=where, remedy="Correct the file.") from refused


def _saved_as_utf16(where: str) -> SourceError:
    return SourceError("it is saved as UTF-16", where=where, remedy="Save it as UTF-8.")


def _member_names(data: bytes) -> list[str]:
    """The names of the outermost object, each as often as it stands there."""
    return [name for name, _ in json.loads(data.removeprefix(_MARK), object_pairs_hook=list)]
