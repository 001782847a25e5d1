"""Items of JSON: an object id to content, an array of rows, or a row on each line."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from supervisor.errors import SourceError
from supervisor.model.item_rows import check_id, split_row
from supervisor.sources.source import SourceItem
from supervisor.text.strict_json import JsonRefused, parse_strict

_MARK = codecs.BOM_UTF8  # editors leave it in files that people write
_T = TypeVar("_T")


def items_of_value(data: bytes, name: str) -> Iterator[SourceItem]:
    """The members of an object, or the entries of an array; `name` is the whole for people."""
    if not data.strip():
        raise SourceError("the file is empty", where=name, remedy="An empty list of items is written as [].")
    value, doubled = _parsed(data, name)
    if isinstance(value, dict):
        ids = _member_names(data) if doubled else value
        for number, item_id in enumerate(ids, 1):
            checked = _checked(check_id, item_id, f"{name}, the member {item_id!r}")
            yield SourceItem(checked, value[item_id], f"member {number}")
        return
    if not isinstance(value, list):
        raise SourceError(
            "it holds neither an object nor an array",
            where=name,
            remedy="Write items as an object id → content, as an array, or as JSON Lines.",
        )
    for number, row in enumerate(value, 1):
        item_id, payload = _checked(split_row, row, f"{name}, entry {number}")
        yield SourceItem(item_id, payload, f"entry {number}")


def items_of_lines(lines: Iterable[bytes], name: str) -> Iterator[SourceItem]:
    """The rows of JSON Lines, one after the other; empty lines are passed over."""
    for number, line in enumerate(lines, 1):
        if not line.removeprefix(_MARK).strip():
            continue
        where = f"{name}, line {number}"
        row, doubled = _parsed(line, where)
        if doubled:
            what = f"the name {doubled[0]!r} stands twice in the object"
            raise SourceError(what, where=where, remedy="Keep one of them.")
        item_id, payload = _checked(split_row, row, where)
        yield SourceItem(item_id, payload, f"line {number}")


def parsed(data: bytes, name: str) -> Any:
    """The value of a JSON text; SourceError where it is none."""
    return _parsed(data, name)[0]


def _parsed(data: bytes, where: str) -> tuple[Any, tuple[str, ...]]:
    """The value, and the names that stand twice in its outermost object."""
    try:
        return parse_strict(data.removeprefix(_MARK))
    except JsonRefused as refused:
        raise SourceError(str(refused), where=where, remedy="Correct the file.") from refused


def _member_names(data: bytes) -> list[str]:
    """The names of the outermost object, each as often as it stands there."""
    return [name for name, _ in json.loads(data.removeprefix(_MARK), object_pairs_hook=list)]


def _checked(check: Callable[[Any], _T], value: Any, where: str) -> _T:
    try:
        return check(value)
    except ValueError as error:
        raise SourceError(str(error), where=where, remedy="Correct the file.") from error
