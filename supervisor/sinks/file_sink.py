"""A sink that is one file: whole at every moment, and never written over a person's edit."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from supervisor.errors import CannotContinue, SinkLocked
from supervisor.host.durable_files import UNFINISHED, file_state, make_folder, replace_durably, written_path
from supervisor.host.file_modes import file_mode
from supervisor.model.write_receipt import WriteReceipt
from supervisor.sinks.sink import EditedContent
from supervisor.store.queries.merged_snapshot import ResultSnapshot

LOCK_PATIENCE_S = 30.0


class FileSink(ABC):
    """One file on disk. What kind of file it is, its subclass says: how results become bytes, and bytes results."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._written: tuple[int, int, int] | None = None
        """Size, time and inode of the file as this process wrote it, or found it as it was written."""
        self._seen: tuple[int, int, int] | None = None
        """The same as it was looked at last; None: there was none."""
        self._edited: bytes | None = None
        """What was in it then, where that was not what was written."""
        self._tidy = False
        """Whether what killed writers left beside it is removed."""

    @abstractmethod
    def encode(self, snapshot: ResultSnapshot) -> Iterator[bytes]:
        """The file's bytes, piece by piece, since all at once would take many times their size."""

    @abstractmethod
    def decode(self, data: bytes) -> dict[str, Any]:
        """Item id to value; ValueError where it does not parse."""

    @property
    def name(self) -> str:
        return self.path.name

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """A lock file beside it."""
        make_folder(self.path.parent)
        lock = FileLock(f"{self.path}.lock", timeout=LOCK_PATIENCE_S, mode=file_mode(self.path))
        try:
            lock.acquire()
        except Timeout as error:
            raise SinkLocked(
                f"another program holds the lock of {self.name} for more than {LOCK_PATIENCE_S:g} s",
                where=str(error.lock_file),
                remedy="End that program, then run the same command again.",
            ) from error
        try:
            self._remove_unfinished()
            yield
        finally:
            lock.release()

    def edits(self, last: WriteReceipt | None) -> EditedContent | None:
        now = file_state(self.path)
        self._seen, self._edited = now, None
        if now is not None and now == self._written:
            return None
        try:
            if last is not None and self._digest() == last.sha256:
                self._written = now
                return None
            data = self.path.read_bytes()
        except FileNotFoundError:
            return EditedContent(values={}, sha256=None)
        except IsADirectoryError as error:
            raise CannotContinue(
                "a folder stands in the place of the main file",
                where=str(self.path),
                remedy="Move it away, then run the same command again: the file is written from the store.",
            ) from error
        self._edited = data
        sha256 = hashlib.sha256(data).hexdigest()
        try:
            return EditedContent(values=self.decode(data), sha256=sha256)
        except ValueError as error:
            return EditedContent(values={}, sha256=sha256, problem=f"it does not parse: {error}")

    def set_aside(self, why: str) -> Path:
        stamp = time.strftime("%Y%m%d-%H%M%S")
        number = 0
        copy = self.path.with_name(f"{self.name}.{why}-{stamp}")
        while copy.exists():
            number += 1
            copy = self.path.with_name(f"{self.name}.{why}-{stamp}-{number}")
        data = self.path.read_bytes() if self._edited is None else self._edited
        replace_durably(copy, [data], like=self.path)
        return copy

    def write(
        self, snapshot: ResultSnapshot, announce: Callable[[WriteReceipt], None] | None = None
    ) -> WriteReceipt | None:
        """A temporary file, synced, renamed over the old one, the folder synced."""
        make_folder(self.path.parent)
        hashed = hashlib.sha256()
        size = 0

        def told() -> Iterator[bytes]:
            nonlocal size
            for piece in self.encode(snapshot):
                hashed.update(piece)
                size += len(piece)
                yield piece

        def receipt() -> WriteReceipt:
            return WriteReceipt(seq=snapshot.seq, sha256=hashed.hexdigest(), size=size)

        def unedited() -> bool:
            if announce is not None:
                announce(receipt())
            return file_state(self.path) == self._seen

        if not replace_durably(self.path, told(), still=unedited):
            return None
        self._written = self._seen = file_state(self.path)
        self._edited = None
        return receipt()

    def read(self) -> dict[str, Any]:
        return self.decode(self.path.read_bytes())

    def _digest(self) -> str:
        with open(self.path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _remove_unfinished(self) -> None:
        """Delete what writers left that were killed; whoever holds the lock is the only one that writes."""
        if not self._tidy:
            self._tidy = True
            held = written_path(self.path)
            for path in held.parent.glob(f".{glob.escape(held.name)}.*{UNFINISHED}"):
                path.unlink(missing_ok=True)
