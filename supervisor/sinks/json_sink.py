"""The main file of a phase: made from the store, whole at every moment, and never over a person's edit."""

from __future__ import annotations

import glob
import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from supervisor.errors import CannotContinue
from supervisor.host.durable_files import _UNFINISHED, file_state, make_folder, replace_durably
from supervisor.model.item_rows import join_row, split_row
from supervisor.store.queries.merged_snapshot import ResultSnapshot
from supervisor.text.strict_json import JsonRefused, in_order, parse_strict

_LOCK_PATIENCE_S = 30.0
_indented = json.JSONEncoder(ensure_ascii=False, indent=2, allow_nan=False).encode


class JsonSink:
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
            raise CannotContinue(
                "a folder stands in the place of the main file",
                where=str(self.path),
                remedy="Move it away, then run the same command again: the file is written from the store.",
            ) from error

    def state(self) -> tuple[int, int, int] | None:
        """Size, time and inode of the file now; None where there is none."""
        return file_state(self.path)

    def write(self, snapshot: ResultSnapshot, looked_at: tuple[int, int, int] | None) -> str | None:
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


def render(snapshot: ResultSnapshot) -> bytes:
    """The file's bytes: UTF-8, two-space indent, canonical order, whatever order the merges came in."""
    return b"".join(rendered(snapshot))


def rendered(snapshot: ResultSnapshot) -> Iterator[bytes]:
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


def as_lines(taken: ResultSnapshot) -> Iterator[bytes]:
    """The same as JSON Lines: an object with `id` and `value`, or the row, on each."""
    for item_id, text in taken.rows:
        value = json.loads(text)
        row = join_row(item_id, value) if taken.merge == "array" else {"id": item_id, "value": value}
        yield (in_order(row) + "\n").encode("utf-8")


def held(main_file: JsonSink, error: Timeout) -> CannotContinue:
    """The error where somebody else holds the file's lock for too long."""
    return CannotContinue(
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
