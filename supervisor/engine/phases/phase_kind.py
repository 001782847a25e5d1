"""The door to how a phase comes to items and answers: by sessions, by a function, in waves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

from supervisor.agents.agent import Agent
from supervisor.model.job import StoredBatch
from supervisor.model.pipeline import Phase


class PhaseKind(Protocol):
    """One object a kind and job."""

    name: ClassVar[str]
    """As in the pipeline's file."""

    async def reconcile(self, phase: Phase) -> None:
        """Bring its items to what its source says, form batches, and offer those that may start. SourceError."""
        ...

    async def answer(self, batch: StoredBatch, agent: Agent | None) -> Sequence[str]:
        """Settle the batch in the store; the ids that changed. `agent` is None for kinds that need none.

        BatchPostponed, AgentUnavailable: it is left as it was. ProjectCodeError: items wait for the code to be mended.
        """
        ...

    async def after_commit(self, phase: Phase, ids: Sequence[str]) -> None:
        """Follow up on items of it that a commit changed. Called outside the transaction."""
        ...

    def is_complete(self, phase: Phase) -> bool:
        """Whether no more items can come."""
        ...
