"""The door to where sessions run: a session is submitted, followed to its end, found again after a restart."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from supervisor.agents.agent import Agent
from supervisor.host.file_events import FileEvents
from supervisor.model.agent_report import AgentFailure
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.session import SessionRequest, SessionResult
from supervisor.model.session_handle import SessionHandle
from supervisor.project.project import Project


class CouldNotStart(Exception):
    """No session came to be, for a reason that is neither its agent's nor its task's: it is tried again, uncounted."""


class Capacity(FrozenModel):
    """How many sessions an executor has room for at once."""

    sessions: int
    why: str
    """What limits them and what makes room for more, on one line; "" where nothing does."""


class SessionObserver(Protocol):
    """Is told of a session while it runs; it decides nothing."""

    def failing(self, failure: AgentFailure | None) -> None:
        """Its agent said what keeps it from working; None: it got over that."""
        ...


class Executor(Protocol):
    """Runs sessions somewhere. All methods but `capacity` may be called at once for many sessions."""

    async def submit(
        self, request: SessionRequest, agent: Agent, record: Callable[[SessionHandle], None]
    ) -> SessionHandle:
        """Start a session.

        `record` is called once, before any work begins or is paid for; where it raises, nothing runs on. CouldNotStart:
        it is tried again, uncounted. AgentError: a person has to do something first.
        """
        ...

    async def follow(self, handle: SessionHandle, observer: SessionObserver) -> SessionResult:
        """Wait to its end. It never raises for what the agent did. Cancelled, it leaves the session to `cancel`."""
        ...

    async def reattach(self, handle: SessionHandle) -> SessionHandle | SessionResult | None:
        """After a restart: the session still runs | it ended, and this came of it | nothing is known of it any more."""
        ...

    async def cancel(self, handle: SessionHandle, grace_s: float) -> None:
        """End a session with all that it started, `grace_s` seconds after it was asked to; return when it is gone.

        Twice is once. What it wrote and printed to its end stays to be found by `reattach`.
        """
        ...

    def capacity(self, agent: Agent, wanted: int) -> Capacity:
        """How many of `wanted` sessions of an agent there is room for at once; CapacityError where for not even one."""
        ...

    async def close(self) -> None:
        """Let go; end what cannot outlive this process."""
        ...


class ExecutorContext(NamedTuple):
    """What an executor is made with; the entry points of `supervisor.executors` are functions of it."""

    project: Project
    events: FileEvents
    """Events of files under the project, shared by all that listen in this process."""
