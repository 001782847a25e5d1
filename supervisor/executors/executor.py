"""What an executor is to the engine."""

from __future__ import annotations

from typing import Protocol

from supervisor.agents.cli_driver import CliDriver
from supervisor.model.agent_report import AgentFailure
from supervisor.model.session import SessionRequest, SessionResult
from supervisor.model.session_handle import SessionHandle


class SessionObserver(Protocol):
    """Is told of a session while it runs."""

    def started(self, handle: SessionHandle) -> None:
        """It runs, and is found there."""
        ...

    def failing(self, trouble: AgentFailure | None) -> None:
        """Its agent said what keeps it from working; None: it got over that."""
        ...


class Executor(Protocol):
    """Runs sessions."""

    async def run(self, spec: SessionRequest, agent: CliDriver, news: SessionObserver) -> SessionResult:
        """Run one session to its end."""
        ...

    async def close(self) -> None:
        """End every session that is left, with all its processes."""
        ...
