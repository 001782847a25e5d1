"""Text that a terminal and a log may be shown, whatever an agent or an item put into it."""

from __future__ import annotations

import re

ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # operating system commands: titles, links
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # device control strings and their like
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # control sequences: colour, cursor
    r"|\x1b[ -/]*[0-~]"  # two-character escapes
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


_SURROGATE = re.compile("[\ud800-\udfff]")


def encodable(text: str) -> str:
    """The text as UTF-8 can have it: with U+FFFD for each half of a pair (a surrogate) that stands alone."""
    return _SURROGATE.sub("\ufffd", text)


def plain(text: str) -> str:
    """The text without escape sequences (ECMA-48), writing-direction overrides, and controls but tab and newline."""
    return _CONTROL.sub("", ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def plain_line(text: str, limit: int = 1000) -> str:
    """The same on one line, cut at `limit` characters."""
    flat = " ".join(plain(text).split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"
