"""Has the project's daemon run while there is work for it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress

from loguru import logger

from supervisor.errors import SupervisorError
from supervisor.lifecycle import daemon
from supervisor.project.project import Project
from supervisor.project.project_lock import LockOwner, lock_owner
from supervisor.store.async_database import AsyncDatabase
from supervisor.store.tables import jobs

LOOK_S = 5.0
"""How often it is looked whether a daemon died that had work left."""
_GATHERED_S = 0.1
"""How long news are gathered after a look, since many come at once."""


class DaemonLauncher:
    """Starts a daemon when a job was queued and none is there."""

    def __init__(self, project: Project, store: AsyncDatabase) -> None:
        self._project = project
        self._store = store
        self._news = asyncio.Event()
        self._said = ""

    def queued(self) -> None:
        """There is work."""
        self._news.set()

    async def run(self) -> None:
        """Look at each news, and now and then."""
        while True:
            self._news.clear()
            await self.look()
            await asyncio.sleep(_GATHERED_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._news.wait()

    async def look(self) -> None:
        """Start a daemon if there is work and nobody to do it."""
        try:
            if await self.work_is_left() and self.holder() is None:
                await asyncio.to_thread(daemon.ensure, self._project)
            self._said = ""
        except (SupervisorError, OSError, sqlite3.Error) as error:
            text = error.in_one_line() if isinstance(error, SupervisorError) else str(error)
            if text != self._said:
                logger.warning("no daemon works on the project: {}", text)
                self._said = text

    async def work_is_left(self) -> bool:
        """Whether a job is queued, or was being worked on."""
        return await self._store.read(jobs.any_open)

    def holder(self) -> LockOwner | None:
        """Who works on the project now."""
        return lock_owner(self._project)
