"""Taking what can be read of a damaged store into a new one, row by row, and putting right what does not fit then."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args

from pydantic import ValidationError as ModelError

from supervisor.model import session_name
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.job import BatchStatus, JobOptions, JobStatus
from supervisor.store.database import open_store
from supervisor.store.integrity import earlier_names
from supervisor.store.tables import attempts, items, session_totals
from supervisor.store.transaction import Transaction
from supervisor.text import content_hash

_TABLES = (
    "jobs",
    "phases",
    "instructions",
    "batches",
    "items",
    "expansions",
    "attempts",
    "agent_cooldowns",
    "events",
    "pipeline_versions",
    "api_clients",
    "submissions",
    "webhook_deliveries",
)
_JSON = {
    "jobs": ("options",),
    "items": ("payload", "value", "errors"),
    "attempts": ("item_ids", "errors", "handle", "mended"),
    "events": ("data",),
    "pipeline_versions": ("files",),
    "submissions": ("input",),
    "webhook_deliveries": ("payload",),
}
_STATES = {
    "jobs": ("status", get_args(JobStatus)),
    "batches": ("status", get_args(BatchStatus)),
    "items": ("status", items.STATES),
    "attempts": ("outcome", ("running", *get_args(attempts.Outcome))),
}
_TYPES: dict[str, tuple[type, ...]] = {"INTEGER": (int,), "REAL": (int, float), "TEXT": (str,)}
_KEYS_OF_ITEMS = (
    "SELECT job, phase, id FROM items INDEXED BY items_in_order ORDER BY job, phase, position",
    "SELECT job, phase, id FROM items INDEXED BY items_in_order ORDER BY job DESC, phase DESC, position DESC",
)
"""An index has the keys of rows that stand on a page that cannot be read, or cannot be reached from above."""
_STOP_REQUESTS = ("stop", "cancel")
_INTERIOR = 5
"""Kind of a page that names others."""
_MOST_NUMBERS = 200_000
"""Row numbers that are tried one by one."""


_Taker = Callable[[tuple[Any, ...]], None]


class Salvaged(FrozenModel):
    """What was read of one table."""

    table: str
    read: int
    """Rows that could be used."""
    bad: int
    """Rows that had something in them that cannot be: left out, or used without it."""
    missing: int
    """Rows that were counted and not found, as far as the counters could be read."""
    whole: bool
    """Whether the table could be read from end to end."""


class _Column(NamedTuple):
    name: str
    type: str
    required: bool
    key: int
    read_as: str
    """What stands for it in a store of an earlier schema."""


def salvage(damaged: Path, new: Transaction) -> list[Salvaged]:
    """Copy what can be read of a store into a new one. Nobody may have it open.

    Pages are reached from both ends of each table, rows in between by their keys: what is on a damaged page is lost.
    """
    old = _open_damaged(damaged)
    if not _columns(old, "jobs"):
        old.close()
        _lend_schema(damaged)
        old = _open_damaged(damaged)
    found: list[Salvaged] = []
    try:
        for table in _TABLES:
            there = _columns(old, table)
            columns = [
                column._replace(read_as=there[name].read_as)
                for name, column in _columns(new.connection, table).items()
                if name in there
            ]
            if columns:
                found.append(_copy(old, new, table, columns))
    finally:
        old.close()
    _put_right(new, items_whole=any(each.table == "items" and each.whole for each in found))
    return found


def bad_rows(store: Path) -> dict[str, int]:
    """Table to the number of its rows that have something in them that cannot be."""
    connection = _open_damaged(store, immutable=False)
    found: dict[str, int] = {}
    try:
        for table in _TABLES:
            columns = list(_columns(connection, table).values())
            if not columns:
                continue  # an earlier schema has no such table
            rows = connection.execute(_select(connection, table, columns))
            bad = sum(1 for raw in rows if _as_row(table, columns, raw)[1])
            if bad:
                found[table] = bad
    finally:
        connection.close()
    return found


def _open_damaged(path: Path, *, immutable: bool = True) -> sqlite3.Connection:
    plainly = "&immutable=1" if immutable or not Path(f"{path}-wal").exists() else ""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro{plainly}", uri=True, isolation_level=None)
    connection.text_factory = bytes  # what is no UTF-8 is to be found out row by row
    connection.execute("PRAGMA writable_schema = ON")  # else a store that is shorter than it says cannot be read at all
    return connection


def _lend_schema(damaged: Path) -> None:
    """Give a store whose schema cannot be read the pages that a new store has of it, where rows can be read with them.

    A schema lays out its tables in the same way each time; that of a store of an earlier schema was another, and what
    is read of it by mistake is no row of the table.
    """
    fresh = damaged.with_name("fresh.sqlite")
    open_store(fresh, create=True).close()
    new = fresh.read_bytes()
    fresh.unlink()
    size = int.from_bytes(new[16:18], "big")
    pages = [new[start : start + size] for start in range(0, len(new), size)]
    before = damaged.read_bytes()
    lent = _schema_pages(pages[0])
    with open(damaged, "r+b") as file:
        for number in lent:
            file.seek((number - 1) * size)
            file.write(pages[number - 1])
        file.seek(28)
        file.write(max(len(before) // size, *lent).to_bytes(4, "big"))
    connection = _open_damaged(damaged)
    readable = any(_readable(connection, table) for table in _TABLES)
    connection.close()
    if not readable:
        damaged.write_bytes(before)


def _readable(connection: sqlite3.Connection, table: str) -> bool:
    """Whether there is a row of a table that can be used."""
    columns = list(_columns(connection, table).values())
    found: list[tuple[Any, ...]] = []
    _until_damage(connection, _select(connection, table, columns), found.append)
    return any(_as_row(table, columns, raw)[0] for raw in found)


def _schema_pages(first: bytes) -> list[int]:
    """Numbers of the pages that hold the schema, from the first page of a store; the schema is at most two levels deep.

    The layout is that of https://www.sqlite.org/fileformat2.html#b_tree_pages.
    """
    if first[100] != _INTERIOR:
        return [1]
    cells = [int.from_bytes(first[112 + 2 * n :][:2], "big") for n in range(int.from_bytes(first[103:105], "big"))]
    return [1, *(int.from_bytes(first[cell:][:4], "big") for cell in cells), int.from_bytes(first[108:112], "big")]


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, _Column]:
    """Name of today to each column that there is of a table; none where it is not there."""
    found: dict[str, _Column] = {}
    for row in _table_info(connection, table) or _table_info(connection, earlier_names.TABLES.get(table, table)):
        _, read_as, kind, required, _, key = map(_text, row)
        name = earlier_names.COLUMNS.get((table, read_as), read_as)
        found[name] = _Column(name, kind, bool(required or key), key, read_as)
    if table == "attempts" and "pid" in found and "handle" not in found:
        found["handle"] = _Column("handle", "TEXT", required=False, key=0, read_as=earlier_names.HANDLE)
    return found


def _table_info(connection: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    try:
        return connection.execute(f"PRAGMA table_info({table})").fetchall()
    except sqlite3.DatabaseError:
        return []


def _select(connection: sqlite3.Connection, table: str, columns: Sequence[_Column]) -> str:
    """SQL for all rows of a table, in a store of this schema or an earlier one."""
    there = table if _table_info(connection, table) else earlier_names.TABLES.get(table, table)
    return f"SELECT {', '.join(column.read_as for column in columns)} FROM {there}"


def _copy(old: sqlite3.Connection, new: Transaction, table: str, columns: Sequence[_Column]) -> Salvaged:
    names = ", ".join(column.name for column in columns)
    key = [column.name for column in sorted(columns, key=lambda column: column.key) if column.key]
    places = [[column.name for column in columns].index(name) for name in key]
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"
    seen: set[tuple[Any, ...]] = set()
    read = bad = 0

    def take(raw: tuple[Any, ...]) -> None:
        nonlocal read, bad
        mark = tuple(raw[place] for place in places)
        if mark in seen:
            return
        seen.add(mark)
        row, garbled = _as_row(table, columns, raw)
        bad += garbled
        if row is not None:
            read += max(0, new.connection.execute(insert, row).rowcount)

    rows = _select(old, table, columns)
    walk = f"{rows} ORDER BY"
    whole = _until_damage(old, f"{walk} {', '.join(key)}", take)
    if not whole:
        _until_damage(old, f"{walk} {', '.join(f'{name} DESC' for name in key)}", take)
        one = f"{rows} WHERE {' AND '.join(f'{name} = ?' for name in key)}"
        for mark in [mark for mark in _keys(old, table, seen) if mark not in seen]:
            _until_damage(old, one, take, tuple(_text(part) for part in mark))
    missing = max(0, _counted(old, table) - read - bad)
    return Salvaged(table=table, read=read, bad=bad, missing=missing, whole=whole)


def _until_damage(old: sqlite3.Connection, sql: str, take: _Taker, parameters: tuple[Any, ...] = ()) -> bool:
    """Take a query's rows as far as they can be read; whether that was all."""
    try:
        cursor = old.execute(sql, parameters)
    except sqlite3.DatabaseError:
        return False
    while True:
        try:
            row = cursor.fetchone()
        except sqlite3.DatabaseError:
            return False
        if row is None:
            return True
        take(row)


