"""Whether one more session of a job may start: breaker, budget, disk, cooldowns and slots are asked here only."""

from __future__ import annotations

from typing import Literal, NamedTuple

from supervisor.agents.agent import Agent
from supervisor.engine.accounting.budget_ledger import BudgetLedger
from supervisor.engine.dispatch.agent_selection import AgentSelection
from supervisor.engine.dispatch.circuit_breaker import CircuitBreaker
from supervisor.engine.dispatch.cooldown_tracker import CooldownTracker
from supervisor.engine.dispatch.disk_space import DiskSpace
from supervisor.engine.dispatch.leading_session import LeadingSessions
from supervisor.engine.dispatch.slots import SlotClaim, Slots
from supervisor.model.job import Job, StoredBatch
from supervisor.model.session import SessionResult

DISK_LOOK_S = 2.0
"""How often it is looked whether there is room on the disk again."""


class Denied(NamedTuple):
    """No session may start now."""

    reason: Literal["breaker", "budget", "disk", "cooldown", "leader", "slots"]
    text: str
    look_again_s: float | None = None
    """Seconds after which it may be different though nobody says so; None: somebody will."""


class Admitted(NamedTuple):
    """A batch may start; its slot is taken, and what it may spend is reserved, both to be given back by `release`."""

    agent: Agent
    batch: StoredBatch
    claim: SlotClaim
    is_probe: bool
    """Whether its session is the one that tries first after the agent's cooldown."""


class Admission:
    """One job's; limits that all jobs share are in `slots` and `cooldowns`."""

    def __init__(
        self,
        job: Job,
        *,
        budget: BudgetLedger,
        breaker: CircuitBreaker,
        disk: DiskSpace,
        selection: AgentSelection,
        cooldowns: CooldownTracker,
        leading: LeadingSessions,
        slots: Slots,
    ) -> None:
        self._job = job
        self._budget = budget
        self.breaker = breaker
        """Is told how sessions ended."""
        self._disk = disk
        self._selection = selection
        self._cooldowns = cooldowns
        self.leading = leading
        """Is told of signs of life."""
        self._slots = slots

    def admit_batch(self, batch: StoredBatch, *, needs_session: bool = True) -> Admitted | Denied:
        """Take a slot for a batch, for the first agent that may work now, and reserve its first session.

        One that does not need a session first has something to follow or to judge that was started before.
        """
        agent = self._selection.select()
        denied = self._denied_to_all()
        if denied is None and needs_session and (over := self._budget.time_over()) is not None:
            denied = Denied("budget", over)  # also while all agents are left alone
        if denied is None and agent is None:
            denied = Denied("cooldown", self._selection.pause() or "")
        if denied is not None:
            return denied
        assert agent is not None
        if needs_session and self.leading.wait_for(batch, agent.profile):
            return Denied("leader", "the first session of the phase goes ahead")
        limit = self._job.options.concurrency
        claim = SlotClaim(job=self._job.id, job_limit=limit, agent=agent.name, agent_limit=agent.profile.concurrency)
        if needs_session and (refused := self._budget.reserve(batch, agent.name)) is not None:
            return Denied("budget", refused)
        if not self._slots.take(claim):
            self._budget.withdraw(batch)
            return Denied("slots", "all slots are taken")
        if needs_session:
            self.leading.begin(batch, agent.profile)
        return Admitted(agent, batch, claim, is_probe=self._cooldowns.of(agent.name) is not None)

    def admit_session(self, batch: StoredBatch, agent: str) -> Denied | None:
        """Reserve one more session of a batch that has a slot, unless one is reserved; None where it may start."""
        denied = self._denied_to_all()
        if denied is None and not self._cooldowns.allows(agent):
            denied = Denied("cooldown", f"agent {agent} is left alone for a while")
        if denied is None and (refused := self._budget.reserve(batch, agent)) is not None:
            denied = Denied("budget", refused)
        return denied

    def session_begun(self, batch: StoredBatch) -> None:
        """The session that was admitted is noted in the store, and may work from now on."""
        self._budget.begun(batch)

    def session_ended(self, batch: StoredBatch, result: SessionResult | None) -> None:
        """It came to its end; None: it never came to be."""
        if result is not None:
            self.leading.alive(batch)
        self._budget.settle(batch, result)

    def release(self, admitted: Admitted) -> None:
        """Give a batch's slot back, and what it had reserved."""
        self.leading.end(admitted.batch)
        self._budget.release(admitted.batch)
        self._slots.give(admitted.claim)

    def look_again_s(self, denied: Denied | None) -> float | None:
        """Seconds after which the answer may be different though nothing rang; None: that cannot be."""
        times = (self._budget.time_left_s(), None if denied is None else denied.look_again_s)
        return min((each for each in times if each is not None), default=None)

    def _denied_to_all(self) -> Denied | None:
        if (row := self.breaker.tripped) is not None:
            return Denied("breaker", row.text())
        if (short := self._disk.shortage()) is not None:
            return Denied("disk", short, DISK_LOOK_S)
        return None
