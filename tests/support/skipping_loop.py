"""An event loop whose clock a test moves on, so that nobody waits for what comes later."""

from __future__ import annotations

import asyncio

_STEP_S = 0.05
_ROUNDS = 3


class SkippingLoop(asyncio.SelectorEventLoop):
    """Its time is the real one, and what was skipped."""

    _skipped_s = 0.0

    def time(self) -> float:
        return super().time() + self._skipped_s

    async def skip(self, seconds: float) -> None:
        """Let so much time pass; what is due in it is done in its order."""
        for _ in range(round(seconds / _STEP_S)):
            self._skipped_s += _STEP_S
            for _ in range(_ROUNDS):
                await asyncio.sleep(0)
