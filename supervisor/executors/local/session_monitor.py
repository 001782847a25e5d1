"""One running session watched from all sides until it has ended: what it prints, its output file, its signs of life."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supervisor.agents.cli_driver import CliDriver
from supervisor.executors.executor import LEAVE_GRACE_S, SessionObserver
from supervisor.executors.local.output_watcher import OutputWatcher
from supervisor.executors.local.stall_detector import StallDetector
from supervisor.executors.local.terminal.redaction import Redactor
from supervisor.executors.local.terminal.spawner_client import Spawned, SpawnerClient, SpawnerLost
from supervisor.executors.local.terminal.transcript_writer import TranscriptWriter
from supervisor.failpoints import reached
from supervisor.host import process_tree
from supervisor.host.file_events import FileEvents
from supervisor.host.frozen_time import frozen_time
from supervisor.model.agent_report import AgentFailure, AgentReport
from supervisor.model.json_document import JsonDocument
from supervisor.model.session import Ending, SessionRequest
from supervisor.workspaces.session_paths import SessionPaths

if TYPE_CHECKING:
    from supervisor.executors.local.terminal.terminal_driver import TerminalDriver

_PART = 1 << 16
_SAID_END_S = 5.0
"""Seconds of silence that a program has to end after it said that it is through, or was asked to leave."""
_TELLS_AT_END_S = 1.0
"""Seconds in which a program ends that tells only at its end what it cost: there is nothing to save any more."""
_GONE_S, _LOOK_EVERY_S = 5.0, 0.01
"""For how long, and how often, it is looked whether killed processes are gone."""


class SessionMonitor:
    """Tells when a session is over, and why; from its start on it takes what the session's terminal has."""

    def __init__(
        self,
        events: FileEvents,
        request: SessionRequest,
        agent: CliDriver,
        paths: SessionPaths,
        transcript: Path,
        spawned: Spawned,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._frozen = frozen_time()
        self._stop_watching = self._frozen.watch()
        self.request = request
        self.agent = agent
        self.home = paths.home
        self.parser = agent.parser()
        self._spawned = spawned
        self._ended = spawned.ended
        self.mask = mask = Redactor(agent.secrets())
        self.transcript = TranscriptWriter(transcript, request.max_transcript_bytes, mask, self.parser)
        self.output = OutputWatcher(
            events,
            paths.output_file,
            request.finish_timeout_s,
            request.max_output_bytes,
            now=self._now,
            printed_at=lambda: self._printed_at,
        )
        self.stood: JsonDocument | None = None
        """The output that passed and stood for long enough, where the session was ended for it."""
        self.life = StallDetector(request.startup_timeout_s, request.stall_timeout_s, (paths.workspace, paths.home))
        self.typist: TerminalDriver | None = None
        if agent.typing is not None:
            from supervisor.executors.local.terminal.terminal_driver import TerminalDriver

            prompt = agent.prompt_to_paste(request)
            self.typist = TerminalDriver(agent.typing, spawned.terminal, prompt, mask, self._seen)
        self._observer: SessionObserver | None = None
        self._trouble: AgentFailure | None = None
        self.over_limit: str | None = None
        """By what it cost more than it may; None: it did not."""
        self._began = self._printed_at = self._now()
        self._cannot_go_on: asyncio.Future[None] = self._loop.create_future()
        self._said_end: asyncio.Future[None] = self._loop.create_future()
        """Done once it said that it is through, and printed nothing more for a while."""
        self._end_timer: asyncio.TimerHandle | None = None
        self._terminal: int | None = spawned.terminal
        self._loop.add_reader(spawned.terminal, self._listen)

    @property
    def heard(self) -> AgentReport:
        """What the session's output meant so far."""
        return self.parser.heard

    @property
    def duration_s(self) -> float:
        """Seconds since it was started; time that the machine slept, or all of it was stopped, is nobody's."""
        return self._now() - self._began

    def _now(self) -> float:
        """The session's clock: the loop's, without the time that was lost."""
        return self._loop.time() - self._frozen.lost_s()

    def report_to(self, observer: SessionObserver) -> None:
        """Have somebody told what keeps the agent from working, from now on and of now."""
        self._observer = observer
        if self.transcript.size:
            observer.alive()
        if self._trouble is not None:
            observer.failing(self._trouble)

    async def passes(self, document: JsonDocument) -> bool:
        """Whether an output would be taken as it is; nobody can tell where nobody asked for the session's end."""
        return self._observer is not None and await self._observer.passes(document)

    async def until_ended(self, spawner: SpawnerClient, mark: str) -> tuple[Ending, int | None]:
        """Until the session ended by itself, or there is a reason to end it and all of it is ended.

        How it ended, and its exit status where that is known. Cancelled, it leaves the session running.
        """
        ending: Ending = "timed_out"
        while (left_s := self.request.timeout_s - self.duration_s) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    ending = await self._until_over()
                    break
        try:
            if ending == "finished" and self.typist is not None:
                await self._until_left(self.typist)
            if not self._ended.done():
                reached("session.before_end")
                await spawner.end(self.request.name, LEAVE_GRACE_S, final=ending == "finished")
            exit_status = await asyncio.shield(self._ended)
        except SpawnerLost:
            await end_abandoned(mark, self._spawned)
            return "cut_off", None
        reached("session.ended")
        return ending, exit_status

    async def end(self, spawner: SpawnerClient, mark: str, grace_s: float) -> None:
        """End the session with all that it started; it may have ended before."""
        try:
            if not self._ended.done():
                await spawner.end(self.request.name, grace_s)
            await asyncio.shield(self._ended)
        except SpawnerLost:
            await end_abandoned(mark, self._spawned)

    async def _until_over(self) -> Ending:
        """Until the session ended, or its turn is over, or its answer stands, or it is stuck, or cannot go on."""
        while True:
            waiting: list[asyncio.Future[Any]] = [self._ended, self.output.still, self.life.stalled]
            waiting += [self._cannot_go_on, self._said_end]
            if self.typist is not None:
                waiting += [self.typist.stuck, self.typist.idle]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if self._ended.done():
                return "exited"
            if self._cannot_go_on.done() and self.over_limit is None:
                return "troubled"
            if self._cannot_go_on.done():
                await asyncio.wait((self._ended,), timeout=_TELLS_AT_END_S)
                return "exited" if self._ended.done() else "over_limit"
            turn_over = self.typist is not None and self.typist.idle.done()
            if turn_over or self._said_end.done() or await self._stands():
                return "finished"
            if self.life.stalled.done() or (self.typist is not None and self.typist.stuck.done()):
                return "stalled"

    async def _stands(self) -> bool:
        """Whether the output that has been still passes as it is, and is the same after that was found out."""
        if not self.output.still.done():
            return False
        document = self.output.still.result()
        if await self.passes(document) and not self.output.has_changed():
            self.stood = document
            return True
        self.output.keep_watching()
        return False

    async def _until_left(self, typist: TerminalDriver) -> None:
        """Ask a program that is typed into to leave, as a person does, as long as it prints something."""
        typist.leave()
        self._printed_at = self._now()
        while (left_s := self._printed_at + _SAID_END_S - self._now()) > 0 and not self._ended.done():
            await asyncio.wait((self._ended,), timeout=left_s)

    def read_rest(self) -> None:
        """Take everything that the terminal still has."""
        os.set_blocking(self._spawned.terminal, False)
        size = -1
        while self.transcript.size != size:
            size = self.transcript.size
            self._read_some()

    def close(self) -> None:
        """Watch no more, and let go of the terminal."""
        self._stop_watching()
        self.output.close()
        self.life.close()
        if self.typist is not None:
            self.typist.close()
        self.transcript.close()
        self._cannot_go_on.cancel()
        self._said_end.cancel()
        if self._end_timer is not None:
            self._end_timer.cancel()
        if self._terminal is not None:
            self._loop.remove_reader(self._terminal)
            os.close(self._terminal)
            self._terminal = None

    def _listen(self) -> None:
        if not self._read_some():
            self._loop.remove_reader(self._spawned.terminal)

    def _read_some(self) -> bool:
        """Take what the terminal has; False once nothing more can come."""
        try:
            data = os.read(self._spawned.terminal, _PART)
        except BlockingIOError:
            return True
        except OSError:  # the last process closed the other side
            return False
        if not data:
            return False
        self._printed_at = self._now()
        self.life.heard()
        if not self.transcript.size and self._observer is not None:
            self._observer.alive()
        self.transcript.feed(data)
        if self.typist is not None:
            self.typist.feed_screen(data)
        self._follow_trouble()
        self._follow_usage()
        return True

    def _seen(self, screen: str) -> None:
        self.parser.feed_screen(self.mask.apply(screen.encode()).decode("utf-8", "replace"))
        self._follow_trouble()

    def _follow_trouble(self) -> None:
        if self.heard.ended and self._end_timer is None:
            self._wait_for_end()
        trouble = self.parser.heard.trouble
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if self._observer is not None:
            self._observer.failing(trouble)
        if trouble is not None and trouble.is_final and not self._cannot_go_on.done():
            self._cannot_go_on.set_result(None)

    def _follow_usage(self) -> None:
        if self.over_limit is None:
            self.over_limit = self.request.limit.exceeded_by(self.agent.priced(self.parser.heard.usage))
            if self.over_limit is not None and not self._cannot_go_on.done():
                self._cannot_go_on.set_result(None)

    def _wait_for_end(self) -> None:
        """It said that it is through: it ends by itself, or is ended once it prints nothing more."""
        left_s = self._printed_at + _SAID_END_S - self._now()
        if left_s > 0:
            self._end_timer = self._loop.call_later(left_s, self._wait_for_end)
        elif not self._said_end.done():
            self._said_end.set_result(None)


async def end_abandoned(mark: str, spawned: Spawned | None = None) -> None:
    """End a session whose spawner is gone: its process, what is below it, and what carries its mark."""
    reached("session.before_kill")
    doomed: set[int] = set()
    if spawned is not None and process_tree.start_ticks(spawned.pid) == spawned.started_ticks:
        doomed = {spawned.pid, *process_tree.descendants(spawned.pid)}
        process_tree.send_to_group(spawned.pid, signal.SIGKILL)
    key, _, session = mark.partition("/")
    for pid, name in process_tree.marked_processes(key):
        if name == session:
            doomed.add(pid)
            process_tree.send(pid, signal.SIGKILL)
    reached("session.killed")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GONE_S):
            while any(process_tree.start_ticks(pid) is not None for pid in doomed):
                await asyncio.sleep(_LOOK_EVERY_S)
