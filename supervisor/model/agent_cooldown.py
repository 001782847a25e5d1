"""An agent that is left alone for a while, and why."""

from __future__ import annotations

from supervisor.model.frozen_model import FrozenModel

REASONS = {"rate_limit": "rate limit", "usage_limit": "usage limit"}


class AgentCooldown(FrozenModel):
    """An agent of which no session starts for a while."""

    agent: str
    kind: str
    message: str
    until: float | None
    """When its limit ends, as it told; None: it told none."""
    next_probe_at: float
    """When one session of it is tried."""
    failed_probes: int
    """How often it was tried in vain without being told a time."""
    started_at: float
