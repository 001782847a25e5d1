"""The main file of a phase: one JSON object or array, in canonical order."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from supervisor.model.item_rows import join_row, split_row
from supervisor.sinks.file_sink import FileSink
from supervisor.sinks.sink import SinkContext
from supervisor.store.queries.merged_snapshot import ResultSnapshot
from supervisor.text.strict_json import JsonRefused, in_order, parse_strict

_indented = json.JSONEncoder(ensure_ascii=False, indent=2, allow_nan=False).encode


class JsonSink(FileSink):
    """UTF-8, an indent of two: an object id to value, or an array of rows that name their id."""

    def __init__(self, path: Path, merge: str = "object") -> None:
        super().__init__(path)
        self._merge = merge

    def encode(self, snapshot: ResultSnapshot) -> Iterator[bytes]:
        return rendered(snapshot)

    def decode(self, data: bytes) -> dict[str, Any]:
        return entries(data, self._merge)


def json_sink(context: SinkContext) -> JsonSink:
    """The sink of a phase whose output ends in `.json`."""
    return JsonSink(context.path, context.merge)


def render(snapshot: ResultSnapshot) -> bytes:
    """The file's bytes, whatever order the merges came in."""
    return b"".join(rendered(snapshot))


def rendered(snapshot: ResultSnapshot) -> Iterator[bytes]:
    """The same entry by entry, since all values at once would take many times their size."""
    first, last = "{}" if snapshot.merge == "object" else "[]"
    yield first.encode()
    between = "\n  "
    for item_id, value in snapshot.rows:
        if snapshot.merge == "object":
            member = f"{_indented(item_id)}: {_indented(json.loads(value))}"
        else:
            member = _indented(join_row(item_id, json.loads(value)))
        yield (between + member.replace("\n", "\n  ")).encode("utf-8")
        between = ",\n  "
    yield (f"\n{last}\n" if snapshot.rows else f"{last}\n").encode()


def as_lines(taken: ResultSnapshot) -> Iterator[bytes]:
    """The same as JSON Lines: an object with `id` and `value`, or the row, on each."""
    for item_id, text in taken.rows:
        value = json.loads(text)
        row = join_row(item_id, value) if taken.merge == "array" else {"id": item_id, "value": value}
        yield (in_order(row) + "\n").encode("utf-8")


def entries(data: bytes, merge: str) -> dict[str, Any]:
    """Item id to value of what a main file holds; ValueError where it does not parse."""
    try:
        value, doubled = parse_strict(data.removeprefix(codecs.BOM_UTF8))  # which editors leave in it
    except JsonRefused as refused:
        raise ValueError(str(refused)) from refused
    if doubled:
        raise ValueError(f"{doubled[0]} stands twice")
    if not isinstance(value, dict if merge == "object" else list):
        raise ValueError("it is not an object" if merge == "object" else "it is not an array")
    if isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for row in value:
        item_id, payload = split_row(row)
        if item_id in found:
            raise ValueError(f"{item_id} stands twice")
        found[item_id] = payload
    return found
