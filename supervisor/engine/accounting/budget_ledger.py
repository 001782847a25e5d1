"""What a job may cost in all: reserved before a session starts, settled when it ended; beyond it nothing starts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from supervisor.engine.accounting.job_progress import JobProgress
from supervisor.model.job import JobOptions, StoredBatch
from supervisor.model.session import SessionResult
from supervisor.store.queries.session_costs import KnownCosts, RunningSession
from supervisor.text.human_units import duration, money

_LEAST_MARGIN, _FIRST_MARGIN = 0.5, 3.0
"""By how much sessions beside others may cost more than the dearest so far: at least, and where only one is known."""
_CENT_PART = 1e-9
"""Sums of dollars depend a little on the order in which they were made."""


class _Reservation:
    """Room for one session of a batch."""

    def __init__(self, batch: int, phase: int, agent: str, *, begun: bool = False) -> None:
        self.batch = batch
        self.kind = (phase, agent)
        self.begun = begun
        """Whether the session was noted: it counts as started from then on."""


class BudgetLedger:
    """One job's money, sessions and time over all supervisors that worked on it, with what is reserved of them."""

    def __init__(self, options: JobOptions, progress: JobProgress, wake: Callable[[], None]) -> None:
        """`wake` is called when something was given back, or a session told what it cost."""
        self._options = options
        self._progress = progress
        self._wake = wake
        self._reserved: list[_Reservation] = []
        self._costs: defaultdict[tuple[int, str], KnownCosts] = defaultdict(KnownCosts)
        """Phase and agent to what its sessions told."""
        self._never_told = 0
        """Sessions of this supervisor that came to an orderly end and did not tell what they cost."""

    def take_stock(
        self, costs: dict[tuple[int, str], KnownCosts], running: Sequence[RunningSession], started: int | None
    ) -> None:
        """Begin with what earlier supervisors spent, and with their sessions that still run.

        `started`: how many sessions were started in all; None: as many as there are.
        """
        self._costs = defaultdict(KnownCosts, costs)
        self._reserved = [_Reservation(each.batch, each.phase, each.agent, begun=True) for each in running]
        if started is not None:
            self._progress.sessions_started = started

    def reserve(self, batch: StoredBatch, agent: str) -> str | None:
        """Have room for one session of a batch, unless it has some; where there is none, which limit says so."""
        held = any(each.batch == batch.id and not each.begun for each in self._reserved)
        if held:
            return self.time_over()
        refused = self.time_over() or self._sessions_over() or self._money_over((batch.phase, agent))
        if refused is None:
            self._reserved.append(_Reservation(batch.id, batch.phase, agent))
        return refused

    def begun(self, batch: StoredBatch) -> None:
        """The session for which there is room is noted, and may work from now on."""
        for each in self._reserved:
            if each.batch == batch.id and not each.begun:
                each.begun = True
                return

    def settle(self, batch: StoredBatch, result: SessionResult | None) -> None:
        """A session of a batch ended, or (None) never came to be.

        What it told is spent; one that tells nothing spent what one is expected to, unless it was turned away.
        """
        ended = next((each for each in self._reserved if each.batch == batch.id), None)
        if ended is None:
            return
        self._reserved.remove(ended)
        if ended.begun and result is not None:
            cost = result.heard.usage.cost_usd
            if cost is not None or result.ending != "troubled":
                self._costs[ended.kind] = self._costs[ended.kind].plus(cost)
            orderly = result.ending == "finished" or (result.ending == "exited" and result.exit_status == 0)
            self._never_told += orderly and cost is None
        self._wake()

    def withdraw(self, batch: StoredBatch) -> None:
        """Give back what was reserved for a batch just now, since it does not start."""
        self._reserved = [each for each in self._reserved if each.batch != batch.id or each.begun]

    def release(self, batch: StoredBatch) -> None:
        """A batch is at work no more: give back what it did not use; a session that was cut off has been paid for."""
        for each in [each for each in self._reserved if each.batch == batch.id]:
            self._reserved.remove(each)
            if each.begun:
                self._costs[each.kind] = self._costs[each.kind].plus(None)
        self._wake()

    def time_left_s(self) -> float | None:
        """Seconds of work that are left; None: as long as it takes, or none are."""
        longest = self._options.max_runtime
        return None if longest is None or self.time_over() else max(0.0, longest - self._progress.elapsed_s)

    @property
    def spent(self) -> float:
        """US dollars that are spent, those of sessions that died without telling included as expected."""
        told = sum(costs.told_usd for costs in self._costs.values())
        expected = sum(costs.untold * (self._expected(kind) or 0.0) for kind, costs in self._costs.items())
        return told + expected + self._progress.found_usd

    def time_over(self) -> str | None:
        """That the job has worked for as long as it may; None: it has not."""
        longest, elapsed = self._options.max_runtime, self._progress.elapsed_s
        if longest is None or elapsed < longest:
            return None
        return f"{duration(elapsed)} of {duration(longest)} are over (--max-runtime)"

    def _sessions_over(self) -> str | None:
        most, started = self._options.max_sessions, self._progress.sessions_started
        if most is None or started + sum(not each.begun for each in self._reserved) < most:
            return None
        return f"{started} of {most} sessions are started (--max-sessions)"

    def _money_over(self, kind: tuple[int, str]) -> str | None:
        limit = self._options.max_cost
        if limit is None:
            return None
        spent = self.spent
        if spent >= limit - _CENT_PART:
            return f"{money(spent)} of {money(limit)} are spent (--max-cost)"
        if self._never_told:
            untold = f"{self._never_told} sessions did not tell what they cost"
            return f"{untold}, so --max-cost cannot be kept: use --max-sessions"
        left = limit - spent + _CENT_PART
        if not self._reserved:
            expected = self._expected(kind)
            if expected is not None and expected > left:
                return (
                    f"{money(spent)} of {money(limit)} are spent,"
                    f" and one more session is expected to cost {money(expected)} (--max-cost)"
                )
            return None
        dearest = [self._dearest(each) for each in (*(each.kind for each in self._reserved), kind)]
        if any(each is None for each in dearest):
            return "until a session of each phase and agent told what it costs, one runs alone (--max-cost)"
        if sum(each for each in dearest if each is not None) > left:
            return f"{money(spent)} of {money(limit)} are spent, and what runs may cost the rest (--max-cost)"
        return None

    def _expected(self, kind: tuple[int, str]) -> float | None:
        """What one session is expected to cost: as those of its phase and agent did; None: none told yet."""
        costs = self._costs.get(kind)
        return None if costs is None or not costs.told else costs.told_usd / costs.told

    def _dearest(self, kind: tuple[int, str]) -> float | None:
        """What a session may cost that does not run alone: the more of them are known, the nearer to the dearest."""
        costs = self._costs.get(kind)
        if costs is None or not costs.told:
            return None
        return costs.dearest_usd * (1 + max(_LEAST_MARGIN, _FIRST_MARGIN / costs.told))
