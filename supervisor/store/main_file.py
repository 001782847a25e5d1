"""The main file of a phase: made from the store, whole at every moment, and never over a person's edit."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from supervisor.errors import CannotGoOn
from supervisor.failpoints import reached
from supervisor.model.base import Frozen
from supervisor.model.rows import join_row, split_row
from supervisor.model.strict_json import JsonRefused, in_order, parse_strict
from supervisor.store import items, receipts
from supervisor.store.database import Database
from supervisor.store.folders import file_state, make_folder, sync_folder

_LOCK_PATIENCE_S = 30.0
_UNFINISHED = ".tmp"
_indented = json.JSONEncoder(ensure_ascii=False, indent=2, allow_nan=False).encode


class Snapshot(Frozen):
    """What a main file is to hold."""

    job: int
    phase: int
    merge: str
    seq: int
    """The last merge that is in it."""
    rows: tuple[tuple[str, str], ...]
    """Item id and value as JSON, in canonical order."""


class Edits(Frozen):
    """What a person did to a main file since it was written."""

    values: dict[str, Any]
    """Items with another value than the store's."""
    removed: tuple[str, ...]
    """Items that are not there any more."""
    copy_kept: Path | None = None
    """Copy of the file, where not all of it could be taken over."""
    problem: str = ""
    """What could not be taken over."""


class MainFile:
    """One main file on disk, written under its lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        """Size, time and inode of the file as this process wrote it, or found it as it was written."""
        self.written_bytes = 0
        """All that this process has written to it."""
        self._tidy = False
        """Whether what killed writers left beside it is removed."""

    def lock(self) -> FileLock:
        """The lock that writers hold."""
        return FileLock(f"{self.path}.lock", timeout=_LOCK_PATIENCE_S)

    def unchanged(self) -> bool:
        """Whether the file is, by its size, time and inode, still the one that was written last."""
        return self._seen is not None and self.state() == self._seen

    def holds(self, sha256: str | None) -> bool:
        """Whether the file is the one with this hash; then it is known again by its size, time and inode."""
        before = self.state()
        try:
            with open(self.path, "rb") as file:
                same = hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except (FileNotFoundError, IsADirectoryError):
            return False
        if same:
            self._seen = before
        return same

    def read(self) -> bytes | None:
        """The file as it is; None where there is none."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except IsADirectoryError as error:
            raise CannotGoOn(
                "a folder stands in the place of the main file",
                where=str(self.path),
                remedy="Move it away, then run the same command again: the file is written from the store.",
            ) from error

    def state(self) -> tuple[int, int, int] | None:
        """Size, time and inode of the file now; None where there is none."""
        return file_state(self.path)

    def write(self, snapshot: Snapshot, looked_at: tuple[int, int, int] | None) -> str | None:
        """Write the file: a temporary one, synced, renamed over it, the directory synced. Returns its SHA-256.

        None, and nothing written, where the file is not in the state `looked_at` any more: somebody edits it.
        """
        make_folder(self.path.parent)
        self.remove_unfinished()
        hashed = hashlib.sha256()

        def told() -> Iterator[bytes]:
            for piece in rendered(snapshot):
                hashed.update(piece)
                self.written_bytes += len(piece)
                yield piece

        if not replace_durably(self.path, told(), still=lambda: self.state() == looked_at):
            return None
        self._seen = self.state()
        return hashed.hexdigest()

    def set_aside(self, data: bytes, why: str) -> Path:
        """Keep a copy of what is in the file now, under a name of its own beside it."""
        stamp = time.strftime("%Y%m%d-%H%M%S")
        number = 0
        copy = self.path.with_name(f"{self.path.name}.{why}-{stamp}")
        while copy.exists():
            number += 1
            copy = self.path.with_name(f"{self.path.name}.{why}-{stamp}-{number}")
        replace_durably(copy, [data])
        return copy

    def remove_unfinished(self) -> None:
        """Delete what writers left that were killed; whoever holds the lock is the only one that writes."""
        if self._tidy:
            return
        self._tidy = True
        for path in self.path.parent.glob(f".{glob.escape(self.path.name)}.*{_UNFINISHED}"):
            path.unlink(missing_ok=True)


def replace_durably(path: Path, pieces: Iterable[bytes], still: Callable[[], bool] = lambda: True) -> bool:
    """Put the pieces at `path` so that, whatever dies, either the old or the new content is there, whole.

    False, and nothing put there, where it is not `still` to be, in the last moment.
    """
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_UNFINISHED, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o644)
            reached("main_file.before_write")
            file.writelines(pieces)
            file.flush()
            reached("main_file.before_sync")
            os.fsync(file.fileno())
        reached("main_file.before_rename")
        if not still():
            os.unlink(temporary)
            return False
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    reached("main_file.before_folder_sync")
    sync_folder(path.parent)
    reached("main_file.synced")
    return True


def render(snapshot: Snapshot) -> bytes:
    """The file's bytes: UTF-8, two-space indent, canonical order, whatever order the merges came in."""
    return b"".join(rendered(snapshot))


