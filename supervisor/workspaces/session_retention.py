"""Deletes the folders of sessions that passed, a settable while after they ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from supervisor.host.machine_errors import ignore_machine_errors
from supervisor.store.database import Database
from supervisor.store.tables import attempts
from supervisor.workspaces.workspace_provider import WorkspaceProvider

LOOK_EVERY_S = 3600.0


class SessionRetention:
    """Of one project. Folders of sessions that failed are kept."""

    def __init__(
        self, workspaces: WorkspaceProvider, database: Database, keep_s: float, now: Callable[[], float]
    ) -> None:
        self._workspaces = workspaces
        self._database = database
        self._keep_s = keep_s
        self._now = now

    async def run(self) -> None:
        """Look now and then, until it is cancelled; what the machine does not let is left for the next time."""
        while True:
            with ignore_machine_errors():
                await self.delete_expired()
            await asyncio.sleep(LOOK_EVERY_S)

    async def delete_expired(self) -> None:
        """Delete what has been kept long enough; what cannot be deleted is tried again when this is called again."""
        while names := attempts.expired(self._database, self._now() - self._keep_s):
            gone = [name for name in names if await self._remove(name)]
            attempts.forget_files(self._database, gone)
            if not gone:
                return

    async def _remove(self, name: str) -> bool:
        with ignore_machine_errors():  # the others are deleted nevertheless
            return await asyncio.to_thread(self._workspaces.remove, name)
        return False
