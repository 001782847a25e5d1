"""The ledger of one job: what is reserved counts at once, what was told is spent, and what died untold as expected."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.engine.accounting.budget_ledger import BudgetLedger
from supervisor.engine.accounting.job_progress import JobProgress
from supervisor.model.agent_report import AgentReport, Usage
from supervisor.model.job import JobOptions, StoredBatch
from supervisor.model.session import SessionResult
from supervisor.store.queries.session_costs import KnownCosts
from tests.support.property_examples import examples


def batch(number: int, phase: int = 1) -> StoredBatch:
    return StoredBatch(id=number, job=1, phase=phase, number=number, size=1, status="pending")


def ended(cost_usd: float | None, exit_status: int = 0) -> SessionResult:
    return SessionResult(ending="exited", exit_status=exit_status, heard=AgentReport(usage=Usage(cost_usd=cost_usd)))


class Counter(SimpleNamespace):
    """What the ledger asks of a job's progress."""

    sessions_started = 0
    elapsed_s = 0.0
    found_usd = 0.0


def ledger(counter: Counter | None = None, **limits: Any) -> BudgetLedger:
    progress = cast(JobProgress, counter or Counter())
    return BudgetLedger(JobOptions(agent="a", **limits), progress, lambda: None)


def begin(budget: BudgetLedger, which: StoredBatch) -> str | None:
    refused = budget.reserve(which, "a")
    if refused is None:
        budget.begun(which)
    return refused


@given(
    concurrency=st.integers(1, 64),
    limit=st.floats(0.01, 500),
    spread=st.floats(0, 0.5),
    silent=st.sampled_from((0.0, 0.2)),
    seed=st.integers(0, 10_000),
)
@examples(60)
def test_the_limit_is_exceeded_by_less_than_one_session(
    concurrency: int, limit: float, spread: float, silent: float, seed: int
) -> None:
    """Sessions of three phases begin and end in any order; some die without a word, and cost what one does."""
    chance = random.Random(seed)
    budget, running, costs = ledger(max_cost=limit), {}, []
    for number in range(300):
        which = batch(number, chance.randrange(1, 4))
        if len(running) < concurrency and begin(budget, which) is None:
            costs.append((1, 0.1, 3)[which.phase - 1] * (1 + spread * chance.random()))
            running[number] = (which, costs[-1])
        while running and (len(running) >= concurrency or chance.random() < 0.4):
            done, cost = running.pop(chance.choice(list(running)))
            dies = chance.random() < silent
            budget.settle(done, ended(None, exit_status=1) if dies else ended(cost))
            if dies:
                costs[costs.index(cost)] = 0  # nobody knows
    assert sum(costs) - limit < max(costs)


def test_what_is_reserved_counts_before_it_began() -> None:
    budget = ledger(max_sessions=2)
    assert [budget.reserve(batch(n), "a") for n in (1, 2)] == [None, None]
    assert budget.reserve(batch(3), "a") == "0 of 2 sessions are started (--max-sessions)"
    assert budget.reserve(batch(1), "a") is None, "it has its room already"
    budget.release(batch(2))
    assert budget.reserve(batch(3), "a") is None


def test_one_that_died_without_a_word_cost_as_much_as_others_did() -> None:
    budget = ledger(max_cost=10)
    for number, result in enumerate((ended(2), ended(None, exit_status=1), ended(None, exit_status=1))):
        assert begin(budget, batch(number)) is None
        budget.settle(batch(number), result)
    assert budget.spent == 6


def test_what_came_before_the_first_that_told_its_cost_is_spent_once_one_has_told() -> None:
    budget = ledger(max_cost=10)
    for number, result in enumerate((ended(None, exit_status=1), ended(2))):
        assert begin(budget, batch(number)) is None
        budget.settle(batch(number), result)
    assert budget.spent == 4


def test_a_phase_that_is_not_known_waits_until_nothing_runs_though_the_other_is_known() -> None:
    budget = ledger(max_cost=100)
    budget.take_stock({(1, "a"): KnownCosts(told=9, told_usd=9, dearest_usd=1)}, [], None)
    assert begin(budget, batch(1)) is None
    assert begin(budget, batch(2)) is None
    assert "one runs alone" in str(begin(budget, batch(3, phase=2)))
    for number in (1, 2):
        budget.settle(batch(number), ended(1))
    assert begin(budget, batch(3, phase=2)) is None
    assert "one runs alone" in str(begin(budget, batch(4)))


@pytest.mark.parametrize(("told", "at_once"), [(1, 2), (2, 3), (3, 4), (30, 6)])
def test_the_fewer_are_known_the_more_those_are_taken_to_cost_that_run_at_once(told: int, at_once: int) -> None:
    budget = ledger(max_cost=told + 9)
    budget.take_stock({(1, "a"): KnownCosts(told=told, told_usd=told, dearest_usd=1)}, [], None)
    assert [begin(budget, batch(number)) for number in range(9)].count(None) == at_once


def test_it_is_told_when_something_is_given_back() -> None:
    rung: list[int] = []
    budget = BudgetLedger(JobOptions(agent="a"), cast(JobProgress, Counter()), lambda: rung.append(1))
    begin(budget, batch(1))
    budget.settle(batch(1), ended(1))
    begin(budget, batch(2))
    budget.release(batch(2))
    assert len(rung) == 2
