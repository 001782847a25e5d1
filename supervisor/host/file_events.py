"""News of changes in folders: inotify where there is one, a look every second where there is none."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from loguru import logger

LOOK_EVERY_S = 1.0

Listener = Callable[[str], None]
"""Called with the name of a file that was made, closed after writing, or renamed into place."""


class FileEvents(Protocol):
    """Tells listeners which files of their folders were written."""

    description: str
    """How it is told, for `doctor` and the log."""

    def listen(self, folder: Path, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of files in `folder` until the returned function is called."""
        ...

    def close(self) -> None:
        """Stop telling anybody."""
        ...


def file_events() -> FileEvents:
    """The best way there is here."""
    try:
        return InotifyEvents()
    except (ImportError, AttributeError):
        return PollingEvents("there are no file events here")
    except OSError as error:
        remedy = "; `sysctl fs.inotify.max_user_instances=1024` makes room" if error.errno == errno.EMFILE else ""
        return PollingEvents(f"no inotify: {error.strerror}{remedy}")


class InotifyEvents:
    """One inotify instance for all folders, since a user may have few instances (128) but many watches."""

    description = "inotify"

    def __init__(self) -> None:
        from asyncinotify import Inotify, Mask

        self._inotify = Inotify(cache_size=64)
        self._mask = Mask.CREATE | Mask.CLOSE_WRITE | Mask.MOVED_TO
        self._listeners: dict[int, Listener] = {}
        self._fallback: PollingEvents | None = None
        self._reader: asyncio.Task[None] | None = None

    def listen(self, folder: Path, listener: Listener) -> Callable[[], None]:
        try:
            watch = self._inotify.add_watch(folder, self._mask)
        except OSError as error:
            return self._look_instead(error).listen(folder, listener)
        self._listeners[watch.wd] = listener
        if self._reader is None:
            self._reader = asyncio.get_running_loop().create_task(self._read())

        def stop() -> None:
            if self._listeners.pop(watch.wd, None) is not None:
                with contextlib.suppress(OSError):
                    self._inotify.rm_watch(watch)

        return stop

    def _look_instead(self, error: OSError) -> PollingEvents:
        if self._fallback is None:
            self._fallback = PollingEvents(f"no inotify watch: {error.strerror}")
            if error.errno == errno.ENOSPC:
                logger.warning(
                    "this user has no more inotify watches: some sessions are looked at once a second;"
                    " a higher `sysctl fs.inotify.max_user_watches` makes room"
                )
        return self._fallback

    async def _read(self) -> None:
        while True:
            event: Any = await self._inotify.get()
            if event.watch is None or event.name is None:
                continue
            listener = self._listeners.get(event.watch.wd)
            if listener is not None:
                listener(str(event.name))

    def close(self) -> None:
        if self._fallback is not None:
            self._fallback.close()
        if self._reader is None:
            self._inotify.close()
        else:
            self._reader.cancel()
            self._reader.add_done_callback(lambda _: self._inotify.close())


class PollingEvents:
    """Compares sizes and times once a second; a file that did not change since the last look counts as closed."""

    def __init__(self, why: str) -> None:
        self.description = f"a look every second ({why})"
        self._tasks: set[asyncio.Task[None]] = set()

    def listen(self, folder: Path, listener: Listener) -> Callable[[], None]:
        task = asyncio.get_running_loop().create_task(self._look(folder, listener, _state(folder)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return lambda: (task.cancel(), None)[1]

    async def _look(self, folder: Path, listener: Listener, seen: dict[str, tuple[int, int]]) -> None:
        settled = dict(seen)
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now = _state(folder)
            for name, state in now.items():
                if seen.get(name) == state != settled.get(name):
                    settled[name] = state
                    listener(name)
            seen = now

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                found[entry.name] = (status.st_size, status.st_mtime_ns)
    return found
