"""Takes secrets out of what a session printed, before it is written or shown anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from supervisor.executors.local.terminal import secret_shapes
from supervisor.executors.local.terminal.private_keys import PrivateKeys, begin_of_open_key

MASK = b"[secret]"
_SHORTEST = 6
"""Shorter values are no secrets, and taking them out would spoil ordinary text."""
_SHORTEST_LINE, _LINES = 16, 8
"""Of a value of several lines, which come one by one, so many of the longest are known, if they are so long."""
_LONGEST_CUT = 4096
"""Bytes of a value that may be left of it where the rest is lost."""
_LONGEST = 1 << 16
"""Bytes of a secret, at most, where a line has to be cut."""


class Redactor:
    """Knows the secrets of one session: the values that it was given, and what looks like a key."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        forms = {form for value in values if len(value) >= _SHORTEST for form in _forms(value)}
        secret_shapes.prepare()
        self._values = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(_searched(value) for value in self._values))

    def apply(self, data: bytes, keys: PrivateKeys | None = None) -> bytes:
        """The data with every secret in it replaced; `keys` knows what came before it."""
        data = (keys or PrivateKeys()).taken_out(data, MASK)
        made: list[bytes] = []
        at = 0
        for begin, end in self._spans(data):
            if begin >= at:
                made += data[at:begin], MASK
            at = max(at, end)
        return b"".join([*made, data[at:]]) if made else data

    def apply_to_rest(self, data: bytes) -> bytes:
        """The same where what came before is lost: the data may begin within one of the values."""
        cut = [
            length
            for value in self._values
            for length in range(_SHORTEST, min(len(value), _LONGEST_CUT))
            if data[:length] == value[-length:]
        ]
        return MASK + self.apply(data[max(cut) :]) if cut else self.apply(data)

    def cut(self, data: bytes) -> int:
        """Where to cut a line that is too long, near its end: in no secret, nor in what may become one."""
        around = data[-2 * _LONGEST :]
        at = begin_of_open_key(around, max(0, len(around) - _LONGEST))
        for begin, end in reversed(self._spans(around)):
            if begin < at < end:
                at = begin
        return len(data) - len(around) + at

    def _spans(self, data: bytes) -> list[secret_shapes.Span]:
        """In their order; they may overlap."""
        known: list[secret_shapes.Span] = []
        if any(value in data for value in self._values):
            known = [found.span() for found in self._pattern.finditer(data)]
        return sorted([*known, *secret_shapes.spans(data)])


def _forms(value: str) -> set[bytes]:
    """How a value may be printed: as it is, as it stands in JSON, line by line."""
    lines = [line for line in map(str.strip, value.splitlines()) if len(line) >= _SHORTEST_LINE]
    forms = (
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        *sorted(lines, key=len)[-_LINES:],
    )
    return {form.encode("utf-8", "surrogateescape") for form in forms}


def _searched(value: bytes) -> bytes:
    """Its pattern; digits that are a number in JSON are left, else what is said there could not be read."""
    return rb"(?<!\":)(?<!\": )" + value if value.isdigit() else re.escape(value)
