"""Notices that a session's output is complete: closed after writing, quiet since, and it parses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from supervisor.model.session import Refusal
from supervisor.model.strict_json import JsonRefused, parse_strict
from supervisor.sessions.file_events import FileEvents
from supervisor.sessions.safe_read import read_output


class OutputWatch:
    """Watches one output file while its session runs."""

    def __init__(self, events: FileEvents, path: Path, quiet_s: float, max_bytes: int) -> None:
        self._path = path
        self._quiet_s = quiet_s
        self._max_bytes = max_bytes
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._stop: Callable[[], None] = events.listen(path.parent, self._told)
        self.last_change = time.time()
        """Clock time of the last change of any file in the workspace."""
        self.complete: asyncio.Future[tuple[bytes, float]] = self._loop.create_future()
        """The output's bytes and the clock time of its last change, once it is complete."""

    def _told(self, name: str, closed: bool) -> None:
        self.last_change = time.time()
        if name != self._path.name or self.complete.done():
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if closed:
            self._timer = self._loop.call_later(self._quiet_s, self._look, self.last_change)

    def _look(self, closed_at: float) -> None:
        self._timer = None
        data = read_output(self._path, self._max_bytes)
        if isinstance(data, Refusal):
            return
        try:
            parse_strict(data)
        except JsonRefused:
            return  # the agent still runs and may mend it
        if not self.complete.done():
            self.complete.set_result((data, closed_at))

    def close(self) -> None:
        """Stop watching."""
        self._stop()
        if self._timer is not None:
            self._timer.cancel()
        if not self.complete.done():
            self.complete.cancel()
