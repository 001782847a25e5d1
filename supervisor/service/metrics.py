"""The store in Prometheus' terms: made anew from it at each scrape, so that no counter begins again at zero.

Names and units follow https://prometheus.io/docs/practices/naming/. No label holds the name of a job, a target, an item
or a model: what a label can be is bounded by the project's own files.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, product
from typing import Any, get_args

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from supervisor import __version__
from supervisor.model.agent_report import shown_usd
from supervisor.model.job import BatchStatus, JobStatus
from supervisor.model.public_spelling import public_batch_status, public_outcome
from supervisor.store.database import Database
from supervisor.store.tables.session_totals import OPEN

DURATIONS_S = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)
WAITS_S = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400, 86400)
ITEM_STATUSES = ("blocked", "waiting", "passed", "merged", "quarantined", "skipped", "dropped", "removed")
GATE_REASONS = ("rate_limit", "usage_limit")
TOKEN_KINDS = ("input", "output", "cache_read", "cache_write")
_TOTALS = ("retries", "cost_usd", "cost_unknown", *(f"{kind}_tokens" for kind in TOKEN_KINDS))


def exposition(collector: Collector, accept: str = "") -> tuple[bytes, str]:
    """What a scrape is answered, and its content type; `accept` is the scraper's header of that name."""
    encode, content_type = choose_encoder(accept)
    return encode(collector), content_type


class StoreCollector(Collector):
    """Makes all metrics from a store; each ended session is read once in the life of the collector.

    Scrapes take turns. Where they come from several threads, the store is to be opened `shared`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = threading.Lock()
        self._ended = _EndedSessions()

    def collect(self) -> Iterator[Metric]:
        """All metrics, of one moment."""
        with self._turn, self._database.snapshot():
            self._ended.catch_up(self._database)
            found = [
                _build(),
                *_jobs(self._database),
                *_work(self._database),
                *self._ended.metrics(),
                *_totals(self._database),
                _running(self._database),
                *_gates(self._database),
            ]
        yield from found


class _Histogram:
    """Observations by bucket; the last bucket has no upper bound."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, bucket: int, count: int, total: float) -> None:
        self._counts[bucket] += count
        self.sum += total

    @property
    def buckets(self) -> list[tuple[str, float]]:
        """Upper bound to how many are not above it, as Prometheus has them."""
        bounds = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        return list(zip(bounds, map(float, accumulate(self._counts)), strict=True))


def _bucket(value: str, bounds: Sequence[float]) -> str:
    """SQL for the number of the bucket that a value falls into."""
    cases = " ".join(f"WHEN {value} <= {bound} THEN {number}" for number, bound in enumerate(bounds))
    return f"CASE {cases} ELSE {len(bounds)} END"


