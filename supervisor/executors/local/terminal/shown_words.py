"""What a screen says by itself: without the prompt that was pasted into it, without frames and the line to type in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_NO_WORDS = re.compile(r"[\W_]+")
_SHORT = 12
"""Rows with fewer letters may be part of many a prompt by chance: they are of it only where they are a line of it."""


def own_rows(rows: Iterable[str], prompt: str, ready: str) -> Iterator[str]:
    """The rows that are the program's own words.

    A program may show the prompt without its marks and break its lines: only letters and digits are compared. `ready`
    is the regular expression by which its line to type in is known.
    """
    lines = {_letters(line) for line in prompt.splitlines()}
    whole = _letters(prompt)
    for row in rows:
        letters = _letters(row)
        if letters in lines or (len(letters) >= _SHORT and letters in whole):
            continue
        if letters and re.search(ready, row) is None:
            yield row


def _letters(text: str) -> str:
    return _NO_WORDS.sub("", text)
