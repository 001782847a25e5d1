"""Where a session is: stored with its attempt, so that a later supervisor finds it."""

from __future__ import annotations

from typing import Any

from supervisor.model.frozen_model import FrozenModel


class SessionHandle(FrozenModel):
    """Where a session is; stored with its attempt before any of its work can begin."""

    executor: str
    """Name in the registry."""
    session: str
    """Our own name, unique in the project: also the idempotency key where the other side takes one."""
    address: dict[str, Any]
    """What the executor needs to find it, as JSON. `local` has `pid` and `started_ticks`, the start time of the process
    as the system tells it, so that a reused pid is not taken for it."""
