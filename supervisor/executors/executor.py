"""The door to where sessions run: a session is submitted, followed to its end, found again after a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

from supervisor.agents.agent import Agent
from supervisor.host.file_events import FileEvents
from supervisor.model.agent_report import AgentFailure
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.isolation import Isolation
from supervisor.model.json_document import JsonDocument
from supervisor.model.session import SessionRequest, SessionResult
from supervisor.model.session_handle import SessionHandle
from supervisor.project.project import Project

LEAVE_GRACE_S = 3.0
"""Seconds that a session usually has between the request to leave and its end."""
STRONGEST = Isolation()
"""As far apart as is possible."""


class CouldNotStart(Exception):
    """No session came to be, for a reason that is neither its agent's nor its task's: it is tried again, uncounted."""


class Capacity(FrozenModel):
    """How many sessions an executor has room for at once."""

    sessions: int
    """Those that run already included; it may be more than are wanted."""
    why: str = ""
    """What limits them and what makes room for more, on one line; "" where nothing does."""
    remarks: tuple[str, ...] = ()
    """What as many as are wanted will have to do without, a line each."""

    def shortage(self, wanted: int) -> str:
        """Why there are fewer sessions than wanted, and what to do about it, on one line; "" where there are not."""
        if self.sessions >= wanted:
            return ""
        return f"{self.sessions} session{'' if self.sessions == 1 else 's'} at once, not {wanted}: {self.why}"


class SessionObserver(Protocol):
    """Is told of a session, and asked, while it runs."""

    def failing(self, failure: AgentFailure | None) -> None:
        """Its agent said what keeps it from working; None: it got over that."""
        ...

    def alive(self) -> None:
        """It gave its first sign of life."""
        ...

    async def passes(self, output: JsonDocument) -> bool:
        """Whether an output would pass as it is, for all that the session was asked.

        It costs as much as judging an answer, so it is asked of an output that stood for `finish_timeout_s` only. What
        does not pass then is a draft, and no fault.
        """
        ...


class Executor(Protocol):
    """Runs sessions somewhere; made, it has done nothing yet.

    `submit`, `follow`, `reattach` and `cancel` may be called at once for many sessions.
    """

    async def submit(
        self, request: SessionRequest, agent: Agent, record: Callable[[SessionHandle], None]
    ) -> SessionHandle:
        """Start a session.

        `record` is called once, before any work begins or is paid for; where it raises, nothing runs on and nothing of
        the session is kept. CouldNotStart: it is tried again, uncounted. AgentError: a person has to do something
        first. Both may come before the session was recorded, or after.
        """
        ...

    async def follow(self, handle: SessionHandle, observer: SessionObserver) -> SessionResult:
        """Wait to its end. It never raises for what the agent did. Cancelled, it leaves the session to `cancel`."""
        ...

    async def reattach(self, handle: SessionHandle) -> SessionHandle | SessionResult | None:
        """After a restart: the session still runs | it ended, and this came of it | nothing is known of it any more.

        It may be asked again: what came of a session is told as long as it is kept. Of one that was cut off the result
        has the output where that is whole, and what the session cost as far as it had told.
        """
        ...

    async def cancel(self, handle: SessionHandle, grace_s: float) -> None:
        """End a session with all that it started, `grace_s` seconds after it was asked to; return when it is gone.

        Twice is once. What it wrote and printed to its end stays to be found by `reattach`.
        """
        ...

    def capacity(self, agent: Agent, wanted: int, asked: Isolation = STRONGEST) -> Capacity:
        """For how many sessions of an agent there is room at once, where `wanted` are to run, kept apart as `asked`.

        It makes what room this process can make. CapacityError where there is room for not even one.
        """
        ...

    def isolation_level(self, asked: Isolation) -> str:
        """How far sessions that are to be kept apart as `asked` are kept apart here, in a word for people.

        AgentError where they cannot be kept apart so.
        """
        ...

    async def close(self) -> None:
        """Let go; end what cannot outlive this process."""
        ...


class ExecutorContext(NamedTuple):
    """What an executor is made with; the entry points of `supervisor.executors` are functions of it."""

    project: Project
    events: FileEvents
    """Events of files under the project, shared by all that listen in this process."""
    apart: Path | None = None
    """A folder for sessions that belong to no job: nobody looks for them after this process has ended."""
