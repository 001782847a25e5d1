"""Notices that an answer may stand: a whole output that has not changed for a while, in a session that is silent."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from supervisor.host.file_events import FileEvents
from supervisor.model.json_document import JsonDocument
from supervisor.model.session import OutputRejection
from supervisor.workspaces.untrusted_file import read_untrusted_file

_LISTEN_AFTER_S = 0.05
"""A session that ends sooner needs no watching: its output is read at its end."""
_LOOK_AGAIN_S = 1.0
"""Seconds until another try where the machine could not read it, and at least until another look at a draft."""


class OutputWatcher:
    """Watches one output file while its session runs; of a file that is not there it costs nothing."""

    def __init__(
        self,
        events: FileEvents,
        path: Path,
        finish_timeout_s: float,
        max_bytes: int,
        *,
        now: Callable[[], float],
        printed_at: Callable[[], float],
    ) -> None:
        """`now` is the clock of the session, on which `printed_at` tells when its terminal showed something last."""
        self.path = path
        self._finish_timeout_s = finish_timeout_s
        self._max_bytes = max_bytes
        self._now = now
        self._printed_at = printed_at
        self._loop = asyncio.get_running_loop()
        self._events = events
        self._stop: Callable[[], None] | None = None
        self._timer: asyncio.TimerHandle | None = self._loop.call_later(_LISTEN_AFTER_S, self._listen)
        self._seen: tuple[int, int, int] | None = None
        """Which file, its size and time, when it was looked at last."""
        self._changed_at = 0.0
        """When that was seen first, on the session's clock: that of files may be set anew."""
        self._draft: tuple[int, int, int] | None = None
        """The state of the file that was found to be no answer: it is not looked at again."""
        self.still: asyncio.Future[JsonDocument] = self._loop.create_future()
        """The output, once it may stand."""

    def keep_watching(self) -> None:
        """What was still is a draft: tell of the next state of the file."""
        self._draft = self._seen
        if self.still.done():
            self.still = self._loop.create_future()
        self._look()

    def has_changed(self) -> bool:
        """Whether the file is another than the one that was told."""
        return _state(self.path) != self._seen

    def _listen(self) -> None:
        self._timer = None
        self._stop = self._events.listen(self.path.parent, self._told)
        self._look()

    def _told(self, name: str) -> None:
        if name == self.path.name and not self.still.done():
            self._look()

    def _look(self) -> None:
        """Wait until file and terminal have been silent for long enough, and tell what the file holds then."""
        self._look_in(None)
        state, now = _state(self.path), self._now()
        if state != self._seen:
            self._seen, self._changed_at = state, now
        if state is None:
            return
        if state == self._draft:  # who holds it open may go on writing, which nobody is told
            self._look_in(max(self._finish_timeout_s, _LOOK_AGAIN_S))
            return
        left_s = max(self._changed_at, self._printed_at()) + self._finish_timeout_s - now
        if left_s > 0:
            self._look_in(left_s)
            return
        try:
            data = read_untrusted_file(self.path, self._max_bytes)
        except OSError:  # no fault of the output: the machine is short of something
            self._look_in(max(self._finish_timeout_s, _LOOK_AGAIN_S))
            return
        document = None if isinstance(data, OutputRejection) else JsonDocument(data)
        if document is None or not document.usable:
            self._draft = state  # its session still runs and may mend it
            self._look()
        elif not self.still.done():
            self.still.set_result(document)

    def _look_in(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self._loop.call_later(seconds, self._look)

    def close(self) -> None:
        """Stop watching."""
        if self._stop is not None:
            self._stop()
        self._look_in(None)
        if not self.still.done():
            self.still.cancel()


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path, follow_symlinks=False)
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
