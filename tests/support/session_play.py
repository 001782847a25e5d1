"""What a session of a test does, as a value: every executor that is tested can have it done in its own way."""

from __future__ import annotations

import json

from supervisor.model.frozen_model import FrozenModel
from supervisor.model.isolation import Isolation
from supervisor.model.session import SessionRequest

AGENT = "actor"
OUTPUT_NAME = "phase1_batch_1.json"
_NEVER_S = 3600.0


class SessionPlay(FrozenModel):
    """What it does, in this order, where it is given: tells, writes, starts a process, stays, ends."""

    chatter: int = 0
    """How many lines it prints that mean nothing, before all else."""
    cost_usd: float | None = None
    limited: str = ""
    """What it says of a limit of its agent."""
    output: str | None = None
    brood: bool = False
    """Whether it starts a process that leaves its process group and would outlive it."""
    stays: bool = False
    """Whether it then goes on until it is released, or ended from outside."""
    last_cost_usd: float | None = None
    """What it tells to have cost besides, at its very end."""
    exit_status: int = 0


def playing(
    name: str, play: SessionPlay, *, finish_timeout_s: float = _NEVER_S, timeout_s: float = _NEVER_S
) -> SessionRequest:
    """A request for a session that plays; as it stands, only the session's own end ends it."""
    return SessionRequest(
        name=name,
        agent=AGENT,
        prompt="Do what your input says.",
        input_json=play.model_dump_json(),
        output_name=OUTPUT_NAME,
        attempt=1,
        timeout_s=timeout_s,
        finish_timeout_s=finish_timeout_s,
        isolation=Isolation(sandbox="workspace"),
    )


def play_of(request: SessionRequest) -> SessionPlay:
    """What a session that was requested so is to do."""
    return SessionPlay.model_validate(json.loads(request.input_json))