def rendered(snapshot: Snapshot) -> Iterator[bytes]:
    """The same entry by entry, since all values at once would take many times their size."""
    first, last = "{}" if snapshot.merge == "object" else "[]"
    yield first.encode()
    between = "\n  "
    for item_id, value in snapshot.rows:
        if snapshot.merge == "object":
            member = f"{_indented(item_id)}: {_indented(json.loads(value))}"
        else:
            member = _indented(join_row(item_id, json.loads(value)))
        yield (between + member.replace("\n", "\n  ")).encode("utf-8")
        between = ",\n  "
    yield (f"\n{last}\n" if snapshot.rows else f"{last}\n").encode()


def as_lines(taken: Snapshot) -> Iterator[bytes]:
    """The same as JSON Lines: an object with `id` and `value`, or the row, on each."""
    for item_id, text in taken.rows:
        value = json.loads(text)
        row = join_row(item_id, value) if taken.merge == "array" else {"id": item_id, "value": value}
        yield (in_order(row) + "\n").encode("utf-8")


def snapshot(database: Database, job: int, phase: int, merge: str, *, within: bool = False) -> Snapshot:
    """All that is merged of a phase at this moment; `within` a transaction that has begun."""
    if not within:
        database.execute("BEGIN")
    try:
        seq = items.current_seq(database, job, phase)
        rows = database.rows(
            "SELECT id, value FROM items WHERE job = ? AND phase = ? AND status = 'merged' ORDER BY position, id",
            (job, phase),
        )
    finally:
        if database.connection.in_transaction and not within:
            database.execute("COMMIT")
    pairs = tuple((row["id"], row["value"]) for row in rows)
    return Snapshot.model_construct(job=job, phase=phase, merge=merge, seq=seq, rows=pairs)


def find_edits(database: Database, main_file: MainFile, job: int, phase: int, merge: str) -> Edits | None:
    """What a person changed in the main file since it was written; None where nothing was.

    Only items that were merged when the file was written can have been edited or removed in it.
    """
    if main_file.unchanged():
        return None
    row = database.row("SELECT written_seq, written_hash FROM phases WHERE job = ? AND phase = ?", (job, phase))
    assert row is not None
    if main_file.holds(row["written_hash"]) or (data := main_file.read()) is None:
        return None
    try:
        found = entries(data, merge)
    except ValueError as error:
        return Edits(
            values={},
            removed=(),
            copy_kept=main_file.set_aside(data, "unreadable"),
            problem=f"it does not parse: {error}",
        )
    stored = {
        r["id"]: (r["value"], r["seq"])
        for r in database.rows(
            "SELECT id, value, seq FROM items WHERE job = ? AND phase = ? AND status = 'merged'", (job, phase)
        )
    }
    changed = {
        item_id: value
        for item_id, value in found.items()
        if item_id in stored and items.digest(value) != items.digest(json.loads(stored[item_id][0]))
    }
    late = [item_id for item_id in changed if stored[item_id][1] > row["written_seq"]]
    unknown = [item_id for item_id in found if item_id not in stored]
    removed = tuple(i for i, (_, seq) in stored.items() if i not in found and seq <= row["written_seq"])
    problem = ""
    if unknown:
        problem = f"{len(unknown)} entries are no merged items: {', '.join(unknown[:5])}"
    elif late:
        problem = f"{len(late)} items were merged anew at the same time: {', '.join(late[:5])}"
    if not changed and not removed and not problem:
        return None
    return Edits(
        values={item_id: value for item_id, value in changed.items() if item_id not in late},
        removed=removed,
        copy_kept=main_file.set_aside(data, "edited") if problem or removed else None,
        problem=problem,
    )


def is_current(database: Database, main_file: MainFile, job: int, phase: int) -> bool:
    """Whether the file was last written with all that is merged now, is as it was written, and is noted so."""
    row = database.row(
        "SELECT next_seq, written_seq, written_hash FROM phases WHERE job = ? AND phase = ?", (job, phase)
    )
    assert row is not None
    noted = receipts.find(database.path.parent, job, phase)
    return (
        main_file.unchanged()
        and row["next_seq"] - 1 == row["written_seq"]
        and noted is not None
        and (noted.seq, noted.sha256) == (row["written_seq"], row["written_hash"])
    )


def record_written(database: Database, written: Snapshot, sha256: str) -> None:
    """Note what the main file holds now."""
    with database.transaction(durable=False):
        database.execute(
            "UPDATE phases SET written_seq = ?, written_hash = ? WHERE job = ? AND phase = ?",
            (written.seq, sha256, written.job, written.phase),
        )


def held(main_file: MainFile, error: Timeout) -> CannotGoOn:
    """The error where somebody else holds the file's lock for too long."""
    return CannotGoOn(
        f"another program holds the lock of {main_file.path.name} for more than {_LOCK_PATIENCE_S:g} s",
        where=str(error.lock_file),
        remedy="End that program, then run the same command again.",
    )


def entries(data: bytes, merge: str) -> dict[str, Any]:
    """Item id to value of what a main file holds; ValueError where it does not parse."""
    try:
        value, doubled = parse_strict(data)
    except JsonRefused as refused:
        raise ValueError(str(refused)) from refused
    if doubled:
        raise ValueError(f"{doubled[0]} stands twice")
    if not isinstance(value, dict if merge == "object" else list):
        raise ValueError("it is not an object" if merge == "object" else "it is not an array")
    if isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for row in value:
        item_id, payload = split_row(row)
        if item_id in found:
            raise ValueError(f"{item_id} stands twice")
        found[item_id] = payload
    return found
