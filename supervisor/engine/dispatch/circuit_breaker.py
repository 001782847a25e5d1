"""Whether the sessions of a job fail in the same way, one after the other: then it is the set-up, and the job stops."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from supervisor.model.validation_report import ValidationError
from supervisor.text.plain_text import plain_line

LEAST_ROW = 5
"""Sessions in a row, where the project does not say how many, and fewer than these run at once."""
_BY_CHANCE = 1e-6
"""A row is believed where an agent that fails as often as this one did before had so long a one that seldom."""
_MOST_ERRORS, _LONGEST = 100, 500
_PATH = re.compile(r"[\w.~+-]*(?:/[\w.~+-]+)+/?")
_NUMBER = re.compile(r"\b(?:0x)?[0-9a-f]*\d[0-9a-f]*(?:[.,:]\d+)*\b|\d+", re.IGNORECASE)

Signature = frozenset[tuple[str, str]]
"""Types and messages of the errors of one session, without numbers, paths and ids."""


class Failure(NamedTuple):
    """One session of which nothing passed."""

    batch: int
    attempt: int | None
    """Its id; None where the store has none."""
    errors: Sequence[ValidationError]
    """What was wrong; there is at least one."""
    ids: Collection[str]
    """The items of its batch."""
    is_last_word: bool
    """Whether its batch could not have been tried again."""


class Row(NamedTuple):
    """Sessions of one phase and agent that failed in the same way, with none between them that passed."""

    phase: int
    agent: str
    signature: Signature
    failures: list[Failure]

    @property
    def example(self) -> ValidationError:
        """What the last of them got wrong."""
        return self.failures[-1].errors[0]

    @property
    def is_repeated(self) -> bool:
        """Whether a batch failed so again though it was told: a first try that fails says little of the set-up."""
        batches = [failure.batch for failure in self.failures]
        return len(set(batches)) < len(batches) or any(failure.is_last_word for failure in self.failures)

    def text(self) -> str:
        """What failed, with an example."""
        said = f"{self.example.type}: {plain_line(self.example.message, 300)}"
        return f"{len(self.failures)} sessions in a row failed in the same way, and none passed between them: {said}"


class _History:
    """What the sessions of one phase and agent came to."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0
        """Before the row that goes on."""
        self.row: Row | None = None

    def end_row(self) -> None:
        self.failed += 0 if self.row is None else len(self.row.failures)
        self.row = None

    def needed(self, least: int) -> int:
        """How long a row is to be, so that an agent that fails now and then has none of that length."""
        if not self.passed:
            return least
        often = (self.failed + 1) / (self.passed + self.failed + 2)
        return max(least, math.ceil(math.log(_BY_CHANCE) / math.log(often)))


class CircuitBreaker:
    """One job's, as long as one supervisor works on it: who starts it again begins anew."""

    def __init__(self, setting: int | None, concurrency: int) -> None:
        """`setting`: how many sessions in a row; 0: it never breaks; None: the larger of 5 and the concurrency."""
        self._least = max(LEAST_ROW, concurrency) if setting is None else setting
        self._histories: dict[tuple[int, str], _History] = {}

    def passed(self, phase: int, agent: str) -> None:
        """A session gave something that passes."""
        history = self._histories.setdefault((phase, agent), _History())
        history.end_row()
        history.passed += 1

    def failed(self, phase: int, agent: str, failure: Failure) -> None:
        """A session counted as an attempt, or met a validator that fails, and nothing of it passed."""
        history = self._histories.setdefault((phase, agent), _History())
        signature = signature_of(failure.errors, failure.ids)
        if history.row is None or history.row.signature != signature:
            history.end_row()
            history.row = Row(phase, agent, signature, [])
        history.row.failures.append(failure)

    @property
    def tripped(self) -> Row | None:
        """Why no more sessions are to start; None while they may."""
        if not self._least:
            return None
        for history in self._histories.values():
            row = history.row
            if row is not None and len(row.failures) >= history.needed(self._least) and row.is_repeated:
                return row
        return None

    def ever_passed(self, phase: int, agent: str) -> bool:
        """Whether any session of a phase and agent passed since this supervisor began."""
        history = self._histories.get((phase, agent))
        return history is not None and history.passed > 0


def signature_of(errors: Iterable[ValidationError], ids: Collection[str]) -> Signature:
    """In which way a session failed: equal where only numbers, paths, and ids of items are others."""
    first = [error for _, error in zip(range(_MOST_ERRORS), errors, strict=False)]
    return frozenset((error.type, _pattern(error.message[:_LONGEST], ids)) for error in first)


def _pattern(message: str, ids: Collection[str]) -> str:
    for item_id in sorted((each for each in ids if each and each in message), key=len, reverse=True):
        message = re.sub(rf"(?<!\w){re.escape(item_id)}(?!\w)", "<id>", message)
    return " ".join(_NUMBER.sub("<n>", _PATH.sub("<path>", message)).split())
