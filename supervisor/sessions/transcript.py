"""What a session printed: kept up to a limit without its secrets, heard line by line, and shown as plain text."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from pathlib import Path

from supervisor.agents.base import Listener
from supervisor.failpoints import reached
from supervisor.model import plain_text
from supervisor.sessions.masking import Mask
from supervisor.sessions.terminal import COLUMNS, ROWS

_TAIL_BYTES, _LONGER_TAIL_BYTES = 8192, 512 << 10
"""The end of a transcript, and where nothing in it says anything to people, as in an answer that comes bit by bit."""
_LONGEST_LINE = 4 << 20
"""A line that is longer is taken in pieces."""
_DRAWN = re.compile(rb"\x1b\[\??[0-9;]*[ABCDHJf]|\x1b\[\?1049h")
"""Moves the cursor about, or clears the screen: the bytes in their order are not what was seen. That one shows the
cursor or sets another mode, as programs do at their end that drew nothing, is no sign of it."""
_REPLAYED_BYTES, _REPLAYED_LINES = 2 << 20, 10_000


def plain(data: bytes) -> str:
    """What a session printed as text that a terminal may be shown."""
    return plain_text.plain(data.decode("utf-8", "replace"))


def lines_of(data: bytes) -> list[str]:
    """The same line by line; what else may separate lines in Unicode is content, as it is in JSON."""
    text = plain(data)
    return text.removesuffix("\n").split("\n") if text else []


def is_drawn(data: bytes) -> bool:
    """Whether a program drew on the screen, so that its bytes in their order are not what was seen."""
    return _DRAWN.search(data) is not None


def readable(data: bytes, shown: Callable[[str], str] = str) -> str:
    """A transcript for people: what the lines say, and of a program that draws on the screen what it showed."""
    if is_drawn(data):
        return _replayed(data[-_REPLAYED_BYTES:])
    # What it makes of a line may have in it what stood there in other words: JSON can spell any control character.
    lines = [plain_text.plain(shown(line)) for line in lines_of(data)]
    return "".join(f"{line}\n" for line in lines if line.strip())


def _replayed(data: bytes) -> str:
    """Everything that a screen showed: what was scrolled out at its top, and what stood there at the end."""
    import pyte

    screen = pyte.HistoryScreen(COLUMNS, ROWS, history=_REPLAYED_LINES)
    pyte.ByteStream(screen).feed(data)
    above = ["".join(row[column].data for column in range(COLUMNS)).rstrip() for row in screen.history.top]
    below = [line.rstrip() for line in screen.display]
    return plain_text.plain("\n".join([*above, *below]).strip("\n")) + "\n"


def last_line(path: Path, shown: Callable[[str], str] = str) -> str:
    """The last line of a transcript that says something to people, or an empty text."""
    for tail_bytes in (_TAIL_BYTES, _LONGER_TAIL_BYTES):
        try:
            with open(path, "rb") as file:
                begins = file.seek(max(0, os.fstat(file.fileno()).st_size - tail_bytes))
                data = file.read()
        except OSError:
            return ""
        if begins:
            data = data.partition(b"\n")[2] or data  # half a line means something else than the whole
        drawn = is_drawn(data)
        lines = _replayed(data).splitlines() if drawn else lines_of(data)
        last = next((line for each in reversed(lines) if (line := plain_text.plain_line(shown(each)))), "")
        if last or drawn or not begins:
            return last
    return ""


def hear_again(path: Path, listener: Listener, max_bytes: int) -> None:
    """Have a kept transcript heard, of a session whose supervisor died before it could be."""
    try:
        with open(path, "rb") as file:
            data = file.read(max_bytes)
    except OSError:
        return
    for line in lines_of(data):
        listener.hear(line)


class Transcript:
    """Takes a session's bytes as they come; the file is opened with the first of them."""

    def __init__(self, path: Path, max_bytes: int, mask: Mask, listener: Listener) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._mask = mask
        self._listener = listener
        self._hears = type(listener) is not Listener
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
        if len(rest) > _LONGEST_LINE:
            whole, end, rest = whole + end + rest, b"", b""
        self._unended = rest
        if whole or end:
            self._take(whole + end)

    def tail(self, lines: int = 12) -> str:
        """The last lines as plain text."""
        kept = [line.rstrip() for line in plain(self._tail + self._mask.apply(self._unended)).splitlines()]
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
        masked = self._mask.apply(lines)
        keep = masked[: max(0, self._max_bytes - self._kept)]
        self._kept += len(masked)
        self._tail = (self._tail + masked)[-_TAIL_BYTES:]
        if keep:
            self._keep(keep)
        if self._hears:
            for line in lines_of(masked):
                self._listener.hear(line)

    def _keep(self, lines: bytes) -> None:
        with contextlib.suppress(OSError):  # the session's folder was deleted under way, or the disk is full
            if self._file is None:
                self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            reached("transcript.before_write")
            os.write(self._file, lines)
            reached("transcript.written")
