"""Notices that a session's output is complete: closed after writing, quiet since, and it parses."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from supervisor.host.durable_files import last_change
from supervisor.host.file_events import FileEvents
from supervisor.model.json_document import JsonDocument
from supervisor.model.session import OutputRejection
from supervisor.workspaces.untrusted_file import read_untrusted_file

_LISTEN_AFTER_S = 0.05
"""A session that ends sooner needs no watching: its output is read at its end."""
_LOOK_AGAIN_S = 1.0
"""Seconds until another try where the machine could not read it."""


class OutputWatcher:
    """Watches one output file while its session runs."""

    def __init__(self, events: FileEvents, path: Path, quiet_s: float, max_bytes: int) -> None:
        self.path = path
        self._quiet_s = quiet_s
        self._max_bytes = max_bytes
        self._loop = asyncio.get_running_loop()
        self._events = events
        self._stop: Callable[[], None] | None = None
        self._timer: asyncio.TimerHandle | None = self._loop.call_later(_LISTEN_AFTER_S, self._listen)
        self._seen: tuple[int, int] | None = None
        """Size and time of the file when the quiet period began: the clock may be set anew meanwhile."""
        self.complete: asyncio.Future[tuple[JsonDocument, float]] = self._loop.create_future()
        """The output and the clock time of its last change, once it is complete."""

    def _listen(self) -> None:
        self._timer = None
        self._stop = self._events.listen(self.path.parent, self._told)
        if last_change(self.path) is not None:
            self._look_when_quiet()

    def _told(self, name: str) -> None:
        if name == self.path.name and not self.complete.done():
            self._look_when_quiet()

    def _look_when_quiet(self) -> None:
        """Look as soon as nothing was done to the file for the quiet period, however late this was heard of."""
        try:
            since_s = time.time() - os.stat(self.path, follow_symlinks=False).st_ctime
        except OSError:
            since_s = 0.0
        self._look_in(self._quiet_s - since_s if 0 < since_s < self._quiet_s else self._quiet_s)

    def _look_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._seen = _state(self.path)
        self._timer = self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        changed_at = last_change(self.path)
        if changed_at is None:
            return
        if _state(self.path) != self._seen:
            self._look_when_quiet()
            return
        try:
            data = read_untrusted_file(self.path, self._max_bytes)
        except OSError:  # no fault of the output: the machine is short of something
            self._look_in(max(self._quiet_s, _LOOK_AGAIN_S))
            return
        if isinstance(data, OutputRejection):
            return
        document = JsonDocument(data)
        if not document.is_strict:
            return  # the agent still runs and may mend it
        if not self.complete.done():
            self.complete.set_result((document, changed_at))

    def close(self) -> None:
        """Stop watching."""
        if self._stop is not None:
            self._stop()
        if self._timer is not None:
            self._timer.cancel()
        if not self.complete.done():
            self.complete.cancel()


def _state(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path, follow_symlinks=False)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