class _EndedSessions:
    """Outcomes and durations of sessions, for which the store keeps no counters."""

    _COUNTS = (
        "SELECT j.pipeline, g.* FROM (SELECT job, phase, agent, outcome,"
        f" CASE WHEN duration_s IS NOT NULL THEN {_bucket('duration_s', DURATIONS_S)} END AS bucket,"
        f" count(*) AS n, total(duration_s) AS duration_s FROM attempts WHERE {{}} AND outcome NOT IN {OPEN}"
        " GROUP BY 1, 2, 3, 4, 5) g JOIN jobs j ON j.id = g.job"
    )

    def __init__(self) -> None:
        self._read_to = 0
        self._open: set[int] = set()
        """Attempts up to there that had not ended: they end in any order."""
        self._outcomes: Counter[tuple[str, str, str, str]] = Counter()
        self._durations: dict[tuple[str, str], _Histogram] = {}

    def catch_up(self, database: Database) -> None:
        """Read the sessions that ended since the last time."""
        newest = int(database.value("SELECT coalesce(max(id), 0) FROM attempts"))
        still_open = {row["id"] for row in database.rows(f"SELECT id FROM attempts WHERE outcome IN {OPEN}")}
        rows = database.rows(self._COUNTS.format("id > ? AND id <= ?"), (self._read_to, newest))
        ended = sorted(self._open - still_open)
        if ended:
            chosen = "id IN (SELECT value FROM json_each(?))"
            rows += database.rows(self._COUNTS.format(chosen), (f"[{','.join(map(str, ended))}]",))
        self._read_to, self._open = newest, still_open
        for row in rows:
            self._outcomes[row["pipeline"], str(row["phase"]), row["agent"], public_outcome(row["outcome"])] += row["n"]
            durations = self._durations.setdefault((row["pipeline"], row["agent"]), _Histogram(DURATIONS_S))
            if row["bucket"] is not None:
                durations.add(row["bucket"], row["n"], row["duration_s"])

    def metrics(self) -> Iterator[Metric]:
        outcomes = CounterMetricFamily(
            "supervisor_attempts",
            "Sessions that ended, by what came of them.",
            labels=("pipeline", "phase", "agent", "outcome"),
        )
        for labels, count in sorted(self._outcomes.items()):
            outcomes.add_metric(labels, count)
        durations = HistogramMetricFamily(
            "supervisor_session_duration_seconds",
            "How long sessions took, from the start of the process to its end.",
            labels=("pipeline", "agent"),
            unit="seconds",
        )
        for whose, histogram in sorted(self._durations.items()):
            durations.add_metric(whose, histogram.buckets, histogram.sum)
        yield outcomes
        yield durations


def _build() -> Metric:
    metric = GaugeMetricFamily("supervisor_build_info", "The supervisor that answers.", labels=("version",))
    metric.add_metric((__version__,), 1)
    return metric


def _jobs(database: Database) -> Iterator[Metric]:
    there = {
        (row["pipeline"], row["status"]): row["n"]
        for row in database.rows(
            "SELECT pipeline, status, count(*) AS n FROM jobs WHERE superseded_at IS NULL GROUP BY pipeline, status"
        )
    }
    jobs = _gauge(
        "supervisor_jobs",
        "Jobs by status, without those that a fresh one replaced.",
        ("pipeline", "status"),
        there,
        product(_distinct(key[0] for key in there), get_args(JobStatus)),
    )
    waits: dict[str, _Histogram] = {}
    waited = "max(0, started_at - created_at)"
    for row in database.rows(
        f"SELECT pipeline, {_bucket(waited, WAITS_S)} AS bucket, count(*) AS n, total({waited}) AS waited_s FROM jobs"
        " WHERE started_at IS NOT NULL GROUP BY 1, 2"
    ):
        waits.setdefault(row["pipeline"], _Histogram(WAITS_S)).add(row["bucket"], row["n"], row["waited_s"])
    queue = HistogramMetricFamily(
        "supervisor_job_queue_wait_seconds",
        "How long jobs waited from their making to their first start.",
        labels=("pipeline",),
        unit="seconds",
    )
    for pipeline, histogram in sorted(waits.items()):
        queue.add_metric((pipeline,), histogram.buckets, histogram.sum)
    return iter((jobs, queue))


def _work(database: Database) -> Iterator[Metric]:
    for table, name, statuses, spelled in (
        ("batch_counts", "batches", get_args(BatchStatus), public_batch_status),
        ("item_counts", "items", ITEM_STATUSES, str),
    ):
        there = {
            (row["pipeline"], str(row["phase"]), spelled(row["status"])): row["n"]
            for row in database.rows(
                f"SELECT j.pipeline, c.phase, c.status, sum(c.n) AS n FROM {table} c JOIN jobs j ON j.id = c.job"
                " WHERE j.superseded_at IS NULL GROUP BY j.pipeline, c.phase, c.status"
            )
        }
        yield _gauge(
            f"supervisor_{name}",
            f"{name.capitalize()} of the phases of all jobs but those that a fresh one replaced, by status.",
            ("pipeline", "phase", "status"),
            there,
            ((*phase, spelled(status)) for phase in _distinct(key[:2] for key in there) for status in statuses),
        )


