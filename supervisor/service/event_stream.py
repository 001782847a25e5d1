"""Events of jobs as server-sent events, for any number of listeners, each from where it left off."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import deque
from collections.abc import AsyncIterator
from functools import partial
from itertools import takewhile

from loguru import logger

from supervisor.model.event import Event
from supervisor.store.async_database import AsyncDatabase
from supervisor.store.database import Database
from supervisor.store.tables import events

LOOK_S = 0.2
"""How often the store is asked whether it changed, while anybody listens."""
HEARTBEAT = b": nothing new\n\n"
_KEPT = 1000
_AT_ONCE = 500
_FAULT_S = 1.0


class _Topic:
    """The events of one job that somebody listens to."""

    def __init__(self) -> None:
        self.listeners = 0
        self.last = 0
        """Number of the newest event that is known."""
        self.kept: deque[tuple[int, bytes]] = deque(maxlen=_KEPT)
        self.begins = 0
        """Events after this number are all kept."""
        self.changed = asyncio.Event()

    def since(self, number: int) -> list[tuple[int, bytes]] | None:
        """What came after an event; None where that is not all kept."""
        if number < self.begins:
            return None
        new = list(takewhile(lambda each: each[0] > number, reversed(self.kept)))
        return new[::-1]

    def add(self, found: list[Event]) -> None:
        for event in found:
            if len(self.kept) == _KEPT:
                self.begins = self.kept[0][0]
            self.kept.append((event.id, encoded(event)))
            self.last = event.id
        self.wake()

    def wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


class EventStream:
    """Looks into the store once for all who listen."""

    def __init__(self, store: AsyncDatabase, heartbeat_s: float) -> None:
        """`heartbeat_s`: after so long without an event a listener is told that there is none."""
        self._store = store
        self._heartbeat_s = heartbeat_s
        self._topics: dict[int, _Topic] = {}
        self._looking: asyncio.Task[None] | None = None
        self._more = False
        """Whether the next look is not to wait, nor to ask whether the store changed."""
        self._closed = False

    async def listen(self, job: int, after: int) -> AsyncIterator[bytes]:
        """Events of a job with a higher number than `after`, then those to come, until the service ends."""
        topic = await self._join(job)
        try:
            number = after
            while not self._closed:
                changed = topic.changed
                found = topic.since(number)
                if found is None:
                    found = await self._store.read(partial(_stored, job=job, after=number))
                if found:
                    number = found[-1][0]
                    yield b"".join(data for _, data in found)
                    continue
                try:
                    async with asyncio.timeout(self._heartbeat_s):
                        await changed.wait()
                except TimeoutError:
                    yield HEARTBEAT
        finally:
            topic.listeners -= 1
            if not topic.listeners:
                self._topics.pop(job, None)

    def close(self) -> None:
        """End all streams; who listened comes back with the number of the last event that it got."""
        self._closed = True
        if self._looking is not None:
            self._looking.cancel()
        for topic in self._topics.values():
            topic.wake()

    async def _join(self, job: int) -> _Topic:
        topic = self._topics.get(job)
        if topic is None:
            newest = await self._store.read(lambda database: events.newest(database, job))
            topic = self._topics.setdefault(job, _Topic())
            if not topic.listeners:
                topic.last = topic.begins = max(topic.last, newest)
                self._more = True  # a look may have been made since, which was not for this job
        topic.listeners += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look())
        return topic

    async def _look(self) -> None:
        while self._topics:
            await asyncio.sleep(0 if self._more else LOOK_S)
            asked = {job: topic.last for job, topic in self._topics.items()}
            look = self._store.read if self._more else self._store.look_for_news
            self._more = False
            try:
                found = await look(partial(_news, asked=asked)) or {}
            except sqlite3.Error as error:
                logger.warning("events cannot be read: {}", error)
                await asyncio.sleep(_FAULT_S)
                self._more = True
                continue
            for job, new in found.items():
                if job in self._topics:
                    self._topics[job].add([each for each in new if each.id > self._topics[job].last])
            self._more = self._more or any(len(new) == _AT_ONCE for new in found.values())


def encoded(event: Event) -> bytes:
    """One server-sent event; its id is the event's number in the store."""
    data = json.dumps(event.model_dump(), ensure_ascii=False)  # one line: JSON has no raw line breaks
    return f"id: {event.id}\nevent: {event.kind}\ndata: {data}\n\n".encode()


def _stored(database: Database, job: int, after: int) -> list[tuple[int, bytes]]:
    return [(event.id, encoded(event)) for event in events.after(database, job, after, _AT_ONCE)]


def _news(database: Database, asked: dict[int, int]) -> dict[int, list[Event]]:
    found = {job: events.after(database, job, last, _AT_ONCE) for job, last in asked.items()}
    return {job: each for job, each in found.items() if each}
