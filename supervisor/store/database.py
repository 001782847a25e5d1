"""Opening the store, and transactions on it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from supervisor.errors import StoreError
from supervisor.failpoints import reached
from supervisor.host.durable_files import make_folder
from supervisor.store.transaction import StoreReader, Transaction

SCHEMA_VERSION = 6
"""A store of an earlier version is brought to this one by `migrations/<version>.sql`, one after the other."""
MEND = "`supervisor doctor` says more, `supervisor doctor --repair` mends what can be mended."
BUSY_S = 30.0
_PROMPT_S = 0.002
_SCRIPTS = Path(__file__).parent
SCHEMA_FILE = _SCRIPTS / "schema.sql"
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)


class Database(StoreReader):
    """One connection to the store."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        super().__init__(connection)
        self.path = path
        self._durable = True

    @contextlib.contextmanager
    def transaction(self, *, durable: bool = True, prompt: bool = False) -> Iterator[Transaction]:
        """All or nothing. A durable one is on the disk when it returns; another one survives any death of this
        process, but may be lost with the machine's power (WAL mode, synchronous NORMAL).

        While another connection writes, a `prompt` one looks every few milliseconds whether it may begin.
        """
        if durable is not self._durable:
            self.connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable
        if prompt:
            self._begin_promptly()
        else:
            self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield Transaction(self.connection)
            reached("store.before_commit")
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:  # SQLite ends it by itself where the disk is full or fails
                self.connection.execute("ROLLBACK")
            raise
        reached("store.committed")

    def _begin_promptly(self) -> None:
        """SQLite by itself sleeps up to a tenth of a second between two looks, and somebody waits for an answer."""
        deadline = time.monotonic() + BUSY_S
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    self.connection.execute("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                        raise
                time.sleep(_PROMPT_S)
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {round(1000 * BUSY_S)}")

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Have all that is read meanwhile be of one moment, whatever others write."""
        if self.connection.in_transaction:  # which sees one moment, too
            yield
            return
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.execute("COMMIT")

    def ring(self) -> None:
        """Wake whoever waits for news of this store.

        They are told when a file beside it is closed after writing; this connection stays open, so it closes another.
        The news itself is in the store, and a process that ends before it rings is noticed by its closing the store.
        """
        reached("store.before_ring")
        with open(f"{self.path}-bell", "wb"):
            pass
        reached("store.rung")

    def data_version(self) -> int:
        """Changes when another connection changed the store."""
        return int(self.value("PRAGMA data_version"))

    def close(self) -> None:
        """Close the connection; the last one folds the log into the store."""
        reached("store.before_close")
        self.connection.close()
        reached("store.closed")


def is_damage(error: Exception) -> bool:
    """Whether SQLite met damage, and not a full disk, a lock or a missing permission."""
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & 0xFF in _DAMAGE
    return isinstance(error, sqlite3.Error) and "decode to UTF-8" in str(error)


def open_store(path: Path, *, create: bool = False, read_only: bool = False, shared: bool = False) -> Database:
    """Open the store at `path`; StoreError where it is not there, damaged, or of another version.

    A `shared` one may be used by one thread after another.
    """
    if not create and not path.exists():
        raise StoreError("there is no store yet: nothing was run here", where=str(path))
    if create:
        make_folder(path.parent)
        if path.exists() and is_blank(path):
            os.truncate(path, 0)
    else:
        _keep_log(path)
    reached("store.before_open")
    try:
        connection = sqlite3.connect(
            path, timeout=BUSY_S, isolation_level=None, cached_statements=256, check_same_thread=not shared
        )
        try:
            database = _set_up(Database(connection, path))
        except BaseException:
            connection.close()
            raise
        if read_only:
            connection.execute("PRAGMA query_only = ON")
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"the store cannot be opened: {error}",
            where=str(path),
            remedy=MEND if is_damage(error) else "Can it be written, is the disk full? `supervisor doctor` says more.",
        ) from error
    reached("store.opened")
    return database


def _set_up(database: Database) -> Database:
    connection = database.connection
    connection.row_factory = sqlite3.Row
    # A batch changes a few rows in many tables and indices, each a page in the log: small pages are less to write.
    connection.execute("PRAGMA page_size = 1024")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA temp_store = MEMORY")  # statement journals would go to a file each
    bring_to_version(database)
    return database


def is_blank(path: Path) -> bool:
    """Whether a file has no byte but zeros: so a store may be left whose power was lost as it was made."""
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        while block := file.read(1 << 16):
            if block.count(0) != len(block):
                return False
    return True


def _keep_log(path: Path) -> None:
    """Refuse what SQLite would take for a new store, and delete the log of."""
    log = Path(f"{path}-wal")
    if path.exists() and path.stat().st_size == 0 and log.exists() and log.stat().st_size:
        raise StoreError("the store is empty, but its log is not", where=str(path), remedy=MEND)


def bring_to_version(database: Database) -> None:
    """Give a store the schema of this version; StoreError where a newer one made it."""
    version = database.value("PRAGMA user_version")
    if version == SCHEMA_VERSION:
        return
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"the store has schema {version}, made by a newer supervisor; this one knows up to {SCHEMA_VERSION}",
            where=str(database.path),
            remedy="Install the newer supervisor.",
        )
    # Another process may do the same at this moment: the version decides, inside the transaction.
    with database.transaction() as transaction:
        version = database.value("PRAGMA user_version")
        for statement in _statements(SCHEMA_FILE) if version == 0 else _migrations(version):
            transaction.execute(statement)
        transaction.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _migrations(version: int) -> Iterator[str]:
    for later in range(version + 1, SCHEMA_VERSION + 1):
        yield from _statements(_SCRIPTS / "migrations" / f"{later}.sql")


def _statements(script: Path) -> Iterator[str]:
    """The statements of a script one by one: sqlite3 runs a whole script only outside of transactions."""
    statement = ""
    for line in script.read_text(encoding="utf-8").splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
