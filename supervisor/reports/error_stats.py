"""What sessions got wrong: kinds of errors, and the messages that come up most, by phase."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from supervisor.store.database import Database
from supervisor.text.plain_text import plain_line

_MESSAGE_CHARS = 240
_VARIES = re.compile(r"\d+(?:[.,]\d+)*|'[^']*'|\"[^\"]*\"|«[^»]*»|“[^”]*”")
"""What one message says of this item and another of that: numbers, and what is quoted."""
_MOST_SHAPES = 20_000
_OTHER = "other messages"


class ErrorKind(NamedTuple):
    """A kind of errors in one phase."""

    phase: int
    name: str
    errors: int
    sessions: int
    """Sessions that had any of it."""


class Message(NamedTuple):
    """Messages that differ only in numbers and in what they quote."""

    phase: int
    kind: str
    example: str
    """One of them, the first that was met."""
    times: int


def error_kinds(database: Database, job: int) -> list[ErrorKind]:
    """All kinds of errors that sessions of a job had, the most frequent first."""
    rows = database.rows(
        "SELECT a.phase, json_extract(e.value, '$.type') AS kind, count(DISTINCT a.id) AS sessions,"
        " sum(coalesce(json_extract(e.value, '$.times'), 1)) AS n"
        " FROM attempts a, json_each(a.errors) e WHERE a.job = ? AND a.errors IS NOT NULL GROUP BY 1, 2"
        " ORDER BY n DESC, a.phase, kind",
        (job,),
    )
    return [ErrorKind(row["phase"], plain_line(str(row["kind"]), 80), row["n"], row["sessions"]) for row in rows]


def top_messages(database: Database, job: int, most: int) -> list[Message]:
    """The messages that came up most, those that say the same of different items taken together."""
    counts: Counter[tuple[int, str, str]] = Counter()
    examples: dict[tuple[int, str, str], str] = {}
    for row in database.each_row(
        "SELECT a.phase, json_extract(e.value, '$.type') AS kind, substr(json_extract(e.value, '$.message'), 1, 1000)"
        " AS message, count(*) AS n FROM attempts a, json_each(a.errors) e WHERE a.job = ? AND a.errors IS NOT NULL"
        " AND json_extract(e.value, '$.times') IS NULL GROUP BY 1, 2, 3 ORDER BY min(a.id)",
        (job,),
    ):
        kind, message = plain_line(str(row["kind"]), 80), plain_line(str(row["message"] or ""), _MESSAGE_CHARS)
        shape = (row["phase"], kind, _VARIES.sub("#", message))
        if shape not in examples and len(examples) >= _MOST_SHAPES:
            shape, message = (row["phase"], kind, _OTHER), _OTHER
        examples.setdefault(shape, message)
        counts[shape] += row["n"]
    return [Message(shape[0], shape[1], examples[shape], count) for shape, count in counts.most_common(most)]
