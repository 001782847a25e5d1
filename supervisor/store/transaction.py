"""Who reads the store takes a `StoreReader`, who changes it a `Transaction`: so nothing of a change is done alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

Parameters = tuple[Any, ...] | dict[str, Any]


class StoreReader:
    """Queries of one connection: inside a transaction of it they see what that has changed so far."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def rows(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self._run(sql, parameters).fetchall()

    def each_row(self, sql: str, parameters: Parameters = ()) -> Iterator[sqlite3.Row]:
        """The rows of a query one by one, of which there may be more than memory holds."""
        yield from self._run(sql, parameters)

    def row(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """The first row of a query."""
        found: sqlite3.Row | None = self._run(sql, parameters).fetchone()
        return found

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """The first column of the first row; None where there is none."""
        found = self._run(sql, parameters).fetchone()
        return None if found is None else found[0]

    def _run(self, sql: str, parameters: Parameters) -> sqlite3.Cursor:
        try:
            return self.connection.execute(sql, parameters)
        except UnicodeDecodeError as error:  # SQLite names what is damaged by its damaged name
            raise sqlite3.DatabaseError(f"what is damaged could not decode to UTF-8: {error.object!r}") from error


class Transaction(StoreReader):
    """A change of the store under way: all of it comes to be, or nothing. `Database.transaction` makes one."""

    def execute(self, sql: str, parameters: Parameters = ()) -> sqlite3.Cursor:
        """Run a statement that changes something."""
        return self._run(sql, parameters)

    def execute_many(self, sql: str, each: Iterable[Parameters]) -> None:
        """Run a statement that changes something, for each of many parameters."""
        self.connection.executemany(sql, each)
