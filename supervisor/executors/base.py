"""What an executor is to the engine."""

from __future__ import annotations

from typing import Protocol

from supervisor.agents.base import Agent
from supervisor.model.session import SessionResult, SessionSpec, SessionStarted, Trouble


class SessionNews(Protocol):
    """Is told of a session while it runs."""

    def started(self, process: SessionStarted) -> None:
        """It has a process."""
        ...

    def troubled(self, trouble: Trouble | None) -> None:
        """Its agent said what keeps it from working; None: it got over that."""
        ...


class Executor(Protocol):
    """Runs sessions."""

    async def run(self, spec: SessionSpec, agent: Agent, news: SessionNews) -> SessionResult:
        """Run one session to its end."""
        ...

    async def close(self) -> None:
        """End every session that is left, with all its processes."""
        ...
