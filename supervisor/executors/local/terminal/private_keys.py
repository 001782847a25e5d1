"""Takes private keys out, which go over many lines: also as they come line by line, or with their beginning lost.

A key is known by its first line (PEM of RFC 7468, OpenSSH, OpenPGP, SSH2, PuTTY). What follows belongs to it as long as
it looks like the lines of one, up to its last line; a newline may also be one that JSON has escaped. Of the whole a
single mark is left, and where the key breaks off, the rest of the text goes on in a line of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_NAMES = (b"PRIVATE KEY", b"Private-Lines: ", b"Private-MAC: ")
_EDGE = rb"P(?:RIVATE KEY(?: BLOCK)? ?-{4,5}|rivate-(?:Lines: \d{1,4}|MAC: [0-9a-f]{40,64}))"
_BEFORE_EDGE = rb"-{4,5} ?(BEGIN|END) [A-Z0-9 ]{0,40}\Z"
_LONGEST_BEFORE = 52
_ESCAPED = rb"(?:\\+r)?\\+n"
_BASE64 = rb"[A-Za-z0-9+/=]"
_BESIDE = rb"\x1b\[[0-9;?]*[A-Za-z]|[ \t\r>|*:]|-(?!-)|\xe2[\x80-\xbf]{2}|[0-9]{1,5}(?=[ \t:|]|\xe2)"
"""Line numbers, marks of quotes and of differences, colours."""
_BEFORE = rb"(?:" + _BESIDE + rb"|\+)*+"
_ON_ONE_LINE = rb"(?:" + _BESIDE + rb"|" + _BASE64 + rb")*+"
_HEADER = rb"(?:Proc-Type|DEK-Info|Version|Comment|Charset|Hash|Subject): [^\\\"{}\r\n]{0,200}"
_LINE = (
    _BEFORE + rb"(?:" + _HEADER + rb"|(?P<run>" + _BASE64 + rb"*+)(?:" + _BESIDE + rb")*+)"
    rb"(?:(?P<newline>\r*\n|" + _ESCAPED + rb")|\Z)"
)
_BROKEN_OFF = _BEFORE + rb"(?:" + _BASE64 + rb"{24,}|" + _BASE64 + rb"++(?=\\*\"))"
_PLAIN_LINE = rb"[ \t]*(" + _BASE64 + rb"+)[ \t]*\r*\n"
_LONGEST_LINE = 200
_MOST_LINES = 400
_FULL_LINE = 40
"""Bytes, at least, of a line that is not the last of its key."""


class PrivateKeys:
    """Looks through a text that comes in pieces, of whole lines; it knows whether it is within a key."""

    def __init__(self) -> None:
        self._lines_left = 0
        self._may_go_on = True
        self._newline = b""

    def taken_out(self, data: bytes, mark: bytes) -> bytes:
        """The next piece with each key, or part of one, replaced by one mark."""
        if not self._lines_left and not any(name in data for name in _NAMES):
            return data
        edges = list(_edges(data))
        lasts = {begin: end for begin, end, is_first in edges if not is_first}
        made: list[bytes] = []
        at = self._go_through(data, 0, lasts, made)
        for begin, end, is_first in edges:
            if begin < at:
                continue
            if is_first:
                made += data[at:begin], mark
                self._lines_left, self._may_go_on, self._newline = _MOST_LINES, True, b""
                at = self._go_through(data, end, lasts, made)
            elif (above := _begin_of_rest(data, at, begin)) < begin:
                made += data[at:above], mark
                at = end
        return b"".join([*made, data[at:]])

    def _go_through(self, data: bytes, at: int, lasts: dict[int, int], made: list[bytes]) -> int:
        """Where the key that it is within is over."""
        while self._lines_left and at < len(data):
            at, left_over = self._within(data, at, lasts)
            made.append(left_over)
        return at

    def _within(self, data: bytes, at: int, lasts: dict[int, int]) -> tuple[int, bytes]:
        """Take one line within a key: where to go on, and what is to be written if the key ended before that."""
        for before in (_BEFORE, _ON_ONE_LINE):
            found = re.compile(before).match(data, at)
            if found and found.end() in lasts:
                self._lines_left = 0
                return lasts[found.end()], b""
        line = re.compile(_LINE).match(data, at)
        if line and self._belongs(line["run"] or b""):
            self._lines_left -= 1
            self._newline = line["newline"] or self._newline
            return line.end(), b"" if self._lines_left else self._newline
        self._lines_left = 0
        part = re.compile(_BROKEN_OFF).match(data, at) if self._may_go_on else None
        return part.end() if part else at, self._newline

    def _belongs(self, run: bytes) -> bool:
        if run and not run.startswith(b"="):  # a checksum comes after the last line
            if not self._may_go_on:
                return False
            self._may_go_on = len(run) >= _FULL_LINE
        return True


def begin_of_open_key(data: bytes, at: int) -> int:
    """Where a key begins that is not over at `at`, or an edge of one that `at` would cut; else `at`."""
    begun = at
    for begin, end, is_first in _edges(data):
        if begin < at and is_first:
            begun = begin
        elif begin < at:
            begun = at if end <= at else min(begun, begin)
    return begun


def _edges(data: bytes) -> Iterator[tuple[int, int, bool]]:
    """Begin and end of the first and last lines of keys, and whether it is a first one."""
    for found in re.compile(_EDGE).finditer(data):
        if found[0].startswith(b"Private-"):
            yield *found.span(), b"Lines" in found[0]
            continue
        before = re.search(_BEFORE_EDGE, data[max(0, found.start() - _LONGEST_BEFORE) : found.start()])
        if before:
            yield found.start() - len(before[0]), found.end(), before[1] == b"BEGIN"


def _begin_of_rest(data: bytes, at: int, last: int) -> int:
    """Where the lines begin, right above the last line of a key, that may be of it; `last` if there is none."""
    above = _begin_of_line(data, at, last)
    if data[above:last].strip():
        return last
    begin = above
    for number in range(_MOST_LINES):
        line = _begin_of_line(data, at, begin - 1)
        found = re.fullmatch(_PLAIN_LINE, data[line:begin])
        if found is None or (number and line > at and len(found[1]) < _FULL_LINE):
            break
        begin = line
    return begin if begin < above else last


def _begin_of_line(data: bytes, at: int, inside: int) -> int:
    """No earlier than `at`, nor much further away than a key's lines are long."""
    low = max(at, inside - _LONGEST_LINE)
    return max(low, data.rfind(b"\n", low, max(low, inside)) + 1)
