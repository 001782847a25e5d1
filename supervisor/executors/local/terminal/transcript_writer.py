"""Writes down what a session's terminal shows, bounded, with secrets masked."""

from __future__ import annotations

import contextlib
import copy
import os
from pathlib import Path

from supervisor.agents.output_parser import OutputParser
from supervisor.executors.local.terminal.private_keys import PrivateKeys
from supervisor.executors.local.terminal.redaction import Redactor
from supervisor.failpoints import reached
from supervisor.workspaces.transcript_reader import LONGEST_LINE, TAIL_BYTES, lines_of, plain


class TranscriptWriter:
    """Takes a session's bytes as they come; the file is opened with the first of them."""

    def __init__(self, path: Path, max_bytes: int, mask: Redactor, parser: OutputParser) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._mask = mask
        self._keys = PrivateKeys()
        self._parser = parser
        self._hears = type(parser) is not OutputParser
        self._file: int | None = None
        self._unended = b""
        self._kept = 0
        self._tail = b""
        self.size = 0
        """Bytes printed so far, also those beyond what is kept."""

    def feed(self, data: bytes) -> None:
        """Take more output; whole lines of it are masked, kept and heard."""
        self.size += len(data)
        whole, end, rest = (self._unended + data).rpartition(b"\n")
        if len(rest) > LONGEST_LINE:
            long = whole + end + rest
            cut = self._mask.cut(long)
            whole, end, rest = long[:cut], b"", long[cut:]
        self._unended = rest
        if whole or end:
            self._take(whole + end)

    def tail(self, lines: int = 12) -> str:
        """The last lines as plain text."""
        unended = self._mask.apply(self._unended, copy.copy(self._keys))
        kept = [line.rstrip() for line in plain(self._tail + unended).splitlines()]
        return "\n".join([line for line in kept if line.strip()][-lines:])

    def close(self) -> None:
        """Close the file; a transcript that ran over says so in its last line."""
        if self._unended:
            self._take(self._unended)
            self._unended = b""
        if self._file is not None:
            if self._kept > self._max_bytes:
                self._keep(f"\n[{self._kept - self._max_bytes:,} more bytes were not kept]\n".encode())
            os.close(self._file)
            self._file = None

    def _take(self, lines: bytes) -> None:
        masked = self._mask.apply(lines, self._keys)
        keep = masked[: max(0, self._max_bytes - self._kept)]
        self._kept += len(masked)
        self._tail = (self._tail + masked)[-TAIL_BYTES:]
        if keep:
            self._keep(keep)
        if self._hears:
            for line in lines_of(masked):
                self._parser.feed_line(line)

    def _keep(self, lines: bytes) -> None:
        with contextlib.suppress(OSError):  # the session's folder was deleted under way, or the disk is full
            if self._file is None:
                self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            reached("transcript.before_write")
            os.write(self._file, lines)
            reached("transcript.written")
