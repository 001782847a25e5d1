"""A gate per agent: closed while the agent is limited, tried by one session after that, then open for all."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from supervisor.engine.events.event_log import EventLog
from supervisor.model.agent_cooldown import REASONS, AgentCooldown
from supervisor.model.agent_report import AgentFailure
from supervisor.model.session import SessionResult
from supervisor.store.tables import agent_cooldowns

_NEWS_S = 60.0
"""Sessions that are told the same limit may count its seconds differently."""


class CooldownTracker:
    """The gates of all agents that this supervisor works with; they outlive it in the store."""

    def __init__(self, event_log: EventLog, clock: Callable[[], float] = time.time) -> None:
        self._event_log = event_log
        self._clock = clock
        self._known: dict[str, AgentCooldown | None] = {}
        self._trying: set[str] = set()
        self._due: dict[tuple[str, float], float] = {}
        """When a gate is tried at the latest, on the loop's clock: the other one may be set back meanwhile."""
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: list[Callable[[], None]] = []

    def of(self, agent: str) -> AgentCooldown | None:
        """The agent's gate; None where it is open."""
        if agent not in self._known:
            self._known[agent] = agent_cooldowns.of(self._event_log.database, agent)
        return self._known[agent]

    def reload(self) -> None:
        """Another process changed the store: it may have opened a gate."""
        self._known.clear()

    def allows(self, agent: str) -> bool:
        """Whether a session of the agent may start now: any through an open gate, one when its time is over."""
        gate = self.of(agent)
        if gate is None:
            return True
        if agent in self._trying:
            return False
        left_s = self._left_s(gate)
        if left_s > 0:
            self._wake_in(left_s)
        return left_s <= 0

    def _left_s(self, gate: AgentCooldown) -> float:
        """Seconds until an agent is tried again; where the clock went back since, no more than there were at first."""
        left_s = gate.next_probe_at - self._clock()
        now = asyncio.get_running_loop().time()
        whole_s = max(0.0, gate.next_probe_at - gate.started_at)
        due = self._due.setdefault((gate.agent, gate.next_probe_at), now + min(left_s, whole_s))
        return min(left_s, due - now)

    @contextlib.contextmanager
    def session(self, job: int, agent: str) -> Iterator[CooldownProbe]:
        """While a session of the agent runs; where the gate is closed, it is the one that tries."""
        trying = self.of(agent) is not None
        if trying:
            self._trying.add(agent)
        try:
            yield CooldownProbe(self, job, agent, trying=trying)
        finally:
            if trying and agent in self._trying:  # it showed nothing: another one tries
                self._trying.discard(agent)
                self._wake()

    def start(self, job: int, agent: str, trouble: AgentFailure) -> None:
        """Close an agent's gate, since it said that it is limited.

        Of sessions that run while it is closed already, only the one that tries, and one that was told a later time,
        say anything new.
        """
        gate = self.of(agent)
        later = trouble.until is not None and trouble.until > _NEWS_S + (0.0 if gate is None else gate.until or 0.0)
        if gate is not None and agent not in self._trying and not later:
            return
        self._trying.discard(agent)
        self._known.pop(agent, None)
        with self._event_log.transaction() as transaction:
            gate = agent_cooldowns.start(transaction, agent, trouble, self._clock())
            self._event_log.append(
                transaction,
                job,
                "agent_limited",
                f"agent {agent}: {pause_text(gate)}: {gate.message}",
                level="WARNING",
                agent=agent,
                until=gate.until,
                next_try=gate.next_probe_at,
            )
        self._wake()

    def clear(self, job: int, agent: str) -> None:
        """Open an agent's gate, since a session of it got through."""
        self._trying.discard(agent)
        if self.of(agent) is None:
            return
        self._known.pop(agent, None)
        with self._event_log.transaction() as transaction:
            agent_cooldowns.clear(transaction, agent)
            self._event_log.append(transaction, job, "agent_free", f"agent {agent} works again", agent=agent)
        self._wake()

    def on_change(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called whenever a gate may let something through, until the returned function is called."""
        self._waiting.append(wake)
        return lambda: self._waiting.remove(wake)

    def close_down(self) -> None:
        """Wake nobody any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _wake_in(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        # The clock may be set anew meanwhile, so it is asked again at least once in a while.
        when = loop.time() + min(seconds + 0.01, agent_cooldowns.FIRST_PAUSE_S)
        if self._timer is None or self._timer.cancelled() or self._timer.when() <= loop.time():
            self._timer = loop.call_at(when, self._wake)
        elif when < self._timer.when():
            self._timer.cancel()
            self._timer = loop.call_at(when, self._wake)

    def _wake(self) -> None:
        for wake in self._waiting:
            wake()


class CooldownProbe:
    """One session's word on its agent's gate."""

    def __init__(self, cooldowns: CooldownTracker, job: int, agent: str, *, trying: bool) -> None:
        self._tracker = cooldowns
        self._job = job
        self._agent = agent
        self._trying = trying

    def ended(self, result: SessionResult) -> None:
        """Take how the session ended: limited again, or the one that tried got through."""
        trouble = result.heard.trouble
        if trouble is not None and trouble.is_rate_limited:
            self._tracker.start(self._job, self._agent, trouble)
        elif self._trying and trouble is None and result.ending in ("finished", "exited", "timed_out", "over_limit"):
            self._tracker.clear(self._job, self._agent)


def pause_text(gate: AgentCooldown) -> str:
    """`paused until 15:30 (usage limit)`, or when it is tried again where the agent told no time."""
    reason = REASONS.get(gate.kind, gate.kind)
    if gate.until is not None:
        return f"paused until {clock_time(gate.until)} ({reason})"
    return f"paused ({reason}; until when is not known, next try {clock_time(gate.next_probe_at)})"


def clock_time(at: float) -> str:
    """Local time, with the day where it is not today; in words where no calendar has it."""
    try:
        when = datetime.fromtimestamp(at)
    except (ValueError, OverflowError, OSError):
        return "an unknown time"
    return f"{when:%H:%M}" if when.date() == datetime.now().date() else f"{when:%Y-%m-%d %H:%M}"
