"""Notices that a session gives no sign of life: nothing printed, and no file touched, for longer than it may."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

_MOST_FILES = 10_000


class LifeSigns:
    """Looks only when a session has been silent for so long that it might be stuck."""

    def __init__(self, startup_s: float | None, stall_s: float | None, folders: tuple[Path, ...]) -> None:
        self._startup_s = startup_s or None
        self._stall_s = stall_s or None
        self._folders = folders
        self._loop = asyncio.get_running_loop()
        self._began = self._last = self._loop.time()
        self._began_at = time.time()
        self._heard = False
        self._timer: asyncio.TimerHandle | None = None
        self.stalled: asyncio.Future[str] = self._loop.create_future()
        """In words, once it is stuck."""
        self._look_at(self._began + self._startup_s if self._startup_s else self._deadline())

    def heard(self) -> None:
        """The session printed something."""
        self._last = self._loop.time()
        if not self._heard:
            self._heard = True
            if self._timer is not None:
                self._timer.cancel()
            self._look_at(self._deadline())

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
        if not self.stalled.done():
            self.stalled.cancel()

    def _deadline(self) -> float | None:
        """When it counts as stuck, if nothing comes any more, on the loop's clock."""
        if self._heard:
            return self._last + self._stall_s if self._stall_s else None
        return self._began + self._startup_s if self._startup_s else None

    def _look_at(self, when: float | None) -> None:
        self._timer = None if when is None else self._loop.call_at(when, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        touched_at = _last_touched(self._folders)
        if touched_at > self._began_at:
            self._heard = True
            self._last = max(self._last, now - max(0.0, time.time() - touched_at))
        deadline = self._deadline()
        if deadline is None or deadline > now:
            self._look_at(deadline)
        elif not self.stalled.done():
            silent_s = now - (self._last if self._heard else self._began)
            since = "for" if self._heard else "since its start,"
            self.stalled.set_result(f"nothing printed and no file touched {since} {silent_s:.0f} s")


def _last_touched(folders: tuple[Path, ...]) -> float:
    """Clock time of the last change of a file in the folders; only some are looked at where there are very many."""
    latest, seen = 0.0, 0
    for folder in folders:
        for path, _, names in os.walk(folder):
            for name in (".", *names):
                seen += 1
                if seen > _MOST_FILES:
                    return latest
                try:
                    latest = max(latest, os.stat(os.path.join(path, name), follow_symlinks=False).st_mtime)
                except OSError:
                    continue  # deleted meanwhile
    return latest
