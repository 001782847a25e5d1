"""`doctor --repair`: mends what can be mended. Each step leaves the old or the new, and a copy of what it replaces."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from supervisor.doctor.state_checks import FileState, file_states
from supervisor.doctor.store_rebuild import (
    main_files,
    recreate_jobs,
    restore_answers,
    targets_with_results,
    unknown_results,
)
from supervisor.executors.local.session_recovery import end_stale_sessions
from supervisor.failpoints import reached
from supervisor.host.durable_files import make_folder, sync_folder
from supervisor.project.project import Project
from supervisor.project.project_lock import ProjectLock, stale_note
from supervisor.project.store_damage import StoreDamage, lost_commits, mended_store, missing, store_damage
from supervisor.project.store_guard import require_sound
from supervisor.sinks.sink import SinkContext
from supervisor.sinks.sink_registry import open_sink
from supervisor.store.database import Database, open_store
from supervisor.store.integrity import write_receipts
from supervisor.store.integrity.integrity_check import count_anew
from supervisor.store.integrity.salvage import Salvaged, salvage
from supervisor.store.integrity.sqlite_wal import checkpoint_wal
from supervisor.store.queries import merged_snapshot
from supervisor.store.tables import jobs, phases


def repair(project: Project) -> Iterator[str]:
    """Mend a project's state, and say line by line what was done; ProjectHeld where a supervisor works on it.

    What is left to be done after a kill in the middle is done by the next repair.
    """
    note = stale_note(project)
    with ProjectLock(project, "repair"):
        if note is not None:
            yield f"the note of who works here is removed: {note}"
        ended = end_stale_sessions(project.key)
        if ended:
            yield f"{ended} processes of sessions that a dead supervisor left are ended"
        yield from _Repair(project).steps()
        reached("repair.done")


class _Repair:
    """One repair of one project, which it holds."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._mending = project.state / "mending"
        """Copies of what is damaged, to be read and changed."""
        self._making = project.state / "store.sqlite.making"
        self._aside: Path | None = None

    def steps(self) -> Iterator[str]:
        project = self._project
        self._remove_unfinished()
        if mended_store(project).exists():
            yield from self._copy([project.store, Path(f"{project.store}-wal")])
            self._put_into_place()
            yield "store: a repair that was cut off is finished"
        damage = store_damage(project, thorough=True)
        if any(each.repair is None for each in damage):
            require_sound(project)
        if any(each.repair == "store" for each in damage) or lost_commits(project):
            yield from self._make_anew()
        elif missing(project) is not None:
            if not targets_with_results(project):
                return
            yield from self._make_anew()
        elif damage:
            yield from self._mend_in_place(damage)
        database = open_store(project.store)
        try:
            yield from self._take_in_results(database)
            states = [state for job in jobs.all_jobs(database) for state in file_states(project, database, job)]
            if any(state.stale for state in states):
                yield from self._copy([project.store, *(state.path for state in states if state.stale)])
                yield from restore_answers(project, database, remade=False)
            for state in states:
                if state.problem and not state.by_hand:
                    yield from self._write(database, state)
        finally:
            database.close()

    def _take_in_results(self, database: Database) -> Iterator[str]:
        """Main files of targets that the store knows nothing of."""
        if not unknown_results(self._project, database):
            return
        yield from self._copy([self._project.store])
        before = {job.id for job in jobs.all_jobs(database)}
        yield from recreate_jobs(self._project, database)
        new = {job.id for job in jobs.all_jobs(database)} - before
        yield from restore_answers(self._project, database, remade=True, only=new)

    def _make_anew(self) -> Iterator[str]:
        """Make the store anew from what can be read of it, and of what lies beside it."""
        project = self._project
        log = Path(f"{project.store}-wal")
        yield from self._copy([project.store, log])
        reached("repair.copied")
        folder, making = self._mending, self._making
        self._remove_unfinished()
        folder.mkdir()
        damaged = folder / project.store.name
        for path in (project.store, log):
            if path.exists():
                shutil.copyfile(path, folder / path.name)
        damaged.touch()
        unread = checkpoint_wal(damaged, folder / log.name)
        reached("repair.folded")
        new = open_store(making, create=True)
        with new.transaction() as transaction:
            told = salvage(damaged, transaction)
        reached("repair.salvaged")
        yield _said(told, unread)
        yield from recreate_jobs(project, new)
        yield from self._copy(main_files(project, new))
        yield from restore_answers(project, new, remade=True)
        new.close()
        reached("repair.before_store")
        _sync(making)
        os.replace(making, mended_store(project))
        sync_folder(project.state)
        reached("repair.store_made")
        self._put_into_place()
        _remove(folder)

    def _remove_unfinished(self) -> None:
        """Remove what repairs work on, of which nothing is needed any more."""
        _remove(self._mending, self._making, Path(f"{self._making}-wal"), Path(f"{self._making}-shm"))

    def _put_into_place(self) -> None:
        """Put a store that is whole in the place of the damaged one, whose log must not be read with it."""
        store = self._project.store
        _remove(Path(f"{store}-wal"), Path(f"{store}-shm"))
        sync_folder(store.parent)
        reached("repair.log_removed")
        os.replace(mended_store(self._project), store)
        sync_folder(store.parent)
        reached("repair.store_mended")

    def _mend_in_place(self, damage: list[StoreDamage]) -> Iterator[str]:
        """Put right a store whose pages are sound."""
        project = self._project
        database = open_store(project.store)
        try:
            yield from self._copy([project.store, Path(f"{project.store}-wal"), *main_files(project, database)])
            reached("repair.copied")
            if any(each.repair == "counters" for each in damage):
                with database.transaction() as transaction:
                    count_anew(transaction)
                    reached("repair.before_commit")
                reached("repair.committed")
                yield "store: its counters are made anew from its rows"
            if any(each.repair == "answers" for each in damage):
                yield from recreate_jobs(project, database)
                yield from restore_answers(project, database, remade=False)
        finally:
            database.close()

    def _write(self, database: Database, state: FileState) -> Iterator[str]:
        """Write a main file from the store."""
        job, phase = state.job.id, state.phase
        sink = open_sink(SinkContext(self._project, state.path, phase, state.merge))
        shown = self._project.relative(state.path)
        with sink.lock():
            if state.path.exists():
                yield from self._copy([state.path])
            sink.edits(None)
            reached("repair.before_main_file")
            if not state.merged:
                state.path.unlink(missing_ok=True)
                yield f"{shown}: it could not be read and is taken away; the store has no items of it"
                return
            taken = merged_snapshot.snapshot(database, job, phase, state.merge)
            written = sink.write(taken)
            if written is None:
                yield f"{shown}: it was changed at this moment, and is left as it is"
                return
            before = write_receipts.find_receipt(self._project.state, job, phase)
            write_receipts.record_receipt(database, job, phase, written)
            phases.record_written(database, job, phase, written)
            write_receipts.forget_announced(self._project.state, job, phase)
        reached("repair.main_file_written")
        yield f"{shown}: written from the store, {len(taken.rows)} items"
        if before is not None and before.seq == taken.seq and before.sha256 != written.sha256:
            yield f"{shown}: it is not what it was: some of its values were damaged in the store, nothing tells which"

    def _copy(self, paths: Iterable[Path]) -> Iterator[str]:
        """Copy what is about to change into this repair's own folder."""
        for path in paths:
            copy = self._folder() / path.relative_to(self._project.root / "vfs")
            if path.is_file() and not copy.exists():
                make_folder(copy.parent)
                shutil.copy2(path, copy)
                _sync(copy)
                sync_folder(copy.parent)
                yield f"{self._project.relative(path)} is copied to {self._project.relative(copy)}"

    def _folder(self) -> Path:
        if self._aside is None:
            stamp = time.strftime("%Y%m%d-%H%M%S")
            folder, number = self._project.state / f"set_aside_{stamp}", 1
            while folder.exists():
                folder, number = self._project.state / f"set_aside_{stamp}-{number}", number + 1
            folder.mkdir()
            self._aside = folder
        return self._aside


def _said(told: list[Salvaged], unread: int) -> str:
    """What was read of a damaged store, in words."""
    read = ", ".join(f"{each.read} {each.table}" for each in told if each.read and each.table != "agent_cooldowns")
    text = f"store: made anew; read of the damaged one: {read or 'nothing'}"
    bad = ", ".join(f"{each.bad} {each.table}" for each in told if each.bad)
    missing = ", ".join(f"{each.missing} {each.table}" for each in told if each.missing)
    if unread:
        text += f"; {unread} pieces of its log are damaged"
    if bad:
        text += f"; damaged in themselves: {bad}"
    if missing:
        text += f"; not found: {missing}"
    return text


def _remove(*paths: Path) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with open(path, "rb") as file:
        os.fsync(file.fileno())
