"""What a session printed: kept up to a limit, and its last lines as plain text."""

from __future__ import annotations

import os
from pathlib import Path

from supervisor.model import plain_text

_TAIL_BYTES = 4096


def plain(data: bytes) -> str:
    """What a session printed as text that a terminal may be shown."""
    return plain_text.plain(data.decode("utf-8", "replace"))


def last_line(path: Path) -> str:
    """The last line that is not blank of a transcript, or an empty text."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            data = file.read()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(plain(data).splitlines()) if line.strip()), "")


class Transcript:
    """Takes a session's bytes as they come; the file is opened with the first of them."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._file: int | None = None
        self._tail = b""
        self.size = 0
        """Bytes printed so far, also those beyond what is kept."""

    def feed(self, data: bytes) -> None:
        """Keep more output."""
        keep = data[: max(0, self._max_bytes - self.size)]
        self.size += len(data)
        self._tail = (self._tail + data)[-_TAIL_BYTES:]
        if keep:
            if self._file is None:
                self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            os.write(self._file, keep)

    def tail(self, lines: int = 12) -> str:
        """The last lines as plain text."""
        kept = [line.rstrip() for line in plain(self._tail).splitlines() if line.strip()]
        return "\n".join(kept[-lines:])

    def close(self) -> None:
        """Close the file; a transcript that ran over says so in its last line."""
        if self._file is not None:
            if self.size > self._max_bytes:
                os.write(self._file, f"\n[{self.size - self._max_bytes:,} more bytes were not kept]\n".encode())
            os.close(self._file)
            self._file = None
