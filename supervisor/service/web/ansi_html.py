"""What a session printed, with its colours, as HTML that a strict content policy allows: classes, and no styles."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from markupsafe import Markup, escape
from rich.ansi import AnsiDecoder
from rich.color import ColorSystem
from rich.style import Style

from supervisor.text import plain_text
from supervisor.workspaces.transcript_reader import is_drawn, readable

_COLOUR = re.compile(r"(\x1b\[[0-9;]{0,100}m)")
_MOST_COLOURS = 30_000
"""Changes of colour that a page is given: each is an element of it."""


def as_html(printed: bytes, shown: Callable[[str], str]) -> Markup:
    """A transcript for the page; `shown` makes a line of the agent's for people.

    It takes time in proportion to what was printed, up to a second for each megabyte; call it in a thread. What was
    drawn on a screen, or has more colours than a page can hold, is shown without them.
    """
    if is_drawn(printed) or printed.count(b"\x1b[") > _MOST_COLOURS:
        return escape(readable(printed, shown))
    decoder = AnsiDecoder()
    found: list[Markup] = []
    for line in printed.decode("utf-8", "replace").replace("\r\n", "\n").split("\n"):
        text = plain_text.plain(line)
        told = plain_text.plain(shown(text))
        if told.strip():
            found.append(_coloured(decoder, line) if told == text else escape(told))
    return Markup("\n").join(found)


def _coloured(decoder: AnsiDecoder, line: str) -> Markup:
    overwritten = line.rstrip("\r").rpartition("\r")[2]
    # The decoder is left nothing but colours: its patterns take long for some other sequences that do not end.
    parts = _COLOUR.split(overwritten)
    parts[::2] = [plain_text.plain(part) for part in parts[::2]]
    text = decoder.decode_line("".join(parts))
    pieces: list[Markup] = []
    at = 0
    for span in text.spans:  # in their order, none over another
        pieces.append(escape(text.plain[at : span.start]))
        at = span.end
        begin, end = _tags(span.style) if isinstance(span.style, Style) else (Markup(), Markup())
        pieces += begin, escape(text.plain[span.start : at]), end
    return Markup().join([*pieces, escape(text.plain[at:])])


@lru_cache(maxsize=1024)
def _tags(style: Style) -> tuple[Markup, Markup]:
    looks = {"b": style.bold, "d": style.dim, "i": style.italic, "u": style.underline, "r": style.reverse}
    found = [name for name, on in looks.items() if on]
    for prefix, color in (("f", style.color), ("g", style.bgcolor)):
        if color is not None and not color.is_default:
            found.append(f"{prefix}{color.downgrade(ColorSystem.STANDARD).number}")
    if not found:
        return Markup(), Markup()
    return Markup('<span class="{}">').format(" ".join(found)), Markup("</span>")
