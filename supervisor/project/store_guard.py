"""What is wrong with a project's store, found without changing anything: by `doctor`, and before any work begins."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

from supervisor.errors import StoreError
from supervisor.host.durable_files import file_state
from supervisor.project.project import Project
from supervisor.project.store_damage import (
    StoreDamage,
    damage_inside,
    damage_of_absence,
    damage_without_store,
    mended_store,
    store_damage,
)
from supervisor.store.database import MEND
from supervisor.store.integrity import write_receipts
from supervisor.store.integrity.write_receipts import PhaseReceipt


def require_sound(project: Project) -> None:
    """StoreError where the store is damaged, or is not there although work was done: going on would lose that work."""
    _refuse(project, store_damage(project))


class StoreGuard:
    """`require_sound` begun while a command still loads its code: a large store takes a while.

    Nothing may be written before its end. The thread is left alone with what takes long, since for every step in Python
    it would wait for the loading.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._seen = self._files()
        self._found: list[StoreDamage] | None = None
        self._thread: threading.Thread | None = None
        with contextlib.suppress(OSError, RuntimeError, sqlite3.Error):  # met again, and said then
            noted = write_receipts.all_receipts(project.state)
            self._found = damage_without_store(project, noted)
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

    def _look(self, noted: list[PhaseReceipt]) -> None:
        with contextlib.suppress(OSError, sqlite3.Error):
            self._found = damage_inside(self._project, noted)

    def _files(self) -> list[tuple[int, int, int] | None]:
        """What tells that the store was written to: by another process, since this one waits."""
        store = self._project.store
        return [file_state(path) for path in (store, Path(f"{store}-wal"), mended_store(self._project))]


def require_not_lost(project: Project) -> None:
    """StoreError where the store is not there, or empty, although work was done; the quick part of `require_sound`."""
    _refuse(project, damage_of_absence(project, write_receipts.all_receipts(project.state)))


def require_present(project: Project, error: Exception) -> None:
    """StoreError where an error comes from the store's having been deleted, or moved away, while it was worked with."""
    if not project.store.exists():
        raise StoreError(
            "the store was deleted or moved away while it was worked with",
            where=str(project.store),
            remedy="Where the project was moved, run the same command there. Where it was deleted,"
            " `supervisor doctor --repair` makes it again from main files and session folders: run that first.",
        ) from error


def _refuse(project: Project, found: list[StoreDamage]) -> None:
    if found:
        remedy = MEND if found[0].repair is not None else "Then run `supervisor doctor --repair`."
        raise StoreError(f"the store is damaged: {found[0].text}", where=str(project.store), remedy=remedy)
