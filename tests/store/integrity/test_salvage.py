"""Reading damaged stores: nothing that is read is invented, and what comes of it is sound."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from supervisor.store.database import Database, open_store
from supervisor.store.integrity import integrity_check
from supervisor.store.integrity.salvage import bad_rows, salvage
from supervisor.store.integrity.sqlite_wal import checkpoint_wal, unread_commits
from tests.support.killed_store import COUNT, PAGE, killed_while_open, rows, scratch
from tests.support.property_examples import examples

bounded = examples(12)


def all_of(database: Database, sql: str) -> list[dict[str, Any]]:
    """The rows of a query, in an order of their own."""
    return sorted((dict(row) for row in database.rows(sql)), key=str)


def read_by_sqlite(path: Path, folder: Path) -> bytes:
    """The store as SQLite itself takes its log in."""
    folder.mkdir()
    for each in (path, Path(f"{path}-wal")):
        shutil.copy(each, folder / each.name)
    connection = sqlite3.connect(folder / path.name)
    connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    connection.close()
    return (folder / path.name).read_bytes()


@bounded
@given(st.integers(min_value=1, max_value=40))
def test_an_undamaged_log_is_read_as_sqlite_reads_it(transactions: int) -> None:
    with scratch() as folder, killed_while_open(folder, transactions) as path:
        expected = read_by_sqlite(path, folder / "sqlite")
        assert checkpoint_wal(path, Path(f"{path}-wal")) == 0
        assert path.read_bytes() == expected


@bounded
@given(st.integers(min_value=2, max_value=30), st.floats(min_value=0, max_value=0.999))
def test_of_a_log_that_is_cut_short_the_commits_before_the_cut_are_read_as_sqlite_reads_them(
    transactions: int, where: float
) -> None:
    with scratch() as folder, killed_while_open(folder, transactions) as path:
        log = Path(f"{path}-wal")
        data = log.read_bytes()
        log.write_bytes(data[: 32 + int(where * (len(data) - 32))])
        expected = read_by_sqlite(path, folder / "sqlite")
        checkpoint_wal(path, log)
        assert path.read_bytes() == expected


@bounded
@given(st.integers(min_value=3, max_value=30), st.floats(min_value=0, max_value=0.9), st.integers(0, 7))
def test_of_a_log_with_a_flipped_bit_more_is_read_than_sqlite_reads_and_the_loss_is_known(
    transactions: int, where: float, bit: int
) -> None:
    with scratch() as folder, killed_while_open(folder, transactions) as path:
        whole = read_by_sqlite(path, folder / "whole")
        log = Path(f"{path}-wal")
        data = bytearray(log.read_bytes())
        data[32 + int(where * (len(data) - 32))] ^= 1 << bit
        log.write_bytes(data)
        database = integrity_check.open_read_only(path)
        try:
            database.rows("SELECT * FROM sqlite_master")
            lost = unread_commits(path)
        finally:
            database.close()
        fewer = read_by_sqlite(path, folder / "sqlite")
        assert checkpoint_wal(path, log) <= 2  # a damaged frame, and one whose checksum goes on from it
        assert (lost > 0) == (fewer != whole) or lost == 0  # the commit that ends the log may never have been whole
        assert len(path.read_bytes()) >= len(fewer)


def test_a_store_without_its_first_page_is_read_whole() -> None:
    with scratch() as folder, killed_while_open(folder, 3) as path:
        checkpoint_wal(path, Path(f"{path}-wal"))
        original = rows(path)
        path.write_bytes(bytes(PAGE) + path.read_bytes()[PAGE:])
        new = open_store(folder / "new.sqlite", create=True)
        with new.transaction() as transaction:
            salvage(path, transaction)
        assert rows(new.path) == original
        new.close()


def test_rows_beyond_a_page_that_cannot_be_read_are_found_from_the_other_end_and_by_the_index() -> None:
    with scratch() as folder, killed_while_open(folder, 3) as path:
        checkpoint_wal(path, Path(f"{path}-wal"))
        original = rows(path)
        data = bytearray(path.read_bytes())
        doomed = [start for start in range(0, len(data), PAGE) if b"i0100" in data[start : start + PAGE]]
        doomed += [start for start in range(0, len(data), PAGE) if b"i0200" in data[start : start + PAGE]]
        leaves = [start for start in doomed if b'"said"' in data[start : start + PAGE]]
        for start in leaves:
            data[start : start + PAGE] = bytes(PAGE)
        path.write_bytes(data)
        new = open_store(folder / "new.sqlite", create=True)
        with new.transaction() as transaction:
            (told,) = [each for each in salvage(path, transaction) if each.table == "items"]
        read = rows(new.path)
        new.close()
        assert leaves
        assert all(original[item_id] == row for item_id, row in read.items())
        assert "i0150" in read and "i0000" in read and "i0299" in read
        assert COUNT - 20 * len(leaves) <= len(read) < COUNT
        assert told.missing == COUNT - len(read)


def test_of_a_store_of_an_earlier_schema_all_rows_are_read_under_the_names_of_today() -> None:
    with scratch() as folder:
        for name in ("earlier", "brought up to date"):
            connection = sqlite3.connect(folder / name)
            connection.executescript((Path(__file__).parents[1] / "earlier_stores/4.sql").read_text(encoding="utf-8"))
            connection.execute("UPDATE attempts SET conversation = 'session 1', files = 0 WHERE id = 1")
            connection.commit()
            connection.close()
        assert bad_rows(folder / "earlier") == {}
        new, expected = open_store(folder / "new", create=True), open_store(folder / "brought up to date")
        with new.transaction() as transaction:
            told = salvage(folder / "earlier", transaction)
        assert {each.table for each in told if each.bad or not each.whole} == set()
        for table in (each.table for each in told if each.table not in ("jobs", "phases", "expansions")):
            assert all_of(new, f"SELECT * FROM {table}") == all_of(expected, f"SELECT * FROM {table}")
        requests = "SELECT id, stop_request, superseded_at FROM jobs"
        assert all_of(new, requests) == all_of(expected, requests)
        assert integrity_check.wrong_counters(new) == []
        for database in (new, expected):
            database.close()
