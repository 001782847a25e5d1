"""Whether one more session of a job may start: budget, room on the disk, cooldowns and slots are asked here only."""

from __future__ import annotations

from typing import Literal, NamedTuple

from supervisor.agents.agent import Agent
from supervisor.engine.accounting.budget import Budget
from supervisor.engine.dispatch.agent_selection import AgentSelection
from supervisor.engine.dispatch.cooldown_tracker import CooldownTracker
from supervisor.engine.dispatch.disk_space import DiskSpace
from supervisor.engine.dispatch.slots import SlotClaim, Slots
from supervisor.model.job import Job

DISK_LOOK_S = 2.0
"""How often it is looked whether there is room on the disk again."""


class Denied(NamedTuple):
    """No session may start now."""

    reason: Literal["budget", "disk", "cooldown", "slots"]
    text: str
    look_again_s: float | None = None
    """Seconds after which it may be different though nobody says so; None: somebody will."""


class Admitted(NamedTuple):
    """A batch may start; its slot is taken, and is to be given back by `release`."""

    agent: Agent
    claim: SlotClaim
    is_probe: bool
    """Whether its session is the one that tries first after the agent's cooldown."""


class Admission:
    """One job's; limits that all jobs share are in `slots` and `cooldowns`."""

    def __init__(
        self,
        job: Job,
        *,
        budget: Budget,
        disk: DiskSpace,
        selection: AgentSelection,
        cooldowns: CooldownTracker,
        slots: Slots,
    ) -> None:
        self._job = job
        self._budget = budget
        self._disk = disk
        self._selection = selection
        self._cooldowns = cooldowns
        self._slots = slots

    def admit_batch(self) -> Admitted | Denied:
        """Take a slot for a batch, for the first agent that may work now."""
        agent = self._selection.select()
        denied = self._denied_to_all()
        if denied is None and agent is None:
            denied = Denied("cooldown", self._selection.pause() or "")
        if denied is not None:
            return denied
        assert agent is not None
        limit = self._job.options.concurrency
        claim = SlotClaim(job=self._job.id, job_limit=limit, agent=agent.name, agent_limit=agent.profile.concurrency)
        if not self._slots.take(claim):
            return Denied("slots", "all slots are taken")
        return Admitted(agent, claim, is_probe=self._cooldowns.of(agent.name) is not None)

    def admit_session(self, agent: str) -> Denied | None:
        """Whether a batch that has a slot may start one more session; None where it may."""
        denied = self._denied_to_all()
        if denied is None and not self._cooldowns.allows(agent):
            denied = Denied("cooldown", f"agent {agent} is left alone for a while")
        return denied

    def release(self, claim: SlotClaim) -> None:
        """Give a batch's slot back."""
        self._slots.give(claim)

    def look_again_s(self, denied: Denied | None) -> float | None:
        """Seconds after which the answer may be different though nothing rang; None: that cannot be."""
        times = (self._budget.time_left_s(), None if denied is None else denied.look_again_s)
        return min((each for each in times if each is not None), default=None)

    def _denied_to_all(self) -> Denied | None:
        if (spent := self._budget.exhausted()) is not None:
            return Denied("budget", spent)
        if (short := self._disk.shortage()) is not None:
            return Denied("disk", short, DISK_LOOK_S)
        return None
