"""The store for code on an event loop: reads in threads, and writes that share their commits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from supervisor.store.database import Database, open_store
from supervisor.store.transaction import Transaction

_READERS = 4
_T = TypeVar("_T")
_Change = tuple[Callable[[Transaction], Any], "asyncio.Future[Any]"]


class AsyncDatabase:
    """Connections of one process to one store. Everything that it is given to do runs in a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._of_thread = threading.local()
        self._opened: list[Database] = []
        self._opening = threading.Lock()
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-read")
        self._watcher = ThreadPoolExecutor(1, thread_name_prefix="store-watch")
        self._seen = -1
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._waiting: list[_Change] = []
        self._committing = False
        self._task: asyncio.Task[None] | None = None

    async def read(self, look: Callable[[Database], _T]) -> _T:
        """What `look` finds; it sees one state of the store."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, look)

    async def look_for_news(self, look: Callable[[Database], _T]) -> _T | None:
        """The same, if the store changed since this was asked last; None where it did not."""
        return await asyncio.get_running_loop().run_in_executor(self._watcher, self._look_for_news, look)

    async def write(self, change: Callable[[Transaction], _T]) -> _T:
        """What `change` returns, once it is on the disk, and whoever works on the project was told.

        Its transaction is one that changes that come at the same moment share: each commit waits for the disk.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[_T] = loop.create_future()
        self._waiting.append((change, done))
        if not self._committing:
            self._committing = True
            self._task = loop.create_task(self._commit_waiting())
        return await done

    async def call(self, work: Callable[[Database], _T]) -> _T:
        """What `work` returns, which makes its transactions itself."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, lambda: work(self._database()))

    def close(self) -> None:
        """End the threads and close the connections."""
        for threads in (self._readers, self._watcher, self._writer):
            threads.shutdown(wait=True)
        for database in self._opened:
            database.close()

    def another(self) -> Database:
        """One more connection, which lasts as long as these."""
        made = open_store(self._path, shared=True)
        with self._opening:
            self._opened.append(made)
        return made

    def _database(self) -> Database:
        found: Database | None = getattr(self._of_thread, "database", None)
        if found is None:
            found = self._of_thread.database = self.another()
        return found

    def _read(self, look: Callable[[Database], _T]) -> _T:
        database = self._database()
        database.execute("BEGIN")
        try:
            return look(database)
        finally:
            database.execute("ROLLBACK")

    def _look_for_news(self, look: Callable[[Database], _T]) -> _T | None:
        version = self._database().data_version()
        if version == self._seen:
            return None
        self._seen = version
        return self._read(look)

    async def _commit_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                changes, self._waiting = self._waiting, []
                try:
                    results = await loop.run_in_executor(self._writer, self._commit, [each for each, _ in changes])
                except Exception as error:
                    results = [error] * len(changes)
                for (_, done), result in zip(changes, results, strict=True):
                    if done.done():
                        continue  # who asked for it is gone; it was done all the same
                    if isinstance(result, Exception):
                        done.set_exception(result)
                    else:
                        done.set_result(result)
        finally:
            self._committing = False

    def _commit(self, changes: list[Callable[[Transaction], Any]]) -> list[Any]:
        """Make changes in one transaction; one that fails leaves the others alone, and its error is its result."""
        database = self._database()
        results: list[Any] = []
        with database.transaction(prompt=True) as transaction:
            for change in changes:
                transaction.execute("SAVEPOINT one")
                try:
                    results.append(change(transaction))
                except Exception as error:
                    transaction.execute("ROLLBACK TO one")
                    results.append(error)
                transaction.execute("RELEASE one")
        database.ring()
        return results
