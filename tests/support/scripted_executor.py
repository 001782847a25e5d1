"""An executor without processes: sessions stand on another side that outlives it, and end as they are told.

    side = OtherSide(answer_everything)
    first, second = ScriptedExecutor(side), ScriptedExecutor(side)   # two supervisors, one after the other

It keeps what the door promises, so that what is seen with it is seen of any executor.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from supervisor.agents.cli_driver import CliDriver
from supervisor.errors import AgentError, CapacityError
from supervisor.executors.executor import STRONGEST, Capacity, CouldNotStart, SessionObserver
from supervisor.model.agent_report import AgentFailure, AgentReport, Usage
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.isolation import Isolation
from supervisor.model.session import Ending, OutputRejection, SessionRequest, SessionResult
from supervisor.model.session_handle import SessionHandle
from tests.support.session_play import SessionPlay, play_of

NAME = "scripted"

_CUT_OFF = OutputRejection(kind="cut_off", message="the session was cut off before it came to its end")


class Scripted(FrozenModel):
    """What becomes of one session that is requested."""

    refused: str = ""
    """Why it cannot start now."""
    agent_fault: str = ""
    """Why none of its agent can start until a person does something."""
    lost_after_record: bool = False
    """Whether what is said above comes only once the session was recorded."""
    output: bytes | None = None
    refusal: OutputRejection = OutputRejection(kind="no_output", message="the session ended without an output")
    """Why there is no output, where there is none."""
    failure: AgentFailure | None = None
    """What it says as soon as it runs; one that is final ends it."""
    usage: Usage = Usage()
    last_usage: Usage = Usage()
    """What it cost besides where it comes to its own end."""
    exit_status: int = 0
    stays: bool = False
    """Whether it runs until it is released, or ended."""


def answer_everything(request: SessionRequest) -> Scripted:
    """The agent that does what it is asked: `{"said": item}` for each item of the input."""
    items = json.loads(request.input_json)["items"]
    return Scripted(output=json.dumps({item_id: {"said": item} for item_id, item in items.items()}).encode())


def play_on(request: SessionRequest) -> Scripted:
    """What a request for a play asks for."""
    play: SessionPlay = play_of(request)
    failure = AgentFailure(kind="usage_limit", message=play.limited, is_final=True) if play.limited else None
    return Scripted(
        output=None if play.output is None else play.output.encode(),
        failure=failure,
        usage=Usage(cost_usd=play.cost_usd),
        last_usage=Usage(cost_usd=play.last_cost_usd),
        exit_status=play.exit_status,
        stays=play.stays,
    )


class _Session:
    """One session on the other side."""

    def __init__(self, request: SessionRequest, script: Scripted) -> None:
        self.request = request
        self.script = script
        self.result: SessionResult | None = None
        self.waiting: list[asyncio.Future[None]] = []


class OtherSide:
    """Where the sessions are. It outlives the executors that use it, as a machine somewhere else does."""

    def __init__(self, script: Callable[[SessionRequest], Scripted] = answer_everything, room: int = 1000) -> None:
        self.script = script
        """What becomes of each session; it may be another one at any time."""
        self.room = room
        self.submitted: list[SessionRequest] = []
        """All sessions that came to be, in order."""
        self.most_at_once = 0
        self._sessions: dict[str, _Session] = {}

    @property
    def running(self) -> list[str]:
        """Names of the sessions that run now, in the order in which they began."""
        return [name for name, session in self._sessions.items() if session.result is None]

    def release(self, name: str) -> None:
        """Let a session that stays come to its end."""
        self._end(name, "exited")

    def begin(self, request: SessionRequest, script: Scripted) -> None:
        """Begin a session; a name is used once."""
        assert request.name not in self._sessions, f"the session {request.name} was submitted twice"
        self._sessions[request.name] = _Session(request, script)
        self.submitted.append(request)
        self.most_at_once = max(self.most_at_once, len(self.running))
        if not script.stays or (script.failure is not None and script.failure.is_final):
            self._end(request.name, "exited")

    def find(self, name: str) -> _Session | None:
        """A session that came to be."""
        return self._sessions.get(name)

    def forget(self, name: str) -> None:
        """Know nothing of a session any more, as after its time is over."""
        self.end(name)
        self._sessions.pop(name, None)

    def end(self, name: str) -> None:
        """End a session from outside, where it still runs."""
        self._end(name, "cut off")

    def _end(self, name: str, how: str) -> None:
        session = self._sessions.get(name)
        if session is None or session.result is not None:
            return
        session.result = _result(session.script, cut_off=how == "cut off")
        for waiting in session.waiting:
            if not waiting.done():
                waiting.set_result(None)
        session.waiting.clear()


class ScriptedExecutor:
    """Runs sessions on another side."""

    def __init__(self, side: OtherSide, name: str = NAME) -> None:
        self._side = side
        self._name = name

    async def submit(
        self, request: SessionRequest, agent: CliDriver, record: Callable[[SessionHandle], None]
    ) -> SessionHandle:
        script = self._side.script(request)
        if not script.lost_after_record:
            _refuse(script)
        handle = SessionHandle(executor=self._name, session=request.name, address={"ticket": request.name})
        if len(self._side.running) >= self._side.room:
            raise CouldNotStart(f"there is room for {self._side.room} sessions")
        record(handle)
        _refuse(script)
        self._side.begin(request, script)
        return handle

    async def follow(self, handle: SessionHandle, observer: SessionObserver) -> SessionResult:
        session = self._side.find(handle.session)
        if session is None:
            refusal = OutputRejection(kind="could_not_start", message=f"nothing is known of {handle.session}")
            return SessionResult(ending="could_not_start", refusal=refusal)
        observer.alive()
        if session.script.failure is not None:
            observer.failing(session.script.failure)
        while session.result is None:
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            session.waiting.append(waiting)
            await waiting
        return session.result

    async def reattach(self, handle: SessionHandle) -> SessionHandle | SessionResult | None:
        session = self._side.find(handle.session)
        if session is None:
            return None
        return handle if session.result is None else session.result

    async def cancel(self, handle: SessionHandle, grace_s: float) -> None:
        self._side.end(handle.session)

    def capacity(self, agent: CliDriver, wanted: int, asked: Isolation = STRONGEST) -> Capacity:
        if self._side.room < 1:
            raise CapacityError("not even one session is possible: there is no room", remedy="Make some.")
        return Capacity(sessions=self._side.room, why=f"there is room for {self._side.room}; more room makes room")

    def isolation_level(self, asked: Isolation) -> str:
        return "elsewhere"

    async def close(self) -> None:
        """Sessions outlive it: a later one finds them."""


def _refuse(script: Scripted) -> None:
    if script.refused:
        raise CouldNotStart(script.refused)
    if script.agent_fault:
        raise AgentError(script.agent_fault, remedy="Mend it.")


def _result(script: Scripted, *, cut_off: bool) -> SessionResult:
    usage = script.usage if cut_off else script.usage.plus(script.last_usage)
    heard = AgentReport(usage=usage, trouble=None if cut_off else script.failure)
    if script.output is not None:
        ended = SessionResult(ending="exited", output=script.output, exit_status=script.exit_status, heard=heard)
        return ended.model_copy(update={"ending": "cut_off", "refusal": _CUT_OFF}) if cut_off else ended
    if heard.trouble is not None:
        refusal = OutputRejection(kind=heard.trouble.kind, message=heard.trouble.message)
        return SessionResult(ending="troubled", refusal=refusal, heard=heard)
    status = None if cut_off else script.exit_status
    ending: Ending = "cut_off" if cut_off else "exited"
    return SessionResult(ending=ending, refusal=script.refusal, exit_status=status, heard=heard)
