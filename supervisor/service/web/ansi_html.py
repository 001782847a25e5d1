"""What a session printed, with its colours, as HTML that a strict content policy allows: classes, and no styles."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from markupsafe import Markup, escape
from rich.color import ColorSystem
from rich.style import Style
from rich.text import Text

from supervisor.text import plain_text
from supervisor.workspaces.transcript_reader import is_drawn, readable


def as_html(printed: bytes, shown: Callable[[str], str]) -> Markup:
    """A transcript for the page; `shown` makes a line of the agent's for people."""
    if is_drawn(printed):
        return escape(readable(printed, shown))
    found: list[Markup] = []
    for line in printed.decode("utf-8", "replace").replace("\r\n", "\n").split("\n"):
        text = plain_text.plain(line)
        told = plain_text.plain(shown(text))
        if told.strip():
            found.append(_line(line) if told == text else escape(told))
    return Markup("\n").join(found)


def _line(line: str) -> Markup:
    text = Text.from_ansi(line)
    whole = text.plain
    parts = Markup()
    edges = sorted({0, len(whole), *(edge for span in text.spans for edge in (span.start, span.end))})
    for start, end in itertools.pairwise(edges):
        styles = [
            span.style if isinstance(span.style, Style) else Style.parse(span.style)
            for span in text.spans
            if span.start <= start and span.end >= end
        ]
        style = Style.combine(styles) if styles else Style.null()
        piece = escape(plain_text.plain(whole[start:end]))
        names = _classes(style)
        parts += Markup('<span class="{}">{}</span>').format(names, piece) if names else piece
    return parts


def _classes(style: Style) -> str:
    found = [
        name for name, on in (("b", style.bold), ("d", style.dim), ("i", style.italic), ("u", style.underline)) if on
    ]
    for prefix, color in (("f", style.color), ("g", style.bgcolor)):
        if color is not None and not color.is_default:
            found.append(f"{prefix}{color.downgrade(ColorSystem.STANDARD).number}")
    return " ".join(found)
