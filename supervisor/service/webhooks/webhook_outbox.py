"""Delivers webhooks: what is due goes out, and what came of it is written down, until it arrived or is given up.

A message may arrive twice, where this process dies between the answer and the note of it: its id stays the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol, TypeVar

from loguru import logger
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential

from supervisor.errors import StoreError
from supervisor.failpoints import reached
from supervisor.service.webhooks.webhook_sender import Answer
from supervisor.store.database import Database
from supervisor.store.tables import webhook_deliveries
from supervisor.store.tables.webhook_deliveries import Delivery
from supervisor.store.transaction import Transaction

WAITS_S = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 36_000.0)
"""Seconds between a try and the next, about a day in all; after the last a message is given up."""
JITTER = 0.2
"""Part by which a wait may be longer, so that messages that failed together do not come back together."""
AT_ONCE = 16
AT_ONCE_TO_A_HOST = 2
LOOK_S = 2.0
"""Longest sleep: jobs are ended by other processes, which tell nobody, and the clock may be put forward."""
_STORE_WAIT_S = 60.0
"""Longest wait for a store that cannot be read or written at the moment."""

S = TypeVar("S")
T = TypeVar("T")


class Store(Protocol):
    """Access to the store that does not hold up the loop; `write` is inside a durable transaction."""

    async def read(self, look: Callable[[Database], T]) -> T: ...

    async def write(self, change: Callable[[Transaction], T]) -> T: ...


class Sends(Protocol):
    """What tries once: `sending.Sender`."""

    async def send(self, message: Delivery) -> Answer: ...


class WebhookOutbox:
    """Delivers the messages of one store."""

    def __init__(
        self,
        store: Store,
        sender: Sends,
        *,
        now: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`chance` gives numbers from 0 to 1."""
        self._store = store
        self._sender = sender
        self._now = now
        self._chance = chance
        self._told = asyncio.Event()
        self._on_the_way: dict[str, Delivery] = {}

    def news(self) -> None:
        """Say that there may be more to deliver; call it in the loop."""
        self._told.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as tries:
            while True:
                self._told.clear()
                at = self._now()
                found, later = await self._insist(self._store.read, partial(self._due, at, *self._taken()))
                if not self._begin(tries, found):
                    await self._wait(None if later is None else later - at)

    def _taken(self) -> tuple[list[str], list[str]]:
        """Messages that are on the way, and hosts to which no more may be."""
        hosts = [message.host for message in self._on_the_way.values()]
        return list(self._on_the_way), [host for host in set(hosts) if hosts.count(host) >= AT_ONCE_TO_A_HOST]

    @staticmethod
    def _due(
        at: float, besides: list[str], hosts: list[str], database: Database
    ) -> tuple[list[Delivery], float | None]:
        room = AT_ONCE - len(besides)
        found = webhook_deliveries.due(database, at, room, besides=besides, hosts_besides=hosts)
        return found, webhook_deliveries.next_due(database, at)

    def _begin(self, tries: asyncio.TaskGroup, found: list[Delivery]) -> bool:
        """Send what may be sent; whether something was."""
        begun = False
        for message in found:
            if message.host not in self._taken()[1]:
                self._on_the_way[message.id] = message
                tries.create_task(self._deliver(message))
                begun = True
        return begun

    async def _wait(self, seconds: float | None) -> None:
        """Until there is news, or the next message is due."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S if seconds is None else min(seconds, LOOK_S)):
                await self._told.wait()

    async def _deliver(self, message: Delivery) -> None:
        try:
            answer = await self._sender.send(message)
        except Exception:
            logger.exception("webhook {} of job {} could not be tried", message.id, message.job)
            answer = Answer("not sent, by a fault of the supervisor")
        reached("webhook.answered")
        note = self._noted(message, answer)
        await self._insist(self._store.write, note)
        reached("webhook.noted")
        del self._on_the_way[message.id]
        self._told.set()

    def _noted(self, message: Delivery, answer: Answer) -> Callable[[Transaction], None]:
        """What is to be written down of a try."""
        at, tries, said = self._now(), message.attempts + 1, answer.said
        next_try = None
        if not answer.delivered:
            if answer.unwanted or tries > len(WAITS_S):
                said += f"; given up after {tries} {'try' if tries == 1 else 'tries'}"
                logger.warning("webhook {} of job {}: {}", message.id, message.job, said)
            else:
                next_try = at + max(WAITS_S[tries - 1] * (1 + JITTER * self._chance()), answer.wait_s)
        return partial(
            webhook_deliveries.note_try,
            tried=message,
            last_result=said,
            at=at,
            delivered=answer.delivered,
            next_try=next_try,
        )

    async def _insist(self, ask: Callable[[Callable[[S], T]], Awaitable[T]], what: Callable[[S], T]) -> T:
        """Ask the store until it can: a note that is lost would have the message sent again at once."""
        asking = AsyncRetrying(
            retry=retry_if_exception_type((sqlite3.Error, OSError, StoreError)),
            wait=wait_exponential(max=_STORE_WAIT_S),
            before_sleep=_complain,
        )
        return await asking(ask, what)


def _complain(state: RetryCallState) -> None:
    fault = state.outcome.exception() if state.outcome else None
    logger.warning("webhooks wait for the store: {}", fault)