def _totals(database: Database) -> Iterator[Metric]:
    labels = ("pipeline", "phase", "agent")
    retries = CounterMetricFamily("supervisor_retries", "Attempts after the first of their batch.", labels=labels)
    cost = CounterMetricFamily("supervisor_cost_dollars", "What sessions told that they cost.", labels=labels)
    unknown = CounterMetricFamily(
        "supervisor_sessions_of_unknown_cost", "Sessions that ended and did not tell what they cost.", labels=labels
    )
    tokens = CounterMetricFamily("supervisor_tokens", "Tokens that sessions told of.", labels=(*labels, "kind"))
    sums = ", ".join(f"sum(s.{name}) AS {name}" for name in _TOTALS)
    for row in database.rows(
        f"SELECT j.pipeline, s.phase, s.agent, {sums} FROM session_totals s JOIN jobs j ON j.id = s.job"
        " GROUP BY j.pipeline, s.phase, s.agent"
    ):
        whose = (row["pipeline"], str(row["phase"]), row["agent"])
        retries.add_metric(whose, row["retries"])
        unknown.add_metric(whose, row["cost_unknown"])
        if row["cost_usd"] is not None:
            cost.add_metric(whose, shown_usd(row["cost_usd"]) or 0.0)
        for kind in TOKEN_KINDS:
            if row[f"{kind}_tokens"] is not None:
                tokens.add_metric((*whose, kind), row[f"{kind}_tokens"])
    return iter((retries, cost, unknown, tokens))


def _running(database: Database) -> Metric:
    metric = GaugeMetricFamily(
        "supervisor_sessions_running",
        "Sessions that run now; those of a supervisor that was killed count until the next one starts.",
        labels=("pipeline", "phase", "agent"),
    )
    known = {
        (row["pipeline"], str(row["phase"]), row["agent"]): 0
        for row in database.rows(
            "SELECT DISTINCT j.pipeline, s.phase, s.agent FROM session_totals s JOIN jobs j ON j.id = s.job"
        )
    }
    now = {
        (row["pipeline"], str(row["phase"]), row["agent"]): row["n"]
        for row in database.rows(
            "SELECT j.pipeline, a.phase, a.agent, count(*) AS n FROM attempts a JOIN jobs j ON j.id = a.job"
            f" WHERE a.outcome IN {OPEN} AND a.outcome = 'running' GROUP BY j.pipeline, a.phase, a.agent"
        )
    }
    for whose, count in sorted({**known, **now}.items()):
        metric.add_metric(whose, count)
    return metric


def _gates(database: Database) -> Iterator[Metric]:
    closed = {row["agent"]: row for row in database.rows("SELECT * FROM agent_cooldowns ORDER BY agent")}
    agents = {row["agent"] for row in database.rows("SELECT DISTINCT agent FROM session_totals")} | set(closed)
    gated = GaugeMetricFamily(
        "supervisor_agent_gated",
        "1 while no session of the agent starts since it is limited.",
        labels=("agent", "reason"),
    )
    opens = GaugeMetricFamily(
        "supervisor_agent_gate_opens_timestamp_seconds",
        "When an agent that is limited is tried again, in seconds since 1970.",
        labels=("agent",),
        unit="seconds",
    )
    for agent, reason in product(sorted(agents), GATE_REASONS):
        gated.add_metric((agent, reason), agent in closed and closed[agent]["kind"] == reason)
    for agent, gate in closed.items():
        opens.add_metric((agent,), gate["next_probe_at"])
    return iter((gated, opens))


def _gauge(
    name: str, meaning: str, labels: Sequence[str], there: dict[Any, int], combinations: Iterable[tuple[str, ...]]
) -> Metric:
    """A gauge with a value for all `combinations` of labels, 0 for those that are not `there`."""
    metric = GaugeMetricFamily(name, meaning, labels=labels)
    for combination in combinations:
        metric.add_metric(combination, there.get(combination, 0))
    return metric


def _distinct(values: Iterable[Any]) -> list[Any]:
    return sorted(set(values))
