"""How many requests a client may make in a while."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from supervisor.service.problem_details import Problem


class RateLimiter:
    """Counts the requests of each client."""

    def __init__(self, rate: str) -> None:
        self._rate: RateLimitItem | None = parse(rate) if rate else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def check(self, client: str) -> None:
        """A Problem (429) where a client asked too often."""
        if self._rate is None or self._limiter.hit(self._rate, client):
            return
        free_at = self._limiter.get_window_stats(self._rate, client).reset_time
        wait_s = max(1, math.ceil(free_at - time.time()))
        raise Problem(
            429,
            f"more than {self._rate} of {client}",
            f"Wait {wait_s} s, then send fewer requests in a time.",
            headers={"Retry-After": str(wait_s)},
        )
