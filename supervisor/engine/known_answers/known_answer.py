"""The door to answers that need no session: what is captured, restored or unrecorded is looked up before one starts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, ClassVar, Protocol

from supervisor.model.frozen_model import FrozenModel
from supervisor.model.job import StoredBatch
from supervisor.model.pipeline import Phase
from supervisor.model.validation_report import ValidationError


class AnswerRequest(FrozenModel):
    """What a batch still has to do."""

    batch: StoredBatch
    phase: Phase
    digests: dict[str, str]
    """Item id to the digest of its content."""
    todo: tuple[str, ...]
    """Ids without an answer, in canonical order."""


class KnownAnswer(FrozenModel):
    """Answers for items of one batch, from one place."""

    values: dict[str, Any]
    """Item id to value; for items of `todo` alone."""
    errors: tuple[ValidationError, ...] = ()
    """What was wrong with the rest: the feedback of the next session."""
    mended: tuple[str, ...] = ()
    """What had to be mended in the output that they are from, a line each."""
    attempt: int | None = None
    """Id of the stored attempt that made them; None where none is known."""
    unfinished: bool = False
    """Whether they are of a session that did not come to its end by itself."""
    validated: bool = False
    """Whether they passed their phase's validator before: they are taken as they are."""


class KnownAnswers(Protocol):
    """One place where answers may be known. All of it is called on the loop."""

    origin: ClassVar[str]
    """What the place is called in events."""

    async def lookup(self, request: AnswerRequest) -> Sequence[KnownAnswer]:
        """What is known for a batch, oldest first; each answer is given once, a validated one until it is settled.

        It never raises for a damaged answer: that is left out, and an event says so. StoreError passes.
        """
        ...

    def settled(self, phase: int, ids: Collection[str]) -> None:
        """These items of a phase are in the store for good; called inside the transaction that settles them."""
        ...

    def pending(self, phase: int) -> bool:
        """Whether more is known of a phase than the store has: its sink is not to be written yet."""
        ...
