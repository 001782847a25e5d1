"""Limits are exact: at any concurrency, over phases, retries, runs that stop and supervisors that are killed."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase as Step
from hypothesis import given
from hypothesis import strategies as st

from supervisor.errors import BudgetSpent
from supervisor.model.agent_report import Usage
from supervisor.model.job import Job
from supervisor.model.session import SessionRequest
from tests.support.property_examples import examples
from tests.support.scripted_engine import ScriptedEngine, offered
from tests.support.scripted_executor import OtherSide, Scripted, answer_everything
from tests.support.scripted_project import Small, numbered

COSTS = (0.5, 0.125, 1.75)
"""What a session of each phase costs at least, in US dollars."""
_SCRIPTED = {"executor": "scripted"}


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedEngine]:
    with offered(tmp_path / "packages", monkeypatch) as made:
        yield made


def project_of(items: int, phases: int, root: Path, **settings: object) -> Path:
    small = Small(root)
    small.lay_out(
        numbered(items),
        agent="raise SystemExit('it was started on this machine')\n",
        agent_settings=_SCRIPTED,
        phases=[{"batch_size": 1}] * phases,
        settings={"breaker": 0, **settings},
    )
    return small.root


def project_with_more(root: Path) -> Path:
    """One more item."""
    Small(root).write_items(numbered(5))
    return root


def phase_of(request: SessionRequest) -> int:
    return int(request.name.split("-phase")[1].split("-")[0])


def cost_of(request: SessionRequest, spread: float) -> float:
    """Another one for each session, the same for the same name."""
    return COSTS[phase_of(request) - 1] * (1 + spread * random.Random(request.name).random())


def sessions_that(seed: int, *, fails: float, spread: float) -> OtherSide:
    """Sessions that stay until they are released; some fail, and each costs what it costs."""

    def script(request: SessionRequest) -> Scripted:
        if random.Random(f"{seed} {request.name}").random() < fails:
            begun = Scripted(exit_status=1)
        else:
            begun = answer_everything(request)
        return begun.model_copy(update={"stays": True, "last_usage": Usage(cost_usd=cost_of(request, spread))})

    return OtherSide(script)


QUICK = (Step.explicit, Step.reuse, Step.generate)
"""Without shrinking: each example is a whole job."""
RUNS = st.lists(st.one_of(st.none(), st.integers(1, 8)), min_size=1, max_size=2)
"""Runs of one job, one after the other: to its end, or killed once so many sessions were submitted."""


@given(
    concurrency=st.integers(1, 64),
    limit=st.integers(1, 20),
    phases=st.integers(1, 3),
    fails=st.sampled_from((0.0, 0.3)),
    runs=RUNS,
    seed=st.integers(0, 1000),
)
@examples(6, phases=QUICK)
def test_never_more_sessions_are_started_than_the_limit(
    engine: ScriptedEngine, concurrency: int, limit: int, phases: int, fails: float, runs: list[int | None], seed: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = project_of(6, phases, Path(folder) / "project")
        engine.side = sessions_that(seed, fails=fails, spread=0)
        choose = random.Random(seed).randrange
        for kill_after in [*runs, None]:
            ended = engine.run(root, choose, kill_after=kill_after, concurrency=concurrency, max_sessions=limit)
            assert len(engine.side.submitted) <= limit
        if isinstance(ended, BudgetSpent):
            assert len(engine.side.submitted) == limit


@given(
    concurrency=st.integers(1, 64),
    limit=st.floats(0.05, 12),
    phases=st.integers(1, 3),
    fails=st.sampled_from((0.0, 0.3)),
    spread=st.sampled_from((0.0, 0.5)),
    runs=RUNS,
    seed=st.integers(0, 1000),
)
@examples(6, phases=QUICK)
def test_what_is_spent_exceeds_the_limit_by_less_than_one_session(
    engine: ScriptedEngine,
    concurrency: int,
    limit: float,
    phases: int,
    fails: float,
    spread: float,
    runs: list[int | None],
    seed: int,
) -> None:
    """Of sessions of one phase that differ in what they cost by up to a half."""
    with tempfile.TemporaryDirectory() as folder:
        root = project_of(6, phases, Path(folder) / "project")
        engine.side = sessions_that(seed, fails=fails, spread=spread)
        choose = random.Random(seed).randrange
        for kill_after in [*runs, None]:
            engine.run(root, choose, kill_after=kill_after, concurrency=concurrency, max_cost=limit)
            costs = [cost_of(request, spread) for request in engine.side.submitted]
            assert sum(costs) - limit < max(costs)


@given(limit=st.floats(0.05, 12), seed=st.integers(0, 1000))
@examples(3, phases=QUICK)
def test_one_at_a_time_it_holds_whatever_each_costs(engine: ScriptedEngine, limit: float, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = project_of(6, 2, Path(folder) / "project")
        engine.side = sessions_that(seed, fails=0, spread=50)
        engine.run(root, concurrency=1, max_cost=limit)
        costs = [cost_of(request, 50) for request in engine.side.submitted]
        assert sum(costs) - limit < max(costs)


def test_what_was_noted_and_never_came_to_be_counts_for_no_limit(engine: ScriptedEngine, tmp_path: Path) -> None:
    root = project_of(4, 1, tmp_path / "project")

    def first_ones_are_refused(request: SessionRequest) -> Scripted:
        if request.name.endswith("session1"):
            return Scripted(refused="there is no room", lost_after_record=True)
        return answer_everything(request)

    engine.side = OtherSide(first_ones_are_refused)
    for concurrency in (4, 1):  # the second run has nothing to do, and counts what the store has
        ended = engine.run(root, concurrency=concurrency, max_sessions=4)
        assert isinstance(ended, Job) and ended.status == "completed"
    assert len(engine.side.submitted) == 4
    assert isinstance(engine.run(project_with_more(root), concurrency=4, max_sessions=4), BudgetSpent)
    assert len(engine.side.submitted) == 4


def test_until_one_has_told_its_cost_it_runs_alone_then_as_many_as_the_limit_has_room_for(
    engine: ScriptedEngine, tmp_path: Path
) -> None:
    root = project_of(20, 1, tmp_path / "project")
    engine.side = side = sessions_that(0, fails=0, spread=0)
    seen: list[tuple[int, int]] = []

    def choose(most: int) -> int:
        seen.append((len(side.submitted), len(side.running)))
        return most - 1 if len(seen) % 40 else 0

    engine.run(root, choose, concurrency=8, max_cost=100)
    assert {running for submitted, running in seen if submitted == 1} <= {0, 1}
    assert side.most_at_once == 8


def test_a_batch_that_has_to_wait_for_money_is_not_offered_again_and_again(
    engine: ScriptedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one session runs alone, the loop looks at the others once, and not again until something happens."""
    from supervisor.engine.dispatch.admission import Admission

    asked: list[int] = []
    admit = Admission.admit_batch
    monkeypatch.setattr(Admission, "admit_batch", lambda self, *a, **k: (asked.append(1), admit(self, *a, **k))[1])
    root = project_of(20, 1, tmp_path / "project")
    engine.side = side = sessions_that(0, fails=0, spread=0)
    turns = 0

    def choose(most: int) -> int:
        nonlocal turns
        turns += 1
        return 0 if turns > 1000 else most - 1

    engine.run(root, choose, concurrency=8, max_cost=100)
    assert len(side.submitted) == 20
    assert len(asked) < 120
