"""A store with jobs that were submitted with a webhook, and access to it from an event loop."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from supervisor.model.job import JobOptions
from supervisor.model.pipeline import Phase, Pipeline
from supervisor.store.database import Database, open_store
from supervisor.store.tables import jobs, submissions, webhook_deliveries
from supervisor.store.tables.webhook_deliveries import Delivery
from supervisor.store.transaction import Transaction

T = TypeVar("T")
OWNER = "alice-app"
KEY = bytes(range(32))
PAYLOAD = '{"type":"job.completed","data":{"city":"Zürich"}}'
PIPELINE = Pipeline(
    name="facts",
    collection="facts",
    phases=(Phase(id=1, name="facts", items="items.json", intelligence="how.md", output="facts.json"),),
)


def submitted(database: Database, target: str, url: str | None, status: str = "running") -> int:
    """A job that a client submitted."""
    with database.transaction() as transaction:
        job = jobs.add(transaction, PIPELINE, target, JobOptions(agent="mine"), None)
        submissions.add(
            transaction,
            submissions.Submission(job=job, owner=OWNER, input={}, webhook_url=url, request_hash=target),
        )
        jobs.set_status(transaction, job, status)
    return job


def ended(database: Database, target: str, url: str, status: str = "completed", detail: str = "") -> Delivery:
    """The message of a job that a client submitted, and that ended."""
    job = submitted(database, target, url)
    with database.transaction() as transaction:
        jobs.set_status(transaction, job, status, detail)
    (message,) = webhook_deliveries.of_job(database, job)
    return message


def job_with_messages(path: Path, *urls: str) -> list[Delivery]:
    """A new store, if there is none, with a job that ended for each URL."""
    database = open_store(path, create=True)
    before = len(jobs.all_jobs(database))
    made = [ended(database, f"t{before + n}", url) for n, url in enumerate(urls)]
    database.close()
    return made


def message(url: str, payload: str = PAYLOAD) -> Delivery:
    """One that is to be sent for the first time."""
    return Delivery(
        id="msg_1",
        job=1,
        owner=OWNER,
        url=url,
        host="",
        payload=payload,
        made_at=0.0,
        next_try=0.0,
        attempts=0,
        delivered_at=None,
        last_result="",
    )


class Access:
    """Reads and writes in a thread; a test can wait until that was done."""

    def __init__(self, path: Path, faults: int = 0) -> None:
        """`faults`: how many of the first writes fail."""
        self._path = path
        self._faults = faults
        self._thread = ThreadPoolExecutor(1)
        self._looked: asyncio.Queue[None] = asyncio.Queue()
        self._wrote: asyncio.Queue[None] = asyncio.Queue()

    async def read(self, look: Callable[[Database], T]) -> T:
        found = await asyncio.get_running_loop().run_in_executor(self._thread, self._with, look)
        self._looked.put_nowait(None)
        return found

    async def write(self, change: Callable[[Transaction], T]) -> T:
        if self._faults:
            self._faults -= 1
            raise sqlite3.OperationalError("disk I/O error")

        def inside(database: Database) -> T:
            with database.transaction() as transaction:
                return change(transaction)

        made = await asyncio.get_running_loop().run_in_executor(self._thread, self._with, inside)
        self._wrote.put_nowait(None)
        return made

    async def looked(self, times: int = 1) -> None:
        """Until the store was looked at so many times more from now on."""
        while not self._looked.empty():
            self._looked.get_nowait()
        for _ in range(times):
            await asyncio.wait_for(self._looked.get(), 60)

    async def wrote(self) -> None:
        """Until the next change, each counted once."""
        await asyncio.wait_for(self._wrote.get(), 60)

    async def message(self, job: int) -> Delivery:
        """The last message of a job."""
        found: list[Delivery] = await asyncio.get_running_loop().run_in_executor(
            self._thread, self._with, lambda database: webhook_deliveries.of_job(database, job)
        )
        return found[-1]

    def _with(self, do: Callable[[Database], T]) -> T:
        database = open_store(self._path)
        try:
            return do(database)
        finally:
            database.close()


def one_message(tmp_path: Path, url: str) -> tuple[Access, Delivery]:
    """A new store, if there is none, with one more message in it."""
    (made,) = job_with_messages(tmp_path / "store.sqlite", url)
    return Access(tmp_path / "store.sqlite"), made
