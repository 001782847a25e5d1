"""How far a job is: counted from the store when it begins, then kept up with every session that ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from supervisor.model.frozen_model import FrozenModel
from supervisor.model.job import Job
from supervisor.model.session import SessionResult
from supervisor.store.database import Database
from supervisor.store.queries.estimates import estimate, expected_batches
from supervisor.store.queries.job_summary import summarise, summarise_phases
from supervisor.store.tables import jobs
from supervisor.store.transaction import Transaction
from supervisor.text.human_units import duration, money


class ProgressLine(FrozenModel):
    """A job's numbers as a line, and as fields."""

    text: str
    data: dict[str, Any]


class JobProgress:
    """The running totals of one job; elapsed time, cost and attempts go on from where an earlier supervisor left."""

    def __init__(self, database: Database, job: Job, lost_s: Callable[[], float] = lambda: 0.0) -> None:
        """`lost_s`: seconds in which nothing could be worked on, since all was stopped."""
        self._job = job
        self._lost_s = lost_s
        self._slots = job.options.concurrency
        self._marked = self._now()
        self.count(database)

    def count(self, database: Database) -> None:
        """Take the totals from the store."""
        begun = summarise(database, jobs.get(database, self._job.id))
        self._elapsed_s = begun.elapsed_s
        self.sessions_started = begun.sessions
        """Sessions that were started, by all supervisors."""
        self.found_usd = 0.0
        """US dollars that sessions told which the store did not know, and which were taken in since."""
        self._sessions = begun.sessions
        self._session_seconds = (begun.mean_session_s or 0.0) * begun.sessions
        self._retries = begun.retries
        self._usage = begun.usage

    @property
    def cost(self) -> float | None:
        """US dollars that agents told so far; None where none did."""
        return self._usage.shown().cost_usd

    @property
    def elapsed_s(self) -> float:
        """Seconds that the job was worked on, by all supervisors."""
        return self._elapsed_s + self._now() - self._marked

    def _now(self) -> float:
        return time.monotonic() - self._lost_s()

    def session_started(self) -> None:
        """Count a session that starts."""
        self.sessions_started += 1

    def session_never_ran(self) -> None:
        """Take one back of which no process came to be."""
        self.sessions_started -= 1

    def session_found(self, result: SessionResult) -> None:
        """Count a session that the store did not know; that it was started was counted when its folder was seen."""
        self.session_ended(result)
        self.found_usd += result.heard.usage.cost_usd or 0.0

    def session_ended(self, result: SessionResult, *, known: bool = False, retried: bool = False) -> None:
        """Count a session; one that is `known` was counted when its dead supervisor's leavings were taken in."""
        self._retries += int(retried)
        if not known:
            self._sessions += 1
            self._session_seconds += result.duration_s
            self._usage = self._usage.plus(result.heard.usage)

    @property
    def unmarked_s(self) -> float:
        """Seconds since the store was told last how long the job was worked on."""
        return self._now() - self._marked

    def mark_elapsed(self, transaction: Transaction) -> None:
        """Write the time since the last mark into the store."""
        now = self._now()
        jobs.add_elapsed(transaction, self._job.id, now - self._marked)
        self._elapsed_s += now - self._marked
        self._marked = now

    def batch_ended(self, transaction: Transaction) -> ProgressLine:
        """The line that follows a batch, with the change that ends it."""
        self.mark_elapsed(transaction)
        phases = summarise_phases(transaction, self._job.id)
        done = sum(phase.batches_done for phase in phases)
        total = round(sum(expected_batches(phases)))
        known = all(phase.complete for phase in phases)
        merged = sum(phase.items.get("merged", 0) for phase in phases)
        failed = sum(phase.items.get("quarantined", 0) for phase in phases)
        mean = self._session_seconds / self._sessions if self._sessions else None
        eta = estimate(phases, mean, self._sessions, max(1, self._sessions - self._retries), self._slots)
        tokens = self._usage.tokens
        left = "?" if eta is None else duration(eta)
        whole = "?" if eta is None else duration(self._elapsed_s + eta)
        text = (
            f"{done} of {'' if known else 'about '}{total} batches, {100 * done / max(1, total):.1f} %"
            f" | elapsed {duration(self._elapsed_s)}, left {left}, total {whole}"
            f" | items {merged}, retries {self._retries}, failed {failed}"
            f" | cost {money(self.cost)}, tokens {'unknown' if tokens is None else f'{tokens:,}'}"
        )
        data = {
            "batches_done": done,
            "batches_total": total,
            "elapsed_s": round(self._elapsed_s, 3),
            "eta_s": None if eta is None else round(eta, 1),
            "items_merged": merged,
            "items_failed": failed,
            "retries": self._retries,
            "cost_usd": self.cost,
            "tokens": tokens,
        }
        return ProgressLine(text=text, data=data)
