"""What is wrong with a project's store, found without changing anything: by `doctor`, and before any work begins."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
import threading
from pathlib import Path

from supervisor.content.project import Project
from supervisor.engine.finding import Repair
from supervisor.errors import StoreError
from supervisor.model.base import Frozen
from supervisor.store import receipts, soundness
from supervisor.store.attempts import SESSION_NAME
from supervisor.store.database import MEND, SCHEMA_VERSION, Database, is_damage
from supervisor.store.folders import file_state
from supervisor.store.receipts import Receipt
from supervisor.store.salvage import bad_rows
from supervisor.store.wal import fold, unread_commits


class Damage(Frozen):
    """One thing that keeps the store from being worked with, and what mends it."""

    repair: Repair | None = None
    text: str


def require_sound(project: Project) -> None:
    """StoreError where the store is damaged, or is not there although work was done: going on would lose that work."""
    _refuse(project, store_damage(project))


class EarlyLook:
    """`require_sound` begun while a command still loads its code: a large store takes a while.

    Nothing may be written before its end. The thread is left alone with what takes long, since for every step in Python
    it would wait for the loading.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._seen = self._files()
        self._found: list[Damage] | None = None
        self._thread: threading.Thread | None = None
        with contextlib.suppress(OSError, RuntimeError, sqlite3.Error):  # met again, and said then
            noted = receipts.all_receipts(project.state)
            self._found = _without_store(project, noted)
            if self._found is None:
                self._thread = threading.Thread(target=self._look, args=(noted,), daemon=True)
                self._thread.start()

    def require_sound(self) -> None:
        """Wait for its end; what another process has written to meanwhile is looked at again."""
        if self._thread is not None and self._thread.ident is not None:
            self._thread.join()
        if self._found is None or self._files() != self._seen:
            self._found = store_damage(self._project)
        _refuse(self._project, self._found)

    def _look(self, noted: list[Receipt]) -> None:
        with contextlib.suppress(OSError, sqlite3.Error):
            self._found = _inside(self._project, noted)

    def _files(self) -> list[tuple[int, int, int] | None]:
        """What tells that the store was written to: by another process, since this one waits."""
        store = self._project.store
        return [file_state(path) for path in (store, Path(f"{store}-wal"), mended_store(self._project))]


def require_kept(project: Project) -> None:
    """StoreError where the store is not there, or empty, although work was done; the quick part of `require_sound`."""
    _refuse(project, _absence(project, receipts.all_receipts(project.state)))


def require_there(project: Project, error: Exception) -> None:
    """StoreError where an error comes from the store's having been deleted, or moved away, while it was worked with."""
    if not project.store.exists():
        raise StoreError(
            "the store was deleted or moved away while it was worked with",
            where=str(project.store),
            remedy="Where the project was moved, run the same command there. Where it was deleted,"
            " `supervisor doctor --repair` makes it again from main files and session folders: run that first.",
        ) from error


def missing(project: Project) -> str | None:
    """How it comes that there is no store, in words; None where there is one."""
    if not project.store.exists():
        return "it is not there"
    return "it is empty" if soundness.is_empty(project.store) else None


def mended_store(project: Project) -> Path:
    """A store that a repair has made, whole, and has not put into its place yet."""
    return project.state / "store.sqlite.mended"


def session_folders(project: Project) -> list[str]:
    """Names of the folders that sessions of jobs left."""
    if not project.sessions.is_dir():
        return []
    return sorted(path.name for path in project.sessions.iterdir() if SESSION_NAME.fullmatch(path.name))


def store_damage(project: Project, *, thorough: bool = False) -> list[Damage]:
    """What is wrong with the store; `thorough` also looks at every row and compares all indices."""
    noted = receipts.all_receipts(project.state)  # before the store, which may be worked with at this moment
    found = _without_store(project, noted)
    return _inside(project, noted, thorough=thorough) if found is None else found


def lost_commits(project: Project) -> int:
    """Commits that stand in the store's log and that SQLite does not read."""
    if not project.store.exists() or not project.store.stat().st_size:
        return 0
    database = soundness.look_into(project.store)
    try:
        database.value("PRAGMA user_version")
        database.rows("SELECT name FROM sqlite_master LIMIT 1")
        return unread_commits(project.store)
    except sqlite3.DatabaseError:
        return 0
    finally:
        database.close()