def _keys(old: sqlite3.Connection, table: str, seen: set[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Keys of rows that there may be besides those that were seen."""
    if table == "items":
        for sql in _KEYS_OF_ITEMS:
            found: list[tuple[Any, ...]] = []
            _until_damage(old, sql, found.append)
            yield from found
    elif table in ("jobs", "batches", "attempts", "events", "submissions"):
        numbers = [mark[0] for mark in seen if isinstance(mark[0], int)]
        yield from ((number,) for number in range(1, min(max(numbers, default=0) + 1000, _MOST_NUMBERS)))


def _counted(old: sqlite3.Connection, table: str) -> int:
    counters = {"items": "item_counts", "batches": "batch_counts"}.get(table)
    if counters is None:
        return 0
    total: list[tuple[Any, ...]] = []
    _until_damage(old, f"SELECT coalesce(sum(n), 0) FROM {counters}", total.append)
    return int(total[0][0]) if total and isinstance(total[0][0], int) else 0


def _as_row(table: str, columns: Sequence[_Column], raw: Sequence[Any]) -> tuple[tuple[Any, ...] | None, bool]:
    """The row as it can be used, None where it cannot, and whether something in it cannot be."""
    row: dict[str, Any] = {}
    bad = False
    for column, cell in zip(columns, raw, strict=True):
        try:
            value = _checked(table, column, cell)
        except ValueError:
            bad = True
            if column.required:
                return None, True
            value = None
        row[column.name] = value
    if table == "items" and row.get("payload") is not None:
        digest = content_hash.digest(json.loads(row["payload"]))
        bad = bad or row["digest"] != digest
        row["digest"] = digest
    return tuple(row.values()), bad


def _text(part: Any) -> Any:
    return part.decode("utf-8", "replace") if isinstance(part, bytes) else part


def _checked(table: str, column: _Column, cell: Any) -> Any:
    """A cell's value; ValueError where it cannot be."""
    value: Any = cell.decode("utf-8") if isinstance(cell, bytes) else cell
    value = earlier_names.STATES.get((table, column.name), {}).get(value, value)
    if value is None:
        if column.required:
            raise ValueError("it is missing")
        return None
    if not isinstance(value, _TYPES.get(column.type, (object,))):
        raise ValueError("it has another type")
    if column.name in _JSON.get(table, ()):
        json.loads(str(value))
    if table == "jobs" and column.name == "options":
        return _options(str(value))
    if table == "jobs" and column.name == "stop_request" and value not in _STOP_REQUESTS:
        raise ValueError("there is no such request")
    state, known = _STATES.get(table, ("", ()))
    if column.name == state and value not in known:
        raise ValueError("there is no such state")
    return value


def _options(text: str) -> str:
    """A job's options, without those of which the name or the value cannot be; ValueError where it has no agent."""
    found: dict[str, Any] = {}
    told = json.loads(text)
    for name, value in told.items() if isinstance(told, dict) else ():
        with contextlib.suppress(ModelError):
            JobOptions.model_validate({"agent": "any", **found, name: value})
            found[name] = value
    return JobOptions.model_validate(found).model_dump_json()


def _put_right(new: Transaction, *, items_whole: bool) -> None:
    """Bring rows together again of which some are missing: what is not known is read, expanded and done anew."""
    if items_whole:
        _number_batches_again(new)
    else:
        # Their sessions are found again by their folders, and their answers with them; so are those of single items.
        new.execute("DELETE FROM batches WHERE id NOT IN (SELECT batch FROM items WHERE batch IS NOT NULL)")
    new.execute(
        "DELETE FROM attempts WHERE workspace_kept AND EXISTS (SELECT 1 FROM json_each(item_ids) a WHERE NOT EXISTS"
        " (SELECT 1 FROM items i WHERE (i.job, i.phase, i.id) = (attempts.job, attempts.phase, a.value)))"
    )
    # Without its value an item is not merged, without its content not known; without its batch it waits for another.
    again = "UPDATE items SET status = 'waiting', batch = NULL, seq = NULL, instructions_version = NULL"
    new.execute(f"{again} WHERE status IN ('merged', 'passed') AND value IS NULL")
    new.execute(f"{again}, digest = '' WHERE status IN ('waiting', 'passed') AND payload IS NULL")
    new.execute(
        f"UPDATE items SET batch = NULL WHERE batch NOT IN (SELECT id FROM batches) OR (status IN {items.IN_WORK}"
        " AND batch IN (SELECT id FROM batches WHERE status IN ('done', 'failed')))"
    )
    new.execute("DELETE FROM attempts WHERE batch NOT IN (SELECT id FROM batches)")
    new.execute(
        "INSERT OR IGNORE INTO instructions SELECT DISTINCT job, phase, instructions_version, '' FROM items"
        " WHERE instructions_version IS NOT NULL"
    )
    # Every item's source is looked at again, since items may be missing that it says are there.
    new.execute("DELETE FROM expansions")
    new.execute("UPDATE phases SET source = NULL, expanded = 0, expanded_to = 0")
    new.execute(
        "UPDATE phases SET next_seq = 1 + max(next_seq, 1 + coalesce("  # so that main files are written anew
        "(SELECT max(seq) FROM items i WHERE i.job = phases.job AND i.phase = phases.phase), 0))"
    )
    new.execute(
        "UPDATE jobs SET status = 'stopped', detail = 'its store was damaged and mended' WHERE superseded_at IS NULL"
        f" AND id IN (SELECT job FROM items WHERE status IN {items.IN_WORK})"
    )
    session_totals.count_anew(new)


def _number_batches_again(new: Transaction) -> None:
    """Give batches that were not found, and that sessions name, their rows."""
    found = new.rows("SELECT * FROM attempts WHERE batch NOT IN (SELECT id FROM batches) GROUP BY batch")
    for row in found:
        named = session_name.SESSION_NAME.fullmatch(row["name"])
        if named is not None:
            new.execute(
                "INSERT OR IGNORE INTO batches (id, job, phase, number, size, status, ended_at) SELECT ?, ?, ?, ?,"
                f" count(*), CASE WHEN sum(status IN {items.IN_WORK}) THEN 'pending'"
                " WHEN sum(status = 'quarantined') THEN 'failed' ELSE 'done' END, ? FROM items WHERE batch = ?",
                (row["batch"], row["job"], row["phase"], int(named[3]), row["ended_at"], row["batch"]),
            )
