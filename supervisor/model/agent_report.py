"""What an agent's output meant so far: usage, failures, end."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from supervisor.model.frozen_model import FrozenModel
from supervisor.text.plain_text import plain

LONGEST_MESSAGE = 1 << 20
"""Characters of a model's message that are kept; of a longer one, its end."""
_LONGEST_WORDS = 2000


def to_billionths(dollars: float | None) -> float | None:
    """The amount without the digits that sums of floating-point numbers make up: 0.0099, not 0.009899999999999999."""
    return None if dollars is None else round(dollars, 9)


_USD_DIGITS = 6


def shown_usd(cost: float | None) -> float | None:
    """US dollars to the millionth, as they are told."""
    return None if cost is None else round(cost, _USD_DIGITS)


class Usage(FrozenModel):
    """What a session cost, from the agent's own report; None is unknown, not nothing."""

    cost_usd: Annotated[float | None, AfterValidator(to_billionths)] = None
    input_tokens: int | None = None
    """Without those that came from a cache or went into one."""
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None

    def plus(self, other: Usage) -> Usage:
        """Both together; what only one of them knows is kept."""

        def add(first: Any, second: Any) -> Any:
            return second if first is None else first if second is None else first + second

        return Usage(**{name: add(getattr(self, name), getattr(other, name)) for name in Usage.model_fields})

    def shown(self) -> Usage:
        """The same with its cost to the digit that is told everywhere: sums of floats have many more."""
        return self.model_copy(update={"cost_usd": shown_usd(self.cost_usd)})

    @property
    def tokens(self) -> int | None:
        """All tokens that are known; None where none is."""
        known = [
            count
            for count in (self.input_tokens, self.output_tokens, self.cache_read_tokens, self.cache_write_tokens)
            if count is not None
        ]
        return sum(known) if known else None


FailureKind = Literal["rate_limit", "usage_limit", "overload", "not_signed_in", "wrong_model", "set_up_wrongly"]


class AgentFailure(FrozenModel):
    """What keeps an agent from working, as it said itself."""

    kind: FailureKind
    """`rate_limit`: too many requests at the moment; `usage_limit`: what was paid for is used up; `overload`: the
    provider's fault, over in a moment; the others: no session of it can work until a person does something."""
    message: str
    """One line, in the agent's words."""
    until: float | None = None
    """Clock time (epoch seconds) at which it is over, as the agent told; None: it told none. Never guessed."""
    remedy: str = ""
    """What a person can do about it."""
    is_final: bool = False
    """Whether the session cannot get over it by itself."""

    @property
    def is_rate_limited(self) -> bool:
        """Whether the agent asks for less of it: no session of it is started for a while."""
        return self.kind in ("rate_limit", "usage_limit")

    @property
    def needs_person(self) -> bool:
        """Whether it stays until a person does something."""
        return self.kind in ("not_signed_in", "wrong_model", "set_up_wrongly")


class AgentReport(FrozenModel):
    """What an agent's output meant so far."""

    usage: Usage = Usage()
    model: str | None = None
    """The model that answered, as the agent names it."""
    provider_session_id: str | None = None
    """The agent's own id of the session."""
    trouble: AgentFailure | None = None
    """What keeps it from working now; None again once it got over it."""
    ended: bool = False
    """Whether it said that it is through."""
    last_message: str = ""
    """The model's last message as it came, `LONGEST_MESSAGE` characters at most; empty where none is known."""

    @property
    def last_words(self) -> str:
        """The end of the last message as plain text, for people and for the agent's next try: 2,000 characters."""
        return plain(self.last_message).strip()[-_LONGEST_WORDS:]