def is_behind(database: Database, receipt: Receipt) -> bool:
    """Whether a main file was given more than the store knows of."""
    job = database.row("SELECT pipeline, target, set_aside_at FROM jobs WHERE id = ?", (receipt.job,))
    if job is not None and (job["set_aside_at"] is not None):
        return False
    if job is None or (job["pipeline"], job["target"]) != (receipt.pipeline, receipt.target):
        return True
    next_seq = database.value("SELECT next_seq FROM phases WHERE job = ? AND phase = ?", (receipt.job, receipt.phase))
    return bool(next_seq is None or receipt.seq >= next_seq)


def _refuse(project: Project, found: list[Damage]) -> None:
    if found:
        remedy = MEND if found[0].repair is not None else "Then run `supervisor doctor --repair`."
        raise StoreError(f"the store is damaged: {found[0].text}", where=str(project.store), remedy=remedy)


def _without_store(project: Project, noted: list[Receipt]) -> list[Damage] | None:
    """What is wrong where there is no store to be looked into; None where there is one."""
    absence = _absence(project, noted)
    return absence if absence or missing(project) is not None else None


def _absence(project: Project, noted: list[Receipt]) -> list[Damage]:
    """What is wrong where there is no store, or one without anything in it."""
    log = Path(f"{project.store}-wal")
    if mended_store(project).exists():
        return [Damage(repair="store", text="a repair was cut off before its end")]
    for path in (project.store, log):
        if path.exists() and not path.is_file():
            return [Damage(text=f"{path.name} is no file: move it away")]
    what = missing(project)
    if what is None or not (traces := _traces(project, noted, log)):
        return []
    if missing(project) is None:
        return []  # another command made it just now
    return [Damage(repair="store", text=f"{what}, but {traces}")]


def _inside(project: Project, noted: list[Receipt], *, thorough: bool = False) -> list[Damage]:
    """What is wrong in a store that is there."""
    try:
        database = soundness.look_into(project.store)
        try:
            return _damage_of(database, noted, thorough=thorough)
        finally:
            database.close()
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return [Damage(repair="store", text=str(error))]


def _damage_of(database: Database, noted: list[Receipt], *, thorough: bool) -> list[Damage]:
    faults = soundness.faults(database, thorough=thorough)
    if faults:
        return [Damage(repair="store", text="; ".join(faults))]
    if database.value("PRAGMA user_version") > SCHEMA_VERSION:
        return []  # who opens it says so
    found: list[Damage] = []
    if thorough and (bad := bad_rows(database.path)):
        rows = ", ".join(f"{count} of {table}" for table, count in bad.items())
        found.append(Damage(repair="store", text=f"rows hold what cannot be: {rows}"))
    counters = soundness.wrong_counters(database, thorough=thorough)
    if counters:
        found.append(Damage(repair="counters", text="; ".join(counters[:3])))
    behind = [receipt for receipt in noted if is_behind(database, receipt)]
    if behind:
        names = ", ".join(f"{each.pipeline}/{each.target} phase {each.phase}" for each in behind[:3])
        found.append(
            Damage(repair="answers", text=f"it is older than its main files ({names}): it lost its last commits")
        )
    return found


def _traces(project: Project, noted: list[Receipt], log: Path) -> str:
    """What there is of earlier work, in words; empty where there is nothing."""
    sessions = len(session_folders(project))
    parts = []
    if sessions:
        parts.append(f"{sessions} session folders")
    if noted:
        parts.append(f"notes of {len(noted)} main files")
    if log.exists() and _holds_jobs(project.store, log):
        parts.append("its log")
    return (
        f"{', '.join(parts[:-1])}{' and ' if parts[1:] else ''}{parts[-1]} of earlier runs are there" if parts else ""
    )


def _holds_jobs(store: Path, log: Path) -> bool:
    """Whether there are jobs in the log of a missing store; there are none where the power was lost as it was made."""
    with tempfile.TemporaryDirectory() as folder:
        copy, copied_log = Path(folder) / store.name, Path(folder) / log.name
        copy.write_bytes(store.read_bytes() if store.exists() else b"")
        shutil.copyfile(log, copied_log)
        fold(copy, copied_log)
        copied_log.unlink()
        database = soundness.look_into(copy)
        try:
            return bool(database.value("SELECT count(*) FROM jobs"))
        except sqlite3.DatabaseError:
            return False
        finally:
            database.close()
