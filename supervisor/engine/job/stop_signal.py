"""How a job is to end before its work is done, and why: asked of by everyone, kept here only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

StopRequest = Literal["stopped", "cancelled"]


class StopSignal:
    """The first reason to end a job counts; those that come after it change nothing."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """`wake` is called when there is a reason."""
        self._wake = wake
        self.end: StopRequest | None = None
        """What the job is to become; None while nobody asked for an end."""
        self.error: BaseException | None = None
        """What keeps the job from going on; None: nothing does."""

    @property
    def is_set(self) -> bool:
        """Whether no more sessions are to be started."""
        return self.end is not None or self.error is not None

    def ask(self, end: StopRequest) -> bool:
        """A person, a signal or a rule asks for the job's end; whether it is the first."""
        first, self.end = self.end is None, self.end or end
        self._wake()
        return first

    def fail(self, error: BaseException) -> None:
        """Something keeps the job from going on."""
        self.error = self.error or error
        self._wake()
