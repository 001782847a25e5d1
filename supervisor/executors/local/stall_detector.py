"""Notices that a session gives no sign of life: nothing printed, and no file touched, for longer than it may."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from supervisor.host.frozen_time import frozen_time

_MOST_FILES = 10_000


class StallDetector:
    """Looks only when a session has been silent for so long that it might be stuck."""

    def __init__(self, startup_s: float | None, stall_s: float | None, folders: tuple[Path, ...]) -> None:
        self._startup_s = startup_s or None
        self._stall_s = stall_s or None
        self._folders = folders
        self._loop = asyncio.get_running_loop()
        self._began = self._last = self._loop.time()
        self._looked_at = self._began
        self._touches = _touches(folders) if self._startup_s or self._stall_s else _Touches(0.0, 0)
        self._frozen = frozen_time()
        self._lost_s = self._frozen.lost_s()
        """What had been lost at its last sign of life."""
        self._stop_watching = self._frozen.watch() if self._startup_s or self._stall_s else lambda: None
        self._heard = False
        self._timer: asyncio.TimerHandle | None = None
        self.stalled: asyncio.Future[str] = self._loop.create_future()
        """In words, once it is stuck."""
        self._look_at(self._began + self._startup_s if self._startup_s else self._deadline())

    def heard(self) -> None:
        """The session printed something."""
        self._last, self._lost_s = self._loop.time(), self._frozen.lost_s()
        if not self._heard:
            self._heard = True
            if self._timer is not None:
                self._timer.cancel()
            self._look_at(self._deadline())

    def close(self) -> None:
        """Look no more."""
        self._stop_watching()
        if self._timer is not None:
            self._timer.cancel()
        if not self.stalled.done():
            self.stalled.cancel()

    def _deadline(self) -> float | None:
        """When it counts as stuck, if nothing comes any more, on the loop's clock; lost time does not count."""
        since, limit_s = (self._last, self._stall_s) if self._heard else (self._began, self._startup_s)
        return None if limit_s is None else since + limit_s + self._frozen.lost_s() - self._lost_s

    def _look_at(self, when: float | None) -> None:
        self._timer = None if when is None else self._loop.call_at(when, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        touches = _touches(self._folders)
        if touches != self._touches:
            self._heard = True
            silent_s = time.time() - touches.last_at
            if not 0 <= silent_s <= now - self._looked_at:
                silent_s = 0.0  # the clock was set anew: at the latest it was just now
            if now - silent_s > self._last:
                lost_s = self._frozen.lost_s()
                self._last = now - silent_s
                self._lost_s = max(self._lost_s, lost_s - silent_s)  # what was lost of the silence since
        self._looked_at, self._touches = now, touches
        deadline = self._deadline()
        if deadline is None or deadline > now:
            self._look_at(deadline)
        elif not self.stalled.done():
            silent_s = now - (self._last if self._heard else self._began) - (self._frozen.lost_s() - self._lost_s)
            since, limit = ("for", "stall_timeout") if self._heard else ("since its start,", "startup_timeout")
            self.stalled.set_result(f"nothing printed and no file touched {since} {silent_s:.0f} s (`{limit}`)")


class _Touches(NamedTuple):
    """When files were changed."""

    last_at: float
    """Clock time of the last change."""
    all_at: int
    """Of all changes together: another number after any other."""


def _touches(folders: tuple[Path, ...]) -> _Touches:
    """The changes of files in the folders; only some are looked at where there are very many."""
    latest, together = 0.0, 0
    for status in itertools.islice(_statuses(folders), _MOST_FILES):
        latest = max(latest, status.st_mtime)
        together ^= hash((status.st_ino, status.st_mtime_ns))
    return _Touches(latest, together)


def _statuses(folders: tuple[Path, ...]) -> Iterator[os.stat_result]:
    """Of the folders and of everything in them, but for what is deleted meanwhile."""
    left = [str(folder) for folder in folders]
    while left:
        folder = left.pop()
        with contextlib.suppress(OSError):
            yield os.stat(folder, follow_symlinks=False)
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        left.append(entry.path)
                        continue
                    with contextlib.suppress(OSError):
                        yield entry.stat(follow_symlinks=False)
