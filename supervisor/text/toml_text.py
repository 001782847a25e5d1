"""A TOML file's text as people save it, and where in it a key is written, which the parser does not tell."""

from __future__ import annotations

import codecs
import re
import tomllib
from typing import Any

_HEADER = re.compile(r"\s*(\[{1,2})\s*([^\[\]]+?)\s*\]{1,2}\s*(#.*)?")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=(.*)""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_NOT_BRACKETS = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*'|#.*""")
_AT = re.compile(r" \(at line (\d+), column (\d+)\)$")
_WORDS = {
    "Invalid value": "no value, or not a whole one; text stands in quotes",
    "Expected newline or end of document": 'more than a value; text, and times like "10m", stand in quotes',
    "Cannot overwrite": "this is written already further up; keep one of them",
    "Cannot declare": "this is written already further up; keep one of them",
    "Cannot redefine": "this is written already further up; keep one of them",
    "Cannot mutate": "this is written already further up; keep one of them",
    "Duplicate inline table key": "this key is written twice; keep one of them",
    "Invalid statement": "neither `key = value` nor a [table]",
    "Expected '=' after a key": "a key without `= value`; what is neither key nor [table] begins with #",
    "Invalid initial character for a key": "no key; one with other characters than letters, digits, - and _ is quoted",
    "Invalid hex value": "a backslash in text; write it twice, or put the text in single quotes",
    "Unescaped": "a backslash in text; write it twice, or put the text in single quotes",
    "Expected ']": "the bracket is not closed as it was opened",
    "Unclosed": "a list or a table is not closed",
    "Unterminated": "a text is not closed",
    "Expected ": "a text or a list is not closed",
    "Escaped character": "an escape of no character",
    "Found invalid character": "a control character",
    "Illegal character": "a line break or control character in a text, or a quote is missing",
    "Invalid date or datetime": "a date that there is not",
}
"""How the parser's complaints begin, to what a person is told."""

Place = tuple[str | int, ...]


class TomlRefused(ValueError):
    """The file is no TOML; the message says where and what."""


def text_of(data: bytes) -> str:
    """The text of a file that people wrote: UTF-8, with or without a byte order mark; TomlRefused where it is other."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise TomlRefused("it is saved as UTF-16; save it as UTF-8")
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TomlRefused(f"line {line} is not valid UTF-8 (byte {error.start}); save it as UTF-8") from error


def parse(text: str) -> dict[str, Any]:
    """What a TOML text holds; TomlRefused where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TomlRefused(_in_words(str(error), text)) from error


def line_of(text: str, place: Place) -> int | None:
    """The line in which a key or a table begins, or the nearest that is written around it; None: the whole file."""
    lines = _lines(text)
    for length in range(len(place), 0, -1):
        within = [line for written, line in lines.items() if written[:length] == place[:length]]
        if within:
            return min(within)
    return None


def _in_words(said: str, text: str) -> str:
    """The parser's complaint with its place, the line as it is written, and what to do."""
    words = next(
        (words for begins, words in _WORDS.items() if said.startswith(begins)), "it cannot be read from there on"
    )
    found = _AT.search(said)
    if found is None:
        return f"at its end: {words}"
    number = int(found[1])
    lines = text.splitlines()
    shown = lines[number - 1].strip() if number <= len(lines) else ""
    return f"line {number}, column {found[2]}, `{shown[:80]}`: {words}"


def _lines(text: str) -> dict[Place, int]:
    """Places to lines. Keys within lists and tables in one line count as where the outermost is written."""
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    open_text, depth = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if open_text:
            open_text = "" if line.count(open_text) % 2 else open_text
            continue
        if depth <= 0 and (header := _HEADER.fullmatch(line)):
            table = _entered(_names(header[2]), counts, listed=len(header[1]) == 2)
            found.setdefault(table, number)
            continue
        rest = line
        if depth <= 0:
            depth = 0
            key = _KEY.fullmatch(line)
            if key is not None:
                found.setdefault((*table, *_names(key[1])), number)
                rest = key[2]
        for quotes in ('"""', "'''"):
            if rest.count(quotes) % 2:
                open_text = quotes
        plain = _NOT_BRACKETS.sub("", rest)
        depth += plain.count("[") + plain.count("{") - plain.count("]") - plain.count("}")
    return found


def _entered(names: tuple[str, ...], counts: dict[Place, int], *, listed: bool) -> Place:
    """The place of a table by its header: lists of tables before it are at their last entry."""
    place: Place = ()
    for number, name in enumerate(names, 1):
        place = (*place, name)
        if listed and number == len(names):
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, counts[place])
    return place


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(text))
