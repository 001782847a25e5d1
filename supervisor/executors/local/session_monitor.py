"""One running session watched from all sides until it has ended: what it prints, its output file, its signs of life."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import Any

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
from supervisor.model.agent_report import AgentFailure, AgentReport
from supervisor.model.session import Ending, SessionRequest
from supervisor.workspaces.session_paths import SessionPaths

_PART = 1 << 16
_SAID_END_S = 5.0
"""Seconds that a program has to end after it said that it is through."""
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
        self.request = request
        self.agent = agent
        self.home = paths.home
        self.parser = agent.parser()
        self._spawned = spawned
        self._ended = spawned.ended
        self._mask = mask = Redactor(agent.secrets())
        self.transcript = TranscriptWriter(transcript, request.max_transcript_bytes, mask, self.parser)
        self.output = OutputWatcher(events, paths.output_file, request.quiet_s, request.max_output_bytes)
        self.life = StallDetector(request.startup_timeout_s, request.stall_timeout_s, (paths.workspace, paths.home))
        self.typist: TerminalDriver | None = None
        if agent.typing is not None:
            from supervisor.executors.local.terminal.terminal_driver import TerminalDriver

            prompt = agent.prompt_to_paste(paths)
            self.typist = TerminalDriver(agent.typing, spawned.terminal, prompt, mask, self._seen)
        self._observer: SessionObserver | None = None
        self._trouble: AgentFailure | None = None
        self.over_limit: str | None = None
        """By what it cost more than it may; None: it did not."""
        self._loop = asyncio.get_running_loop()
        self._began = self._heard_at = self._loop.time()
        self._cannot_go_on: asyncio.Future[None] = self._loop.create_future()
        self._terminal: int | None = spawned.terminal
        self._loop.add_reader(spawned.terminal, self._listen)

    @property
    def heard(self) -> AgentReport:
        """What the session's output meant so far."""
        return self.parser.heard

    @property
    def output_complete(self) -> bool:
        """Whether the output was seen whole and quiet."""
        return self.output.complete.done()

    @property
    def duration_s(self) -> float:
        """Seconds since it was started."""
        return self._loop.time() - self._began

    def report_to(self, observer: SessionObserver) -> None:
        """Have somebody told what keeps the agent from working, from now on and of now."""
        self._observer = observer
        if self._trouble is not None:
            observer.failing(self._trouble)

    async def until_ended(self, spawner: SpawnerClient, mark: str) -> tuple[Ending, int | None]:
        """Until the session ended by itself, or there is a reason to end it and all of it is ended.

        How it ended, and its exit status where that is known. Cancelled, it leaves the session running.
        """
        try:
            async with asyncio.timeout_at(self._began + self.request.timeout_s):
                ending = await self._until_over()
                if ending == "output" and not self._ended.done():
                    await self._until_finished(self.agent.profile.finish_s)
        except TimeoutError:
            ending = "output" if self.output_complete else "timed_out"
        try:
            if not self._ended.done():
                reached("session.before_end")
                await spawner.end(self.request.name, LEAVE_GRACE_S)
            exit_status = await asyncio.shield(self._ended)
        except SpawnerLost:
            await end_abandoned(mark, self._spawned)
            return "could_not_start", None
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
        """Until the session ended, or its output is complete, or it is stuck, or cannot go on."""
        waiting: list[asyncio.Future[Any]] = [
            self._ended,
            self.output.complete,
            self.life.stalled,
            self._cannot_go_on,
        ]
        if self.typist is not None:
            waiting.append(self.typist.stuck)
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if self._ended.done():
            return "exited"
        if self.output_complete:
            return "output"
        if self.over_limit is not None:
            return "over_limit"
        return "troubled" if self._cannot_go_on.done() else "stalled"

    async def _until_finished(self, finish_s: float) -> None:
        """Let a session end by itself whose output is complete, as long as it gives signs of life."""
        if self.typist is not None:
            await self._until_silent((self._ended, self.typist.idle), finish_s)
            self.typist.leave()
            self._heard_at = self._loop.time()
        await self._until_silent((self._ended,), finish_s)

    async def _until_silent(self, any_of: tuple[asyncio.Future[Any], ...], seconds: float) -> None:
        """Until one of the futures is done, or nothing was printed for so long."""
        while not any(future.done() for future in any_of):
            leaving = self.heard.ended or (self.typist is not None and self.typist.leaving)
            left_s = self._heard_at + (min(seconds, _SAID_END_S) if leaving else seconds) - self._loop.time()
            if left_s <= 0:
                return
            await asyncio.wait(any_of, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)

    def read_rest(self) -> None:
        """Take everything that the terminal still has."""
        os.set_blocking(self._spawned.terminal, False)
        size = -1
        while self.transcript.size != size:
            size = self.transcript.size
            self._read_some()

    def close(self) -> None:
        """Watch no more, and let go of the terminal."""
        self.output.close()
        self.life.close()
        if self.typist is not None:
            self.typist.close()
        self.transcript.close()
        self._cannot_go_on.cancel()
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
        self._heard_at = self._loop.time()
        self.life.heard()
        self.transcript.feed(data)
        if self.typist is not None:
            self.typist.feed_screen(data)
        self._follow_trouble()
        self._follow_usage()
        return True

    def _seen(self, screen: str) -> None:
        self.parser.feed_screen(self._mask.apply(screen.encode()).decode("utf-8", "replace"))
        self._follow_trouble()

    def _follow_trouble(self) -> None:
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
