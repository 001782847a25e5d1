"""Strict reading of JSON from bytes: what a lenient reader lets pass is refused with a message that can be acted on."""

from __future__ import annotations

import json
import math
import re
import sys
from typing import Any

MAX_DEPTH = 200
_WORDS = {
    "Expecting value": "no value; text stands in double quotes, and there is no comma after the last one",
    "Expecting property name": "a name in double quotes is missing; after the last member there is no comma",
    "Expecting ':'": "a colon is missing after a name",
    "Expecting ','": "a comma or a closing bracket is missing",
    "Illegal trailing comma": "there is a comma after the last one",
    "Extra data": "something follows after the value",
    "Unterminated string": "the text that begins here is not closed",
    "Invalid control character": "a line break or control character stands in a text; write \\n or \\u000a",
    "Invalid \\": "the backslash begins no escape; write it twice",
}
"""How the reader's complaints begin, to what is told."""
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonRefused(ValueError):
    """The bytes are not strict JSON; `kind` is a short word, the message says where and what."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


def parse_strict(data: bytes) -> tuple[Any, tuple[str, ...]]:
    """Parse UTF-8 JSON (RFC 8259) and return `(value, names that stand twice in the outermost object)`.

    Refused, with JsonRefused: a byte order mark, invalid UTF-8, NaN, infinities and numbers that overflow to them,
    doubled names in inner objects, lone surrogates, more than MAX_DEPTH levels, anything before or after the value. For
    a doubled outermost name the first value stands, since ids there fail one by one and not with the whole file.
    """
    if data.startswith(b"\xef\xbb\xbf"):
        raise JsonRefused("byte_order_mark", "the file begins with a byte order mark; write plain UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonRefused("invalid_utf8", f"byte {error.start} is not valid UTF-8 ({error.reason})") from error
    doubled: list[tuple[dict[str, Any], str]] = []

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, value in members:
            if name in made:
                doubled.append((made, name))
            else:
                made[name] = value
        return made

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=_refuse_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise JsonRefused("not_json", f"not JSON at {place}: {_in_words(error.msg)}") from error
    except RecursionError as error:
        raise JsonRefused("too_deep", f"more than {MAX_DEPTH} levels deep") from error
    except ValueError as error:
        if isinstance(error, JsonRefused):
            raise
        # What else json.loads raises is that of int(): so long a number would take it for ever.
        most = sys.get_int_max_str_digits()
        said = f"a whole number has more than {most} digits; write a smaller one, or text in quotes"
        raise JsonRefused("not_json", f"not JSON as it is read here: {said}") from error
    for owner, name in doubled:
        if owner is not value:
            raise JsonRefused("doubled_name", f"the name {name!r} stands twice in one object")
    if _too_deep(value):
        raise JsonRefused("too_deep", f"more than {MAX_DEPTH} levels deep")
    if _SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError as error:
            raise JsonRefused("lone_surrogate", "a \\u escape is half of a surrogate pair") from error
    return value, tuple(name for _, name in doubled)


def _in_words(said: str) -> str:
    return next(
        (words for begins, words in _WORDS.items() if said.startswith(begins)), "it cannot be read from there on"
    )


def _refuse_constant(name: str) -> Any:
    raise JsonRefused("not_finite", f"{name} is not JSON; use null or a number")


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise JsonRefused("not_finite", f"the number {number[:40]} is too large for a float; write a smaller one")
    return value


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True


def compact(value: Any) -> str:
    """One line of JSON, equal for equal values whatever order their members came in."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def one_a_line(members: dict[str, Any]) -> str:
    """A JSON object with a member on each line: as readable as an indented one, and shorter to read and to make."""
    if not members:
        return "{}"
    lines = [f"  {json.dumps(name, ensure_ascii=False)}: {in_order(value)}" for name, value in members.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


def in_order(value: Any) -> str:
    """One line of JSON that keeps the order in which members came."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
