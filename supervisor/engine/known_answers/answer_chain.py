"""Asks every place where answers may be known, in order, before a session is started."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence

from supervisor.engine.known_answers.known_answer import AnswerRequest, KnownAnswer, KnownAnswers


class AnswerChain:
    """The places of one job."""

    def __init__(self, places: Sequence[KnownAnswers]) -> None:
        self._places = tuple(places)

    def begin(self) -> AnswerLookup:
        """Look up one batch."""
        return AnswerLookup(self._places)

    def settled(self, phase: int, ids: Collection[str]) -> None:
        """These items of a phase are in the store for good; call it inside the transaction that settles them."""
        for place in self._places:
            place.settled(phase, ids)

    def pending(self, phase: int) -> bool:
        """Whether some place knows more of a phase than the store has."""
        return any(place.pending(phase) for place in self._places)


class AnswerLookup:
    """One batch's way through the places: the next is asked when what the ones before knew is used up."""

    def __init__(self, places: Sequence[KnownAnswers]) -> None:
        self._places = deque(places)
        self._found: deque[KnownAnswer] = deque()
        self._unused: list[int] = []

    @property
    def exhausted(self) -> bool:
        """Whether nothing more can come."""
        return not self._places and not self._found

    async def next(self, request: AnswerRequest) -> KnownAnswer | None:
        """The next answer for what is still to do; None where nothing more is known."""
        while not self.exhausted:
            while self._found:
                answer = self._found.popleft()
                values = {item_id: answer.values[item_id] for item_id in request.todo if item_id in answer.values}
                if values or answer.errors:
                    return answer.model_copy(update={"values": values})
                if answer.attempt is not None:
                    self._unused.append(answer.attempt)
            if self._places:
                self._found.extend(await self._places.popleft().lookup(request))
        return None

    async def rest(self, request: AnswerRequest) -> list[int]:
        """Ask the places that were not asked yet, since what they know was paid for; attempts that nobody needed."""
        while self._places:
            self._found.extend(await self._places.popleft().lookup(request))
        return self.unused()

    def unused(self) -> list[int]:
        """Attempts whose answers were known by another way already; told once."""
        self._unused += [answer.attempt for answer in self._found if answer.attempt is not None]
        self._found.clear()
        taken, self._unused = self._unused, []
        return taken
