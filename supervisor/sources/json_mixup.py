"""JSON under the other ending: rows on lines in a `.json` file, one value over many lines in a `.jsonl` file."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from supervisor.model.item_rows import split_row
from supervisor.text.strict_json import JsonRefused, parse_strict


class Mixup(NamedTuple):
    """What a file holds instead, and what to do."""

    what: str
    remedy: str


def values_instead_of_one(data: bytes) -> Mixup | None:
    """For a file that is to hold one value and does not: whether it holds rows one after the other."""
    text = data.decode("utf-8", "replace").strip()
    first = _first(text)
    if first is None or not _is_row(first[0]) or text[first[1] :].strip()[:1] not in ("{", "["):
        return None
    if "\n" in text[: first[1]]:
        return Mixup(
            "it holds several rows one after the other, which are no JSON array",
            "Put them into brackets with commas between them: `jq -s . FILE` does so.",
        )
    return Mixup(
        "it holds a row on each line: that is JSON Lines",
        "Give it the ending .jsonl, and name it so in `items`.",
    )


def is_over_several_lines(data: bytes) -> Mixup | None:
    """For a file that is to hold a row on each line: whether it holds one value instead, or rows over several lines."""
    text = data.decode("utf-8", "replace").strip()
    several = Mixup(
        "its rows stand over several lines each, and JSON Lines have a row on each line",
        "Write each on a line of its own: `jq -c . FILE` does so.",
    )
    try:
        value, _ = parse_strict(text.encode())
    except JsonRefused:
        first = _first(text)
        broken = text.split("\n", 1)[0].strip() in ("{", "[")
        return several if broken or (first is not None and "\n" in text[: first[1]]) else None
    renamed = "Give it the ending .json, and name it so in `items`."
    if isinstance(value, list):
        is_rows = bool(value) and all(isinstance(entry, (dict, list)) for entry in value)
        return Mixup("it holds one JSON array, and not a row on each line", renamed) if is_rows else None
    if not isinstance(value, dict):
        return None
    if "id" in value and "\n" in text:
        return several
    is_items = "\n" in text or (bool(value) and all(isinstance(member, (dict, list)) for member in value.values()))
    return Mixup("it holds one JSON object, and not a row on each line", renamed) if is_items else None


def _first(text: str) -> tuple[Any, int] | None:
    """The value that a text begins with, and where it ends."""
    try:
        return json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None


def _is_row(value: Any) -> bool:
    try:
        split_row(value)
    except ValueError:
        return False
    return True
