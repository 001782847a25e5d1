"""Whether a store is sound: looked at without changing anything of it."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from supervisor.store.database import (
    BUSY_S,
    SCHEMA_FILE,
    SCHEMA_VERSION,
    Database,
    bring_to_version,
    is_blank,
    is_damage,
)
from supervisor.store.tables import session_totals
from supervisor.store.transaction import Transaction

_SAID = 3
_COUNTED = {"items": "item_counts", "batches": "batch_counts"}


def open_read_only(path: Path) -> Database:
    """Open a store for looking at it: neither the file nor its log changes, whatever state they are in."""
    # Without a log nobody writes; looked at in the usual way, SQLite would make an empty one.
    plainly = "" if Path(f"{path}-wal").exists() else "&immutable=1"
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro{plainly}", uri=True, timeout=BUSY_S, isolation_level=None
    )
    connection.row_factory = sqlite3.Row
    return Database(connection, path)


def open_current(path: Path) -> Database:
    """The same for reading its rows as this version names them: of an earlier schema, a copy brought up to date."""
    database = open_read_only(path)
    try:
        if not 0 < database.value("PRAGMA user_version") < SCHEMA_VERSION:
            return database
        copy = Database(sqlite3.connect("", isolation_level=None), path)  # a file without a name, which goes with it
        copy.connection.row_factory = sqlite3.Row
        database.connection.backup(copy.connection)
        bring_to_version(copy)
    except BaseException:
        database.close()
        raise
    database.close()
    return copy


def is_empty(path: Path) -> bool:
    """Whether a store was never filled, or lost everything: no tables, no version."""
    if is_blank(path):
        return True
    database = open_read_only(path)
    try:
        return not database.value("PRAGMA user_version") and not database.value("SELECT count(*) FROM sqlite_master")
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return False
    finally:
        database.close()


def integrity_errors(database: Database, *, thorough: bool = False) -> list[str]:
    """What is wrong with the pages of a store and with what belongs into it; `thorough` compares all indices too."""
    try:
        check = "integrity_check" if thorough else "quick_check"
        said = [line for row in database.rows(f"PRAGMA {check}({_SAID})") for line in str(row[0]).splitlines()]
        found = [line for line in said if line != "ok" and not line.startswith("***")][:_SAID]
        if database.value("PRAGMA user_version") == SCHEMA_VERSION:
            there = {row[0] for row in database.rows("SELECT name FROM sqlite_master")}
            found += [f"{name} is missing" for name in _names() if name not in there]
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return [str(error)]
    return found


def wrong_counters(database: Database, *, thorough: bool = True) -> list[str]:
    """Counters that disagree with the rows that they count; `thorough` looks also at those that no work hangs on."""
    found: list[str] = []
    for table, counters in _COUNTED.items():
        rows = database.rows(
            f"SELECT job, phase, status, sum(n) AS n, sum(said) AS said FROM"
            f" (SELECT job, phase, status, count(*) AS n, 0 AS said FROM {table} GROUP BY job, phase, status"
            f" UNION ALL SELECT job, phase, status, 0, n FROM {counters})"
            " GROUP BY job, phase, status HAVING sum(n) <> sum(said)"
        )
        found += [
            f"job {row['job']} phase {row['phase']}: {row['said']} {table} are counted as {row['status']},"
            f" there are {row['n']}"
            for row in rows
        ]
    if thorough and database.value("PRAGMA user_version") == SCHEMA_VERSION:
        found += session_totals.wrong(database)
    return found


def count_anew(transaction: Transaction) -> None:
    """Make the counters from the rows."""
    for table, counters in _COUNTED.items():
        transaction.execute(f"DELETE FROM {counters}")
        transaction.execute(
            f"INSERT INTO {counters} SELECT job, phase, status, count(*) FROM {table} GROUP BY job, phase, status"
        )
    session_totals.count_anew(transaction)


def _names() -> list[str]:
    """What the schema makes by name."""
    return re.findall(r"^CREATE (?:TABLE|TRIGGER|(?:UNIQUE )?INDEX) (\w+)", SCHEMA_FILE.read_text("utf-8"), re.M)
