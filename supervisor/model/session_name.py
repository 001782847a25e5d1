"""The name of a session, made and taken apart here only."""

from __future__ import annotations

import re

from supervisor.model.job import StoredBatch

SESSION_NAME = re.compile(r"job(\d+)-phase(\d+)-batch(\d+)-session(\d+)")


def session_name(batch: StoredBatch, number: int | str) -> str:
    """The name of a batch's session, and of its folder."""
    return f"job{batch.job}-phase{batch.phase}-batch{batch.number}-session{number}"
