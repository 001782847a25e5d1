"""Rows of arrays and JSON Lines: an item's id and the rest of its row, which is its payload."""

from __future__ import annotations

import re
from typing import Any

MAX_ID_LENGTH = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

Item = tuple[str, Any]
"""Id and payload; a payload is the row without its id."""


def split_row(row: Any) -> Item:
    """Id and payload of one entry of an array: an object with `id`, or an array whose first entry is the id.

    ValueError says what is wrong with the row.
    """
    if isinstance(row, dict):
        if "id" not in row:
            raise ValueError("the entry has no `id`")
        return check_id(row["id"]), {name: value for name, value in row.items() if name != "id"}
    if isinstance(row, list):
        if not row:
            raise ValueError("the entry is an empty array; its first entry has to be the id")
        return check_id(row[0]), row[1:]
    raise ValueError("the entry is neither an object with `id` nor an array that begins with the id")


def join_row(item_id: str, payload: Any) -> Any:
    """The row of an array that `split_row` takes apart."""
    return {"id": item_id, **payload} if isinstance(payload, dict) else [item_id, *payload]


def check_id(value: Any) -> str:
    """The id as text (whole numbers are taken as text); ValueError where it cannot be one."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError(f"the id {value!r} is not text")
    if not value.strip():
        raise ValueError("the id is empty")
    if len(value) > MAX_ID_LENGTH:
        raise ValueError(f"the id {value[:20]!r}… is longer than {MAX_ID_LENGTH} characters")
    if _CONTROL.search(value):
        raise ValueError(f"the id {value!r} has control characters or line breaks in it")
    return value
