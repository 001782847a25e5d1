"""One running session watched from all sides: what it prints, its output file, its signs of life, its dialogs."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from supervisor.agents.cli_driver import CliDriver
from supervisor.executors.executor import SessionObserver
from supervisor.executors.local.output_watcher import OutputWatcher
from supervisor.executors.local.stall_detector import StallDetector
from supervisor.executors.local.terminal.redaction import Redactor
from supervisor.executors.local.terminal.transcript_writer import TranscriptWriter
from supervisor.host.file_events import FileEvents
from supervisor.model.agent_report import AgentFailure, AgentReport
from supervisor.model.session import Ending, SessionRequest
from supervisor.workspaces.session_paths import SessionPaths

_PART = 1 << 16
_SAID_END_S = 5.0
"""Seconds that a program has to end after it said that it is through."""


class SessionMonitor:
    """Tells when a session is over, and why."""

    def __init__(
        self,
        events: FileEvents,
        spec: SessionRequest,
        agent: CliDriver,
        paths: SessionPaths,
        transcript: Path,
        terminal: int,
        news: SessionObserver,
    ) -> None:
        self.terminal = terminal
        self.home = paths.home
        self.parser = agent.parser()
        self._mask = mask = Redactor(agent.secrets())
        self.transcript = TranscriptWriter(transcript, spec.max_transcript_bytes, mask, self.parser)
        self.output = OutputWatcher(events, paths.output_file, spec.quiet_s, spec.max_output_bytes)
        self.life = StallDetector(spec.startup_timeout_s, spec.stall_timeout_s, (paths.workspace, paths.home))
        self.typist: TerminalDriver | None = None
        if agent.typing is not None:
            from supervisor.executors.local.terminal.terminal_driver import (
                TerminalDriver,  # with its screen, half of what the supervisor else holds
            )

            self.typist = TerminalDriver(agent.typing, terminal, agent.prompt_to_paste(paths), mask, self._seen)
        self._news = news
        self._trouble: AgentFailure | None = None
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._cannot_go_on: asyncio.Future[None] = self._loop.create_future()

    @property
    def heard(self) -> AgentReport:
        """What the session's output meant so far."""
        return self.parser.heard

    @property
    def output_complete(self) -> bool:
        """Whether the output was seen whole and quiet."""
        return self.output.complete.done()

    async def until_over(self, ended: asyncio.Future[int | None]) -> Ending:
        """Until the session ended, or its output is complete, or it is stuck, or cannot go on."""
        waiting: list[asyncio.Future[Any]] = [ended, self.output.complete, self.life.stalled, self._cannot_go_on]
        if self.typist is not None:
            waiting.append(self.typist.stuck)
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            return "exited"
        if self.output_complete:
            return "output"
        return "troubled" if self._cannot_go_on.done() else "stalled"

    async def until_finished(self, ended: asyncio.Future[int | None], finish_s: float) -> None:
        """Let a session end by itself whose output is complete, as long as it gives signs of life."""
        if self.typist is not None:
            await self._until_silent((ended, self.typist.idle), finish_s)
            self.typist.leave()
            self._heard_at = self._loop.time()
        await self._until_silent((ended,), finish_s)

    async def _until_silent(self, any_of: tuple[asyncio.Future[Any], ...], seconds: float) -> None:
        """Until one of the futures is done, or nothing was printed for so long."""
        while not any(future.done() for future in any_of):
            leaving = self.heard.ended or (self.typist is not None and self.typist.leaving)
            left_s = self._heard_at + (min(seconds, _SAID_END_S) if leaving else seconds) - self._loop.time()
            if left_s <= 0:
                return
            await asyncio.wait(any_of, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)

    def read_some(self) -> bool:
        """Take what the terminal has; False once nothing more can come."""
        try:
            data = os.read(self.terminal, _PART)
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
        return True

    def read_rest(self) -> None:
        """Take everything that the terminal still has."""
        os.set_blocking(self.terminal, False)
        size = -1
        while self.transcript.size != size:
            size = self.transcript.size
            self.read_some()

    def close(self) -> None:
        """Watch no more."""
        self.output.close()
        self.life.close()
        if self.typist is not None:
            self.typist.close()
        self.transcript.close()
        self._cannot_go_on.cancel()

    def _seen(self, screen: str) -> None:
        self.parser.feed_screen(self._mask.apply(screen.encode()).decode("utf-8", "replace"))
        self._follow_trouble()

    def _follow_trouble(self) -> None:
        trouble = self.parser.heard.trouble
        if trouble == self._trouble:
            return
        self._trouble = trouble
        self._news.failing(trouble)
        if trouble is not None and trouble.is_final and not self._cannot_go_on.done():
            self._cannot_go_on.set_result(None)
