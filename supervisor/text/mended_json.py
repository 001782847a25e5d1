"""Reading JSON that was written with harmless deviations: a byte order mark, a fence, text around it, trailing commas.

What is read is one whole object or array that is strict but for its commas. Brackets are matched and never made, so
that nothing comes of what was cut off. What could mean two things is refused, with a message that says so.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, NamedTuple

from supervisor.text.plain_text import plain_line
from supervisor.text.strict_json import JsonRefused, parse_strict

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}"]', re.DOTALL)
"""A text in quotes, a bracket, or a quote that is not closed."""
_OR_COMMA = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|,(?=\s*[}\]])', re.DOTALL)
_FENCE = re.compile(
    r"^[ \t]*+(`{3,}+|~{3,}+)[ \t]*+[\w+-]*+[ \t]*+$"
    r"|^[ \t]*+`{3,}+(?:json5?|jsonc)?[ \t]++"
    r"|(?<![ \t`])[ \t]*+`{3,}+[ \t]*+$",
    re.M,
)
"""Of a run of blanks or backticks each is looked at once only: there may be millions."""
_BRACKET = re.compile(r"[\[{]")
_AT_LINE = re.compile(r"^[ \t]*[\[{]", re.M)
_PLACE = re.compile(r"not JSON at line (\d+), column (\d+)")
_MENDABLE = ("not_json", "byte_order_mark", "invalid_utf8")
_SHOWN = 100
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class MendedJson(NamedTuple):
    """What was read, and what had to be passed over for it."""

    value: Any
    """The outermost value: an object or an array."""
    doubled: tuple[str, ...]
    """Names that stand twice in the outermost object, of which the first value is taken."""
    notes: tuple[str, ...]
    """What was mended, a line each; never empty."""


class _Ambiguous(Exception):
    """There may be an answer in it, but not one only."""


def mend_json(data: bytes, refusal: JsonRefused) -> MendedJson:
    """Read what `parse_strict` refused; JsonRefused says why it cannot be read so either, and what stands there."""
    if refusal.kind not in _MENDABLE:
        raise refusal
    text, notes = _decoded(data, refusal)
    if notes:
        try:
            value, doubled = parse_strict(text.encode())
            if isinstance(value, (dict, list)):
                return MendedJson(value, doubled, notes)
        except JsonRefused as error:
            refusal = error
    try:
        begin, end = _only_value(text)
    except _Ambiguous as why:
        raise _explained(text, refusal, str(why)) from None
    value, doubled, comma = _read(text, begin, end)
    around = text[:begin] + "\n" + text[end:]
    if _FENCE.search(around):
        notes += ("a Markdown fence was left out",)
    if prose := plain_line(_FENCE.sub("", around), _SHOWN):
        if not _is_meant(value):  # a remark such as [1] in a text without an answer
            raise _explained(text, refusal, _says(text))
        notes += (f"text around the JSON was left out: {prose!r}",)
    return MendedJson(value, doubled, notes + comma)


def value_at_end(text: str) -> str:
    """The object or array that a text ends with, which begins on a line of its own; "" where there is none.

    A fence around it may close it. Of what was cut off at its beginning or its end nothing is taken.
    """
    text = _FENCE.sub("", text).rstrip()
    at = 0
    while (found := _AT_LINE.search(text, at)) is not None:
        begin = found.end() - 1
        end = _end_of(text, begin)
        if end is None:
            return ""
        if end == len(text):
            return text[begin:end]
        newline = text.find("\n", end)
        if newline < 0:
            return ""
        at = newline
    return ""


def _decoded(data: bytes, refusal: JsonRefused) -> tuple[str, tuple[str, ...]]:
    try:
        if data.startswith(codecs.BOM_UTF8):
            return data[len(codecs.BOM_UTF8) :].decode(), ("a byte order mark was left out",)
        if data.startswith(_UTF16):
            return data.decode("utf-16"), ("UTF-16 was read as UTF-8",)
        return data.decode(), ()
    except UnicodeDecodeError:
        raise refusal from None


def _only_value(text: str) -> tuple[int, int]:
    """Where the one value begins and ends; _Ambiguous says what there is instead."""
    bracket = _BRACKET.search(text)
    if bracket is None:
        raise _Ambiguous(_says(text))
    first = bracket.start()
    own_line = _AT_LINE.search(text)
    begins = [first] if own_line is None or own_line.end() - 1 == first else [first, own_line.end() - 1]
    why = ""
    for begin in begins:
        end = _end_of(text, begin)
        if end is None:
            why = why or f"it is cut off, or its brackets do not match; it ends with: {text.rstrip()[-60:]!r}"
            continue
        try:
            _check_prose(text[:begin], text, 0)
            _check_prose(text[end:], text, end)
        except _Ambiguous as other:
            why = why or str(other)
            continue
        return begin, end
    raise _Ambiguous(why)


def _check_prose(part: str, text: str, at: int) -> None:
    """Raise _Ambiguous where a text beside the value could be another one, or belong to it."""
    for line in _FENCE.sub("", part).splitlines():
        words = line.strip()
        if words[:1] in tuple(',]}":') and words:
            raise _Ambiguous(f"what belongs to it and what does not cannot be told: {words[:60]!r}")
        begin = next((n for n, sign in enumerate(words) if sign in "[]{}"), None)
        while begin is not None:
            end = _end_of(words, begin)
            if end is None or begin == 0 or _is_data(words[begin:end]):
                number = text.count("\n", 0, max(0, text.find(line, at))) + 1
                raise _Ambiguous(
                    f"there is more than one JSON value, or a part of one, also at line {number}: {words[:60]!r}"
                )
            begin = next((n for n in range(end, len(words)) if words[n] in "[]{}"), None)


def _is_data(words: str) -> bool:
    """Whether what stands in brackets is more than a remark such as [1] or {name}."""
    try:
        value = json.loads(words)
    except (ValueError, RecursionError):
        return False
    return _is_meant(value)


def _is_meant(value: Any) -> bool:
    """Whether an object or array has something in it that can be an answer."""
    return isinstance(value, dict) or any(isinstance(each, (str, dict, list)) for each in value)


def _says(text: str) -> str:
    stands = plain_line(text, _SHOWN)
    return f"there is no object or array in it; it says: {stands!r}" if stands else "it is empty"


def _end_of(text: str, begin: int) -> int | None:
    """Where the bracket at `begin` is closed; None where it is not, or others in it do not match."""
    open_: list[str] = []
    for token in _TOKEN.finditer(text, begin):
        sign = token[0]
        if sign[0] == '"':
            if len(sign) == 1:
                return None
        elif sign in "[{":
            open_.append("]" if sign == "[" else "}")
        elif not open_ or open_.pop() != sign:
            return None
        elif not open_:
            return token.end()
    return None


def _read(text: str, begin: int, end: int) -> tuple[Any, tuple[str, ...], tuple[str, ...]]:
    """Value, doubled names and what was mended of the part of a text that begins and ends with its brackets."""
    part = text[begin:end]
    line = text.rfind("\n", 0, begin) + 1
    try:
        # With white space for what stands before, so that errors name lines of the text.
        return *parse_strict(("\n" * text.count("\n", 0, begin) + " " * (begin - line) + part).encode()), ()
    except JsonRefused as error:
        if error.kind != "not_json":
            raise
        inner = error
    commas = 0

    def left_out(match: re.Match[str]) -> str:
        nonlocal commas
        if match[0] != ",":
            return match[0]
        at = match.start() - 1
        while part[at].isspace():
            at -= 1
        if part[at] in "[{,:":
            return match[0]
        commas += 1
        return ""

    without = _OR_COMMA.sub(left_out, part)
    if commas:
        try:
            note = "a trailing comma was left out" if commas == 1 else f"{commas} trailing commas were left out"
            return *parse_strict(without.encode()), (note,)
        except JsonRefused as error:
            if error.kind != "not_json":
                raise
    raise _explained(text, inner, "")


def _explained(text: str, refusal: JsonRefused, why: str) -> JsonRefused:
    """The refusal with what stands there, in words of ours."""
    place = _PLACE.match(str(refusal))
    if place is None:
        return refusal
    if not why:
        lines = text.split("\n")
        number, column = int(place[1]), int(place[2])
        line = lines[number - 1] if number <= len(lines) else ""
        there = plain_line(line[column - 1 :], 60)
        why = f"there stands {there!r}" if there else "there it ends"
    return JsonRefused(refusal.kind, f"{place[0]}: {why}")
