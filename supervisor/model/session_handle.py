"""Where a submitted session is, as JSON: stored with its attempt before any of its work can begin."""

from __future__ import annotations

from typing import Any

from supervisor.model.frozen_model import FrozenModel


class SessionHandle(FrozenModel):
    """By which a later supervisor finds a session again."""

    executor: str
    """Name in the registry of the executor that runs it."""
    session: str
    """Our own name, unique in the project: also the idempotency key where the other side takes one."""
    address: dict[str, Any]
    """What the executor needs to find it, as JSON: a mark, pid and start time, a batch id, an actor's name."""
