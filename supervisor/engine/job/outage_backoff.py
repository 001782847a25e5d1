"""A job while the machine cannot be worked with: it waits, longer and longer, and heeds what is asked meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Literal

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0


class OutageBackoff:
    """The waits of one job, from the first fault of the machine on."""

    def __init__(self) -> None:
        self._wait_s = 0.0
        self.times = 0
        """How many faults there were in a row."""
        self._over_at = float("-inf")
        self._end: Literal["stopped", "cancelled"] | None = None
        self._asked = asyncio.Event()

    def begin(self) -> float:
        """Seconds that are to be waited now: twice as many where the work before came to nothing soon."""
        again = time.monotonic() - self._over_at < LONGEST_WAIT_S
        self.times = self.times + 1 if again else 1
        self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S) if again else FIRST_WAIT_S
        return self._wait_s

    async def over(self) -> Literal["stopped", "cancelled"] | None:
        """Wait; how the job is to end, or None where it is to be tried again."""
        self._asked.clear()
        if self._end is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._wait_s):
                    await self._asked.wait()
        self._over_at = time.monotonic()
        return self._end

    def stop(self, end: Literal["stopped", "cancelled"]) -> bool:
        """End the job instead of trying again; False where that was asked before."""
        first, self._end = self._end is None, self._end or end
        self._asked.set()
        return first

    def wake(self) -> None:
        """Nothing to do: a change of the store is no sign that the machine works again."""
