"""The numbers of a report: where time went, how many ran at once, what was said most."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.model.validation_report import ValidationError
from supervisor.reports.charts import timeline_chart
from supervisor.reports.charts.time_axis import TimeAxis
from supervisor.reports.intervals import common, gaps, outside, total, union, within
from supervisor.reports.report_data import WallClock, at_once, collect, durations
from supervisor.reports.session_history import Session, lanes_of
from tests.support.made_store import BEGUN, MadeStore, Ran

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda p: (min(p), max(p))), max_size=12)


def seconds(spans: list[tuple[float, float]]) -> set[int]:
    """The whole seconds that spans hold, counted one by one."""
    return {second for start, end in spans for second in range(int(start), int(end))}


@given(SPANS, SPANS)
def test_spans_are_added_and_compared_as_their_seconds_are(
    first: list[tuple[float, float]], other: list[tuple[float, float]]
) -> None:
    one, two = union(first), union(other)
    assert seconds(one) == seconds(first)
    assert total(one) == len(seconds(first))
    assert seconds(outside(one, two)) == seconds(first) - seconds(other)
    assert seconds(common(one, two)) == seconds(first) & seconds(other)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(one))
    for start, end in other:
        assert within(one, start, end) == len(seconds(first) & set(range(int(start), int(end))))


def session(start: float, end: float) -> Session:
    return Session(1, 1, 1, "s", "a", "passed", True, start, end, end - start, None, 0.0, 0.0)


@given(SPANS)
def test_lanes_are_as_many_as_sessions_ran_at_once(spans: list[tuple[float, float]]) -> None:
    sessions = [session(*span) for span in sorted(span for span in spans if span[0] < span[1])]
    lanes = lanes_of(sessions)
    for lane in set(lanes):
        own = [s for s, of in zip(sessions, lanes, strict=True) if of == lane]
        assert all(before.end <= after.start for before, after in itertools.pairwise(own))
    assert len(set(lanes)) == at_once(sessions)
    busiest = max((sum(s.start <= second < s.end for s in sessions) for second in range(61)), default=0)
    assert at_once(sessions) == busiest


def test_a_session_that_took_no_time_has_a_lane_of_its_own() -> None:
    sessions = [session(0, 10), session(5, 5), session(6, 6)]
    assert lanes_of(sessions) == [0, 1, 1]
    assert at_once(sessions) == 2


@given(SPANS)
def test_areas_hold_as_much_as_the_sessions_do(spans: list[tuple[float, float]]) -> None:
    edges = [0.0, 7.0, 20.0, 33.5, 60.0]
    for edge, found in zip(
        edges, timeline_chart._busy_until([(float(a), float(b)) for a, b in spans], edges), strict=True
    ):
        assert found == pytest.approx(sum(max(0.0, min(edge, end) - start) for start, end in spans))


@given(SPANS)
def test_the_axis_keeps_the_order_of_time_and_cuts_long_pauses(spans: list[tuple[float, float]]) -> None:
    busy = union([(0, 1), *spans])
    axis = TimeAxis(busy[0][0], busy[-1][1], gaps(busy))
    places = [axis.place(second / 2) for second in range(-2, 130)]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0.0, axis.length)
    assert axis.length <= busy[-1][1] - busy[0][0] + 1e-6
    for start, end in busy:
        assert axis.place(end) - axis.place(start) == pytest.approx(end - start)


def test_a_night_between_two_runs_is_cut_out() -> None:
    axis = TimeAxis(0, 50_000, [(600, 49_400)])
    assert [cut.lasted_s for cut in axis.cuts] == [48_800]
    assert axis.length < 1300


def test_durations_are_told_by_what_so_many_of_them_did_not_exceed() -> None:
    assert durations([]) is None
    found = durations([float(n) for n in range(100, 0, -1)])
    assert found is not None
    assert (found.known, found.mean, found.median, found.most, found.longest) == (100, 50.5, 50, 95, 100)


def test_the_time_of_a_job_is_work_waiting_and_rest(tmp_path: Path) -> None:
    store = MadeStore(tmp_path)
    store.tell(0, "job_started")
    store.tell(40, "agent_limited", '{"agent": "mine"}')
    store.tell(70, "agent_free", '{"agent": "mine"}')
    store.tell(100, "job_stopped")
    store.tell(500, "job_resumed")
    store.tell(520, "batch_ended")  # then it was killed
    store.tell(1000, "job_resumed")
    store.tell(1030, "job_completed")
    store.add(Ran(10, 20, "limited"), Ran(25, 20, batch=2), Ran(75, 5), Ran(1005, 25, phase=2))
    found = collect(store.database, store.job, now=BEGUN + 5000)
    assert found.clock == WallClock(
        working_s=pytest.approx(35 + 5 + 25),  # type: ignore[arg-type]
        gated_s=pytest.approx(25),  # type: ignore[arg-type]
        between_s=pytest.approx(100 - 40 - 25 + 20 + 5),  # type: ignore[arg-type]
        stopped_s=pytest.approx(400 + 480),  # type: ignore[arg-type]
    )
    assert found.clock.total_s == pytest.approx(1030)
    (first, second) = found.workers
    assert (first.working_s, first.gated_s, first.between_s) == pytest.approx((45, 30, 15))
    assert (second.working_s, second.gated_s, second.between_s) == pytest.approx((25, 0, 0))
    assert [round(c.end - c.start) for c in found.closings] == [30]


def test_no_batch_waits_while_the_job_is_stopped(tmp_path: Path) -> None:
    store = MadeStore(tmp_path)
    for at, kind in ((0, "job_started"), (20, "job_stopped"), (900, "job_resumed"), (940, "job_completed")):
        store.tell(at, kind)
    store.tell(15, "agent_limited", '{"agent": "mine"}')
    store.tell(910, "agent_free", '{"agent": "mine"}')
    store.add(Ran(0, 12, "limited"), Ran(920, 5))
    (worker,) = collect(store.database, store.job).workers
    assert (worker.gated_s, worker.between_s) == pytest.approx((5 + 10, 3 + 10))


def test_an_agent_that_is_limited_still_is_so_until_now(tmp_path: Path) -> None:
    store = MadeStore(tmp_path)
    store.tell(0, "job_started")
    store.tell(1, "agent_limited", '{"agent": "mine"}')
    store.add(Ran(0, 1, "limited"))
    with store.database.transaction():
        store.database.connection.execute("UPDATE jobs SET status = 'paused'")
    found = collect(store.database, store.job, now=BEGUN + 61)
    assert found.clock == WallClock(1.0, 60.0, 0.0, 0.0)


def test_messages_that_differ_in_numbers_and_quotes_are_one(tmp_path: Path) -> None:
    store = MadeStore(tmp_path)
    for number in range(6):
        error = ValidationError(
            type="wrong", item_id=str(number), message=f"{number} is not {number**2}, as 'i{number}' says"
        )
        other = ValidationError(type="padded", item_id=str(number), message="it is padded")
        store.add(Ran(number, 1, "failed", batch=number, errors=(error, other) if number < 2 else (error,)))
    store.add(
        Ran(
            9, 1, "failed", phase=2, batch=9, errors=(ValidationError(type="wrong", message="0 is not 0, as 'i' says"),)
        )
    )
    found = collect(store.database, store.job)
    assert [(m.phase, m.kind, m.times) for m in found.messages] == [(1, "wrong", 6), (1, "padded", 2), (2, "wrong", 1)]
    assert found.messages[0].example == "0 is not 0, as 'i0' says"
    assert [(k.phase, k.name, k.errors, k.sessions) for k in found.errors] == [
        (1, "wrong", 6, 6),
        (1, "padded", 2, 2),
        (2, "wrong", 1, 1),
    ]


def test_retries_and_tries_are_told_by_phase(tmp_path: Path) -> None:
    store = MadeStore(tmp_path)
    store.add(Ran(0, 1, "failed"), Ran(2, 1, "stalled"), Ran(4, 1), Ran(0, 1, batch=2), Ran(5, 3, "failed", phase=2))
    first, second = collect(store.database, store.job).phases
    assert (first.sessions, first.attempts, first.retries, dict(first.tries)) == (4, 3, 1, {2: 1, 1: 1})
    assert (second.sessions, second.attempts, second.retries, dict(second.tries)) == (1, 1, 0, {1: 1})
    assert first.outcomes == {"passed": 2, "failed": 1, "stalled": 1}
