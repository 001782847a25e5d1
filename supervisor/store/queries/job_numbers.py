"""The numbers of a job as values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from supervisor.model.agent_cooldown import AgentCooldown
from supervisor.model.agent_report import Usage
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.job import Job
from supervisor.store.tables.items import LEFT_OUT


class PhaseSummary(FrozenModel):
    """A phase in numbers."""

    id: int
    name: str
    status: str
    output: str
    merge: str
    complete: bool
    """Whether all of its items are known."""
    expanded: int
    """Items of the phase before it that its own were made from so far."""
    batches: dict[str, int]
    """Status to count."""
    items: dict[str, int]
    """Status to count."""
    usage: Usage = Usage()
    """What its sessions cost, as far as they told."""

    def at_rest(self) -> PhaseSummary:
        """The same with nobody at work on it: what ran waits."""
        waiting = self.batches.get("pending", 0) + self.batches.get("running", 0)
        batches = {**{s: n for s, n in self.batches.items() if s != "running"}, "pending": waiting}
        status = "waiting" if self.status == "running" else self.status
        return self.model_copy(update={"status": status, "batches": batches if waiting else self.batches})

    @property
    def batches_total(self) -> int:
        return sum(self.batches.values())

    @property
    def batches_done(self) -> int:
        return self.batches.get("done", 0) + self.batches.get("failed", 0)

    @property
    def merged(self) -> int:
        return self.items.get("merged", 0)

    @property
    def items_total(self) -> int:
        return sum(count for status, count in self.items.items() if status not in LEFT_OUT)


class Made(NamedTuple):
    """How far the items of a phase came."""

    merged: int
    of: int
    """Items that it has in all."""

    def __str__(self) -> str:
        return f"{self.merged} of {self.of} items"


def what_is_made(phases: Sequence[PhaseSummary]) -> Made:
    """What a job came to: the items of its last phase that lacks some; where none lacks any, of its last with items."""
    counts = [Made(p.merged, p.items_total) for p in phases if p.items_total]
    lacking = [made for made in counts if made.merged < made.of]
    return (lacking or counts or [Made(0, 0)])[-1]


class RunningSession(FrozenModel):
    """A session that runs now."""

    name: str
    phase: int
    batch: int
    attempt: int
    agent: str
    age_s: float


class AgentSummary(FrozenModel):
    """What one agent did of a job."""

    name: str
    sessions: int
    models: tuple[str, ...]
    """Models that answered, as the agent names them; not those of sessions that told none."""
    usage: Usage


class Summary(FrozenModel):
    """A job in numbers."""

    job: Job
    phases: tuple[PhaseSummary, ...]
    running: tuple[RunningSession, ...]
    sessions: int
    attempts: int
    """Sessions that count as attempts."""
    retries: int
    """Attempts after the first of their batch."""
    unfinished: int
    """Merged items whose answers are of sessions that did not come to their end by themselves."""
    mended: int
    """Sessions in whose output something was mended."""
    agents: tuple[AgentSummary, ...]
    """Who did its sessions, in the order in which they came to it."""
    usage: Usage
    """What its sessions cost, as far as they told."""
    cost_unknown: int
    """Sessions that ended and did not tell what they cost."""
    projected_usd: float | None
    """What it will have cost at its end if it goes on like this; None where that is not known."""
    cooldowns: tuple[AgentCooldown, ...]
    """Agents of it that are left alone for a while."""
    elapsed_s: float
    mean_session_s: float | None
    """Mean duration of the sessions that ended."""
    eta_s: float | None
    """Seconds to the end, as far as it can be told."""

    @property
    def unfinished_text(self) -> str:
        """A line about answers that are unfinished; "" where none is."""
        if not self.unfinished:
            return ""
        one = self.unfinished == 1
        return (
            f"{self.unfinished} item{' is' if one else 's are'} unfinished: the session was ended before it came to its"
            " end; --redo-unfinished asks again"
        )

    def as_json(self, failed: list[dict[str, Any]]) -> dict[str, Any]:
        """The form of `status --json`."""
        return {
            "id": self.job.id,
            "pipeline": self.job.pipeline,
            "target": self.job.target,
            "status": self.job.status,
            "agent": self.job.options.agent,
            "elapsed_s": round(self.elapsed_s, 3),
            "eta_s": None if self.eta_s is None else round(self.eta_s, 1),
            "cost_usd": self.usage.cost_usd,
            "projected_cost_usd": self.projected_usd,
            "cost_unknown_sessions": self.cost_unknown,
            "tokens": self.usage.tokens,
            "usage": _tokens(self.usage),
            "sessions": self.sessions,
            "attempts": self.attempts,
            "retries": self.retries,
            "unfinished": self.unfinished,
            "mended_outputs": self.mended,
            "agents": [
                {
                    "name": agent.name,
                    "sessions": agent.sessions,
                    "models": list(agent.models),
                    "cost_usd": agent.usage.cost_usd,
                    "usage": _tokens(agent.usage),
                }
                for agent in self.agents
            ],
            "phases": [
                {
                    "id": phase.id,
                    "name": phase.name,
                    "status": phase.status,
                    "batches": {
                        "total": phase.batches_total,
                        "done": phase.batches_done,
                        "running": phase.batches.get("running", 0),
                    },
                    "items": {
                        "total": phase.items_total,
                        "merged": phase.items.get("merged", 0),
                        "quarantined": phase.items.get("quarantined", 0),
                        "cached": 0,
                    },
                    "cost_usd": phase.usage.cost_usd,
                    "usage": _tokens(phase.usage),
                }
                for phase in self.phases
            ],
            "gates": [
                {"agent": gate.agent, "reason": gate.kind, "until": gate.until, "next_try": gate.next_probe_at}
                for gate in self.cooldowns
            ],
            "failed_items": [{"phase": item["phase"], "id": item["id"], "errors": item["errors"]} for item in failed],
        }


def _tokens(usage: Usage) -> dict[str, int | None]:
    return {name: count for name, count in usage.model_dump().items() if name != "cost_usd"}
