"""What a program drew on its screen, as text: the end of it, within a bound of work, whatever its bytes are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pyte.screens import Margins, wcwidth
from pyte.streams import Stream

from supervisor.text import plain_text
from supervisor.workspaces.lenient_screen import LenientScreen

_MOST_BYTES = 1 << 20
_MOST_WORK = 300_000
"""In what it costs to draw a character."""
_MOST_LINES = 10_000
_LONGEST_TEXT = 2000
"""Characters that are taken or left together."""
_PARTS = re.compile(
    # What moves the cursor, erases, inserts or scrolls, with no more and no other numbers than a screen can take.
    r"(?P<screen>\x1b\[\??[0-3]?J|\x1bc|\x1b\[\d{0,5}P)"
    r"|(?P<line>\x1b\[\d{0,5}[@LMX]|\x1b\[\??[0-2]?K|\x1b[DEM]|[\n\v\f])"
    r"|(?P<cursor>\x1b\[(?:\d{0,5}[A-Gade]|(?:\d{0,5};)?\d{0,5}[Hfr]|\?[67][hl]|4[hl])|\x1b[78]|[\r\b\t])"
    rf"|(?P<other>{plain_text.ESCAPES.pattern})"
    rf"|(?P<text>[^\x00-\x1f\x7f-\x9f]{{1,{_LONGEST_TEXT}}})"
)
_COSTS = {"screen": 100, "line": 20, "cursor": 8}
_INSERTING, _COST_OF_INSERTED = "\x1b[4h", 20
_MARKS = re.compile(r"^[\u0300-\u036f]+|([\u0300-\u036f]{3})[\u0300-\u036f]+")


def replayed(data: bytes) -> str:
    """Everything that a screen showed: what was scrolled out at its top, and what stood there at the end."""
    screen = _Roll()
    Stream(screen).feed("".join(_last_parts(data)))
    shown = [*screen.above[-_MOST_LINES:], *(line.rstrip() for line in screen.display)]
    return plain_text.plain("\n".join(shown).strip("\n")) + "\n"


class _Roll(LenientScreen):
    """A screen that keeps what leaves it at the top."""

    def __init__(self) -> None:
        self.above: list[str] = []
        super().__init__()

    def index(self) -> None:
        top, bottom = self.margins or Margins(0, self.lines - 1)
        if self.cursor.y == bottom:
            self.above.append(self.row(top).rstrip())
        super().index()

    def erase_in_display(self, how: int = 0, *args: Any, **kwargs: Any) -> None:
        super().erase_in_display(how, *args, **kwargs)
        if how == 3:
            self.above.clear()

    def reset(self) -> None:
        super().reset()
        self.above.clear()


def _last_parts(data: bytes) -> list[str]:
    """The parts at the end that can be drawn within the bound."""
    parts = list(_parts(data[-_MOST_BYTES:].decode("utf-8", "replace")))
    left, first = _MOST_WORK, len(parts)
    while first and (left := left - parts[first - 1][1]) >= 0:
        first -= 1
    return [part for part, _ in parts[first:]]


def _parts(text: str) -> Iterator[tuple[str, int]]:
    """Each part that changes what is seen, with what it costs; colours and what is unknown do not."""
    per_character = _COST_OF_INSERTED if _INSERTING in text else 1
    for part in _PARTS.finditer(text):
        kind = part.lastgroup
        if kind == "text":
            drawn = _drawable(part[0])
            yield drawn, len(drawn) * per_character
        elif kind is not None and kind != "other":
            yield part[0], _COSTS[kind]


def _drawable(text: str) -> str:
    """The text without what a screen stumbles over: the rest of a piece would be lost after it."""
    if text.isascii():
        return text
    return _MARKS.sub(r"\1", "".join([char for char in text if _is_drawable(char)]))


@lru_cache(maxsize=4096)
def _is_drawable(char: str) -> bool:
    return wcwidth(char) > 0 or unicodedata.combining(char) > 0
