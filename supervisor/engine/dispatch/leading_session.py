"""The first session of a phase goes ahead of the others until it gives a sign of life.

Agents whose providers cache prompts read the shared beginning then, and a wave of sessions does not run into the same
wall together.
"""

from __future__ import annotations

from collections.abc import Callable

from supervisor.agents.agent_profile import AgentProfile
from supervisor.model.job import StoredBatch


class LeadingSessions:
    """Those of one job, as long as one supervisor works on it."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """`wake` is called when others may follow."""
        self._wake = wake
        self._leaders: dict[tuple[int, str], int] = {}
        """Phase and agent to the batch whose session goes ahead."""
        self._open: set[tuple[int, str]] = set()

    def wait_for(self, batch: StoredBatch, agent: AgentProfile) -> bool:
        """Whether a session of a batch is to wait for one that goes ahead."""
        kind = (batch.phase, agent.name)
        return agent.caches_prompts and kind not in self._open and kind in self._leaders

    def begin(self, batch: StoredBatch, agent: AgentProfile) -> None:
        """A session of a batch starts: it goes ahead where none did."""
        kind = (batch.phase, agent.name)
        if agent.caches_prompts and kind not in self._open:
            self._leaders.setdefault(kind, batch.id)

    def alive(self, batch: StoredBatch) -> None:
        """A session of a batch gave a sign of life, or came to its end: the others follow."""
        for kind in [kind for kind, leader in self._leaders.items() if leader == batch.id]:
            del self._leaders[kind]
            self._open.add(kind)
            self._wake()

    def end(self, batch: StoredBatch) -> None:
        """A batch is at work no more; had its session not begun, another goes ahead."""
        for kind in [kind for kind, leader in self._leaders.items() if leader == batch.id]:
            del self._leaders[kind]
            self._wake()
