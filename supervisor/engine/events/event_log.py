"""Transactions that say what they did: events are stored with the change they tell of, and announced after it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from supervisor.host.machine_errors import ignore_machine_errors
from supervisor.model.event import Event
from supervisor.store.database import Database
from supervisor.store.tables import events
from supervisor.store.transaction import Transaction
from supervisor.text.plain_text import plain_line

Listener = Callable[[Event], None]


class EventLog:
    """Writes to the store and tells listeners what was written."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._listeners: list[Listener] = []
        self._pending: list[Event] = []

    def subscribe(self, listener: Listener) -> None:
        """Have `listener` called with every event from now on."""
        self._listeners.append(listener)

    @contextlib.contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Transaction]:
        """One change of the store; its events are announced once it is committed."""
        try:
            with self.database.transaction(durable=durable) as transaction:
                yield transaction
        except BaseException:
            self._pending.clear()
            raise
        told, self._pending = self._pending, []
        for event in told:
            for listener in self._listeners:
                with ignore_machine_errors():  # the store has it; a log on a full disk does without
                    listener(event)

    def append(
        self, transaction: Transaction, job: int, kind: str, text: str, *, level: str = "INFO", **data: Any
    ) -> None:
        """Record an event with the change that it tells of: the transaction is one of this log's."""
        self._pending.append(events.record(transaction, job, kind, plain_line(text), level=level, data=data))

    def append_now(self, job: int, kind: str, text: str, *, level: str = "INFO", **data: Any) -> None:
        """Record an event that belongs to no other change."""
        with self.transaction(durable=False) as transaction:
            self.append(transaction, job, kind, text, level=level, **data)
