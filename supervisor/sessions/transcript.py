"""What a session printed: kept up to a limit, and its last lines as plain text."""

from __future__ import annotations

import os
import re
from pathlib import Path

_TAIL_BYTES = 4096
_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # operating system commands: titles, links
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # device control strings and their like
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # control sequences: colour, cursor
    r"|\x1b[ -/]*[0-~]"  # two-character escapes
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def plain(data: bytes) -> str:
    """Text that a terminal may be shown: no escape sequences (ECMA-48), no control characters but tab and newline."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", _ESCAPES.sub("", text))


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
