"""What is believed of what an agent tells: numbers and times within bounds, and plain names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from supervisor.model.agent_report import Usage
from supervisor.text.plain_text import plain_line

MOST_TOKENS = 10**12
"""Of one kind in one session. The store adds signed 64-bit integers, which end at 2**63, that is 9.2 * 10**18: a
million sessions with all four kinds of tokens come to 4 * 10**18."""
MOST_USD = 1e9
"""Of one session: the sum of a million of them is a number that JSON has."""
MOST = 2**53
"""Of any other number: up to it, a float tells each whole number from the next."""

LONGEST_NAME = 200
"""Characters of a model's name, or of an id."""

LONGEST_LIMIT_S = 32 * 86400.0
"""From now until a limit is over, so that one of a month is believed on its first day. What is told beyond that may be
milliseconds, or in another calendar."""


def bounded(changes: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Members of an `AgentReport`, each as far as it is believed at this clock time (epoch seconds)."""
    found = {name: _BOUND[name](told) if name in _BOUND else told for name, told in changes.items()}
    trouble = found.get("trouble")
    if trouble is not None and trouble.until is not None:
        found["trouble"] = trouble.model_copy(update={"until": believed_end(trouble.until, now)})
    return found


def believed_end(until: float, now: float) -> float | None:
    """When a limit is over, both in epoch seconds; None where that is no time, or too far away to be one."""
    return until if 0 <= until <= now + LONGEST_LIMIT_S else None


def _usage(usage: Usage) -> Usage:
    """The sums of what was told, each no more than one session may come to."""
    over = {
        name: most
        for name in Usage.model_fields
        if (told := getattr(usage, name)) is not None
        and told > (most := MOST_USD if name == "cost_usd" else MOST_TOKENS)
    }
    return usage.model_copy(update=over) if over else usage


def _name(told: str | None) -> str | None:
    """A model's name, or an id: one plain line."""
    return None if told is None else plain_line(told, LONGEST_NAME)


_BOUND: dict[str, Callable[[Any], Any]] = {"usage": _usage, "model": _name, "provider_session_id": _name}
