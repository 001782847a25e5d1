"""What holds for every text of the course, whatever the phase, and how two texts are compared."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from supervisor import ValidationError

Words = tuple[str, ...]

_APOSTROPHES = "'’ʼ＇"
_JOINERS = "\u200c\u200d"  # Persian and several Indic scripts are misspelt without them
_FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_QUOTES = '"“”„«»‹›「」『』'
_MARKUP = set("*_`#|\\~<>{}[]()=/→⇒（）［］｛｝【】〔〕＊＿／")
_UNSPACED = re.compile(  # Thai, Lao, Burmese, Khmer, kana, Chinese characters: written without spaces
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_NOTES = (
    (re.compile(r"^\s*(?:[-•–—]|\d+[.)])\s"), "a list marker"),
    (re.compile(r"&(?:#\w+|[a-z]+);", re.IGNORECASE), "an HTML entity"),
    (re.compile(r"\b(?:TODO|TBD|FIXME|XXX|PLACEHOLDER)\b"), "a placeholder"),
    (re.compile(r"\blorem ipsum\b", re.IGNORECASE), "a placeholder"),
    (re.compile(r"\bliterally\b", re.IGNORECASE), "a note"),
    (
        re.compile(
            r"\b(?:translation|translated|note|alternatively)\s*[:：]"
            r"|^\s*(?:traducción|traduccion|traduzione|traduction|tradução|übersetzung|target|known|answer|output|result"
            r"|english|spanish|italian|french|german|portuguese|español|italiano|français|deutsch|nota)\s*[:：]",
            re.IGNORECASE,
        ),
        "a label",
    ),
)


@lru_cache(maxsize=20_000)
def words(text: str) -> Words:
    """The words of `text` for comparing: NFC, case folded, without punctuation; apostrophes inside words stay.

    In scripts that are written without spaces each character counts as a word.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    kept = "".join(
        "'" if _joins(folded, index) else char if _in_word(char) else " " for index, char in enumerate(folded)
    )
    return tuple(piece for word in kept.split() for piece in _pieces(word))


def quoted(text: str) -> str:
    """`text` in quotation marks, shortened, and fit for any message."""
    shown = text if len(text) <= 160 else text[:159] + "…"
    return json.dumps(shown, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")


def described(value: Any) -> str:
    """What kind of JSON value this is, for messages about a wrong shape."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return f"an array of {len(value)}"
    if isinstance(value, dict):
        return f"an object with {', '.join(quoted(str(key)) for key in list(value)[:5]) or 'no members'}"
    return f"the value {quoted(str(value))}"


def as_pair(value: Any) -> tuple[str, str] | None:
    """`value` as (target, known), or None where it is not an array of two strings."""
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(text, str) for text in value):
        return value[0], value[1]
    return None


def lego_rows(payload: Any) -> Iterator[tuple[str, str, str]]:
    """The (lego_id, target, known) of a merged phase 3 payload; passes over what a hand edit left unusable."""
    if isinstance(payload, list | tuple) and len(payload) == 2 and isinstance(payload[1], list | tuple):
        for row in payload[1]:
            if isinstance(row, list | tuple) and len(row) == 3 and all(isinstance(text, str) for text in row):
                yield row[0], row[1], row[2]


def text_errors(item_id: str, where: str, text: str, source: str) -> Iterator[ValidationError]:
    """What is wrong with one written text as a text; `source` is what it came from, whose own marks are allowed."""
    if not text.strip():
        yield ValidationError(
            type="empty_text",
            item_id=item_id,
            message=f"{where} is empty: {quoted(text)}",
            suggestion="write the text; no text of an item may be empty or blank",
        )
        return
    if text != text.strip():
        yield ValidationError(
            type="padded_text",
            item_id=item_id,
            message=f"{where} begins or ends with white space: {quoted(text)}",
            suggestion=f"write {quoted(text.strip())}",
        )
    elif re.search(r"\s\s", text):
        yield ValidationError(
            type="doubled_space",
            item_id=item_id,
            message=f"{where} has several white spaces in a row: {quoted(text)}",
            suggestion=f"write {quoted(' '.join(text.split()))}",
        )
    if text != unicodedata.normalize("NFC", text):
        yield ValidationError(
            type="not_nfc",
            item_id=item_id,
            message=f"{where} is not in Unicode normalisation form C: {quoted(text)}",
            suggestion="write accented letters as single characters (é as U+00E9, not e followed by U+0301)",
        )
    if found := [char for char in text if unicodedata.category(char) in _FORBIDDEN and char not in _JOINERS]:
        names = ", ".join(dict.fromkeys(f"U+{ord(char):04X}" for char in found[:20]))
        yield ValidationError(
            type="control_character",
            item_id=item_id,
            message=f"{where} holds control or invisible characters ({names}): {quoted(text)}",
            suggestion="write one line of visible characters; use a plain space between words",
        )
    yield from _leftovers(item_id, where, text, source)


def copy_difference(given: str, expected: str) -> str:
    """Where a copied text first differs from what it was to be copied from."""
    at = next((i for i, (a, b) in enumerate(zip(given, expected, strict=False)) if a != b), None)
    if at is None:
        at = min(len(given), len(expected))
        part = f"it stops before {quoted(expected[at:])}" if len(given) < at + 1 else f"it adds {quoted(given[at:])}"
        return f"{part} at character {at + 1}"
    return f"character {at + 1} is {_character(given[at])} instead of {_character(expected[at])}"


def _character(char: str) -> str:
    return f"{quoted(char)} (U+{ord(char):04X})"


def _leftovers(item_id: str, where: str, text: str, source: str) -> Iterator[ValidationError]:
    marks = [char for char in dict.fromkeys(text) if char in _MARKUP and char not in source]
    if marks:
        yield ValidationError(
            type="leftover_markup",
            item_id=item_id,
            message=f"{where} holds {' '.join(marks)}, which does not belong to it: {quoted(text)}",
            suggestion="write the text alone, as a learner would say it: one wording, no Markdown or HTML, nothing in "
            "brackets, no alternatives with a slash",
        )
    if text[0] in _QUOTES and text[-1] in _QUOTES and not any(char in _QUOTES for char in source):
        yield ValidationError(
            type="leftover_markup",
            item_id=item_id,
            message=f"{where} is wrapped in quotation marks: {quoted(text)}",
            suggestion=f"write {quoted(text[1:-1])}",
        )
    for pattern, kind in _NOTES:
        if (match := pattern.search(text)) and not pattern.search(source):
            yield ValidationError(
                type="leftover_note",
                item_id=item_id,
                message=f"{where} holds {kind}, {quoted(match.group().strip())}: {quoted(text)}",
                suggestion="write the text alone, without labels, numbers, remarks or placeholders",
            )
            return


@lru_cache(maxsize=4_096)
def _in_word(char: str) -> bool:
    return unicodedata.category(char)[0] not in "PZC" or char in _JOINERS


def _joins(text: str, index: int) -> bool:
    """Whether the character is an apostrophe with word characters on both its sides."""
    return (
        text[index] in _APOSTROPHES
        and 0 < index < len(text) - 1
        and _in_word(text[index - 1])
        and _in_word(text[index + 1])
    )


def _pieces(word: str) -> Iterator[str]:
    if not _UNSPACED.search(word):
        yield word
        return
    piece = ""
    for char in word:
        alone = _UNSPACED.match(char) or (piece and _UNSPACED.match(piece))
        if piece and alone and unicodedata.category(char)[0] != "M":
            yield piece
            piece = ""
        piece += char
    yield piece
