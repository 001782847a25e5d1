"""How many sessions run at once: overall, of each job, and of each agent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from supervisor.model.frozen_model import FrozenModel


class SlotClaim(FrozenModel):
    """For whom a slot is taken, and how many they may have."""

    job: int
    job_limit: int
    agent: str
    agent_limit: int | None = None


class Slots:
    """Counts sessions against their limits, and wakes those that wait when one ends."""

    def __init__(self, overall: int) -> None:
        self._overall = overall
        self._room: int | None = None
        self._jobs: Counter[int] = Counter()
        self._agents: Counter[str] = Counter()
        self._waiting: list[Callable[[], None]] = []

    @property
    def taken(self) -> int:
        """How many sessions run."""
        return self._jobs.total()

    @property
    def jobs(self) -> int:
        """How many jobs are worked on: each of them is woken when a slot becomes free."""
        return len(self._waiting)

    def wanted(self, job_limit: int) -> int:
        """How many are to run at once with a job of this limit, should the machine have room for them."""
        return max(self._overall, job_limit)

    def fit(self, room: int) -> None:
        """Let no more than `room` sessions run at once, whatever is asked for."""
        self._room = room

    def at_most(self, job_limit: int) -> int:
        """How many sessions of a job with this limit may run at once."""
        return job_limit if self._room is None else min(job_limit, self._room)

    def take(self, claim: SlotClaim) -> bool:
        """Take a slot; False where none is free. A job that asks for more than the project's limit may have it."""
        free = (
            self._jobs.total() < self.at_most(self.wanted(claim.job_limit))
            and self._jobs[claim.job] < claim.job_limit
            and (claim.agent_limit is None or self._agents[claim.agent] < claim.agent_limit)
        )
        if free:
            self._jobs[claim.job] += 1
            self._agents[claim.agent] += 1
        return free

    def give(self, claim: SlotClaim) -> None:
        """Give a slot back."""
        self._jobs[claim.job] -= 1
        self._agents[claim.agent] -= 1
        for wake in self._waiting:
            wake()

    def on_free(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called whenever a slot becomes free, until the returned function is called."""
        self._waiting.append(wake)
        return lambda: self._waiting.remove(wake)
