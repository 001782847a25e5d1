"""Who reads the store takes a `StoreReader`, who changes it a `Transaction`: so nothing of a change is done alone."""

from __future__ import annotations

import sqlite3
from typing import Any


class StoreReader:
    """Queries of one connection: inside a transaction of it they see what that has changed so far."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def execute(self, sql: str, parameters: tuple[Any, ...] | dict[str, Any] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        try:
            return self.connection.execute(sql, parameters)
        except UnicodeDecodeError as error:  # SQLite names what is damaged by its damaged name
            raise sqlite3.DatabaseError(f"what is damaged could not decode to UTF-8: {error.object!r}") from error

    def rows(self, sql: str, parameters: tuple[Any, ...] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: tuple[Any, ...] | dict[str, Any] = ()) -> sqlite3.Row | None:
        """The first row of a query."""
        found: sqlite3.Row | None = self.execute(sql, parameters).fetchone()
        return found

    def value(self, sql: str, parameters: tuple[Any, ...] | dict[str, Any] = ()) -> Any:
        """The first column of the first row; None where there is none."""
        found = self.execute(sql, parameters).fetchone()
        return None if found is None else found[0]


class Transaction(StoreReader):
    """A change of the store under way: all of it comes to be, or nothing. `Database.transaction` makes one."""
