"""What a session printed: kept up to a limit without its secrets, heard line by line, and shown as plain text."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from supervisor.text import plain_text

TAIL_BYTES, _LONGER_TAIL_BYTES = 8192, 512 << 10
"""The end of a transcript, and where nothing in it says anything to people, as in an answer that comes bit by bit."""
LONGEST_LINE = 4 << 20
"""A line that is longer is taken in pieces."""
_DRAWN = re.compile(rb"\x1b\[\??[0-9;]*[ABCDHJf]|\x1b\[\?1049h")
"""Moves the cursor about, or clears the screen: the bytes in their order are not what was seen. That one shows the
cursor or sets another mode, as programs do at their end that drew nothing, is no sign of it."""


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
        return _replayed(data)
    # What it makes of a line may have in it what stood there in other words: JSON can spell any control character.
    lines = [plain_text.plain(shown(line)) for line in lines_of(data)]
    return "".join(f"{line}\n" for line in lines if line.strip())


def _replayed(data: bytes) -> str:
    from supervisor.workspaces.screen_replay import replayed  # with its screen, which little else needs

    return replayed(data)


def last_line(path: Path, shown: Callable[[str], str] = str) -> str:
    """The last line of a transcript that says something to people, or an empty text."""
    for tail_bytes in (TAIL_BYTES, _LONGER_TAIL_BYTES):
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
