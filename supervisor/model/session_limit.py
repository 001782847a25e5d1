"""What one session may cost, in money and in tokens."""

from __future__ import annotations

from supervisor.model.agent_report import Usage
from supervisor.model.frozen_model import FrozenModel


class SessionLimit(FrozenModel):
    """None is no limit."""

    cost_usd: float | None = None
    tokens: int | None = None

    def exceeded_by(self, usage: Usage) -> str | None:
        """Which limit a session is over, in words; None while it is within both, as far as it told."""
        cost, tokens = usage.cost_usd, usage.tokens
        if self.cost_usd is not None and cost is not None and cost > self.cost_usd:
            return f"it cost ${cost:,.4g} where ${self.cost_usd:,.4g} are allowed (max_session_cost)"
        if self.tokens is not None and tokens is not None and tokens > self.tokens:
            return f"it used {tokens:,} tokens where {self.tokens:,} are allowed (max_session_tokens)"
        return None
