"""What an executor is to the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from supervisor.agents.base import Agent
from supervisor.model.session import SessionResult, SessionSpec, SessionStarted


class Executor(Protocol):
    """Runs sessions."""

    async def run(self, spec: SessionSpec, agent: Agent, on_start: Callable[[SessionStarted], None]) -> SessionResult:
        """Run one session to its end; `on_start` is told its process as soon as there is one."""
        ...

    async def close(self) -> None:
        """End every session that is left, with all its processes."""
        ...
