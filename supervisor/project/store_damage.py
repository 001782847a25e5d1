"""What is damaged or missing of a project's store, found out without changing anything."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Literal

from supervisor.model.frozen_model import FrozenModel
from supervisor.model.session_name import SESSION_NAME
from supervisor.project.project import Project
from supervisor.store.database import SCHEMA_VERSION, Database, is_damage
from supervisor.store.integrity import integrity_check, write_receipts
from supervisor.store.integrity.salvage import bad_rows
from supervisor.store.integrity.sqlite_wal import checkpoint_wal, unread_commits
from supervisor.store.integrity.write_receipts import PhaseReceipt


class StoreDamage(FrozenModel):
    """One thing that keeps the store from being worked with, and what mends it."""

    repair: Repair | None = None
    text: str


def missing(project: Project) -> str | None:
    """How it comes that there is no store, in words; None where there is one."""
    if not project.store.exists():
        return "it is not there"
    return "it is empty" if integrity_check.is_empty(project.store) else None


def mended_store(project: Project) -> Path:
    """A store that a repair has made, whole, and has not put into its place yet."""
    return project.state / "store.sqlite.mended"


def session_folders(project: Project) -> list[str]:
    """Names of the folders that sessions of jobs left."""
    if not project.sessions.is_dir():
        return []
    return sorted(path.name for path in project.sessions.iterdir() if SESSION_NAME.fullmatch(path.name))


def store_damage(project: Project, *, thorough: bool = False) -> list[StoreDamage]:
    """What is wrong with the store; `thorough` also looks at every row and compares all indices."""
    noted = write_receipts.all_receipts(project.state)  # before the store, which may be worked with at this moment
    found = damage_without_store(project, noted)
    return damage_inside(project, noted, thorough=thorough) if found is None else found


def lost_commits(project: Project) -> int:
    """Commits that stand in the store's log and that SQLite does not read."""
    if not project.store.exists() or not project.store.stat().st_size:
        return 0
    database = integrity_check.open_read_only(project.store)
    try:
        database.value("PRAGMA user_version")
        database.rows("SELECT name FROM sqlite_master LIMIT 1")
        return unread_commits(project.store)
    except sqlite3.DatabaseError:
        return 0
    finally:
        database.close()


def is_behind(database: Database, receipt: PhaseReceipt) -> bool:
    """Whether a main file was given more than the store knows of."""
    job = database.row("SELECT pipeline, target, superseded_at FROM jobs WHERE id = ?", (receipt.job,))
    if job is not None and (job["superseded_at"] is not None):
        return False
    if job is None or (job["pipeline"], job["target"]) != (receipt.pipeline, receipt.target):
        return True
    next_seq = database.value("SELECT next_seq FROM phases WHERE job = ? AND phase = ?", (receipt.job, receipt.phase))
    return bool(next_seq is None or receipt.seq >= next_seq)


def damage_without_store(project: Project, noted: list[PhaseReceipt]) -> list[StoreDamage] | None:
    """What is wrong where there is no store to be looked into; None where there is one."""
    absence = damage_of_absence(project, noted)
    return absence if absence or missing(project) is not None else None


def damage_of_absence(project: Project, noted: list[PhaseReceipt]) -> list[StoreDamage]:
    """What is wrong where there is no store, or one without anything in it."""
    log = Path(f"{project.store}-wal")
    if mended_store(project).exists():
        return [StoreDamage(repair="store", text="a repair was cut off before its end")]
    for path in (project.store, log):
        if path.exists() and not path.is_file():
            return [StoreDamage(text=f"{path.name} is no file: move it away")]
    what = missing(project)
    if what is None or not (traces := _traces(project, noted, log)):
        return []
    if missing(project) is None:
        return []  # another command made it just now
    return [StoreDamage(repair="store", text=f"{what}, but {traces}")]


def damage_inside(project: Project, noted: list[PhaseReceipt], *, thorough: bool = False) -> list[StoreDamage]:
    """What is wrong in a store that is there."""
    try:
        database = integrity_check.open_read_only(project.store)
        try:
            return _damage_of(database, noted, thorough=thorough)
        finally:
            database.close()
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return [StoreDamage(repair="store", text=str(error))]


def _damage_of(database: Database, noted: list[PhaseReceipt], *, thorough: bool) -> list[StoreDamage]:
    faults = integrity_check.integrity_errors(database, thorough=thorough)
    if faults:
        return [StoreDamage(repair="store", text="; ".join(faults))]
    if database.value("PRAGMA user_version") > SCHEMA_VERSION:
        return []  # who opens it says so
    found: list[StoreDamage] = []
    if thorough and (bad := bad_rows(database.path)):
        rows = ", ".join(f"{count} of {table}" for table, count in bad.items())
        found.append(StoreDamage(repair="store", text=f"rows hold what cannot be: {rows}"))
    counters = integrity_check.wrong_counters(database, thorough=thorough)
    if counters:
        found.append(StoreDamage(repair="counters", text="; ".join(counters[:3])))
    behind = _behind(database, noted)
    if behind:
        names = ", ".join(f"{each.pipeline}/{each.target} phase {each.phase}" for each in behind[:3])
        found.append(
            StoreDamage(repair="answers", text=f"it is older than its main files ({names}): it lost its last commits")
        )
    return found


def _behind(database: Database, noted: list[PhaseReceipt]) -> list[PhaseReceipt]:
    """Those of which the store knows less than their main files were given."""
    if not noted or database.value("PRAGMA user_version") == SCHEMA_VERSION:
        return [receipt for receipt in noted if is_behind(database, receipt)]
    current = integrity_check.open_current(database.path)
    try:
        return [receipt for receipt in noted if is_behind(current, receipt)]
    finally:
        current.close()


def _traces(project: Project, noted: list[PhaseReceipt], log: Path) -> str:
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
        checkpoint_wal(copy, copied_log)
        copied_log.unlink()
        database = integrity_check.open_read_only(copy)
        try:
            return bool(database.value("SELECT count(*) FROM jobs"))
        except sqlite3.DatabaseError:
            return False
        finally:
            database.close()


Repair = Literal["store", "counters", "answers", "main file", "note"]
"""What `doctor --repair` does: makes the store anew from what can be read; its counters from its rows; takes over the
answers of main files that the store has lost; writes a main file from the store; removes a dead supervisor's note."""
