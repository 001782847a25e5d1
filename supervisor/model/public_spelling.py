"""Words that clients read, spelled as they know them, where the store has other ones."""

from __future__ import annotations

from typing import Literal

from supervisor.model.job import BatchStatus

_OUTCOME = {"partial": "partly", "unvalidated": "unjudged"}


def public_batch_status(status: BatchStatus) -> Literal["waiting", "running", "done", "failed"]:
    """A batch's state as clients know it."""
    return "waiting" if status == "pending" else status


def public_outcome(outcome: str) -> str:
    """What came of a session as clients know it."""
    return _OUTCOME.get(outcome, outcome)
