"""The name of a session, made and taken apart here only."""

from __future__ import annotations

import re

from supervisor.model.job import StoredBatch

SESSION_NAME = re.compile(r"job(\d+)-phase(\d+)-batch(\d+)-session(\d+)")


def output_name(batch: StoredBatch) -> str:
    """The name of the file that a batch's sessions have to write."""
    return f"phase{batch.phase}_batch_{batch.number}.json"


def session_number(name: str) -> int:
    """The number within its batch that a session's name has; 0 where it is no such name."""
    found = SESSION_NAME.fullmatch(name)
    return int(found[4]) if found else 0


def session_name(batch: StoredBatch, number: int | str) -> str:
    """The name of a batch's session, and of its folder."""
    return f"job{batch.job}-phase{batch.phase}-batch{batch.number}-session{number}"
