"""What sessions came to is counted as they end, and is the same as counting all of them again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.model.agent_report import Usage
from supervisor.store.database import Database
from supervisor.store.integrity.integrity_check import count_anew, wrong_counters
from supervisor.store.queries.job_numbers import Summary
from supervisor.store.queries.job_summary import summarise
from supervisor.store.tables import jobs, session_totals
from supervisor.store.transitions import batch_transitions
from tests.support.stored_sessions import begin, end, one_job, result


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = one_job(tmp_path, phases=2)
    yield opened
    opened.close()


def summary(database: Database) -> Summary:
    """The job in numbers, which are those of its rows."""
    assert wrong_counters(database) == []
    return summarise(database, jobs.get(database, 1))


def test_sessions_of_two_agents_and_their_models_are_counted_as_they_end(database: Database) -> None:
    one, other, third = begin(database, 1), begin(database, 2, agent="b"), begin(database, 3, phase=2)
    assert (summary(database).sessions, summary(database).attempts) == (3, 0)
    end(database, one, "passed", result=result(model="m", cost_usd=0.5, input_tokens=10))
    end(database, other, "failed", result=result(took=3.0))
    end(database, third, "passed", result=result(took=2.0, model="m", cost_usd=0.25))
    found = summary(database)
    assert (found.sessions, found.attempts, found.retries, found.cost_unknown) == (3, 3, 0, 1)
    assert found.mean_session_s == 2.0
    assert found.usage == Usage(cost_usd=0.75, input_tokens=10)
    assert [(agent.name, agent.sessions, agent.models) for agent in found.agents] == [("a", 2, ("m",)), ("b", 1, ())]
    assert found.agents[1].usage == Usage()


def test_a_retry_is_an_attempt_that_counts_after_another_of_its_batch(database: Database) -> None:
    first, second, third = (begin(database, 1, number) for number in (1, 2, 3))
    alone = begin(database, 2)
    end(database, first, "stalled", counted=False, result=result())
    end(database, third, "passed", result=result())
    end(database, second, "partial", result=result())  # taken in later
    end(database, alone, "passed", result=result())
    found = summary(database)
    assert (found.sessions, found.attempts, found.retries) == (4, 3, 1)


def test_a_session_that_is_still_to_be_judged_is_counted_once(database: Database) -> None:
    attempt = begin(database, 1)
    end(database, attempt, "unvalidated", counted=False, result=result(cost_usd=0.5))
    assert (summary(database).sessions, summary(database).usage.cost_usd) == (1, 0.5)
    with database.transaction() as transaction:
        batch_transitions.record_session(
            transaction, attempt, result()
        )  # heard again when its agent was not known any more
    assert summary(database).usage.cost_usd == 0.5
    end(database, attempt, "passed", result=result(cost_usd=0.75))
    assert (summary(database).sessions, summary(database).attempts) == (1, 1)
    assert summary(database).usage.cost_usd == 0.75


def test_a_session_that_ended_for_good_stays_as_it_was_counted(database: Database) -> None:
    attempt = begin(database, 1)
    end(database, attempt, "passed", result=result(cost_usd=0.5))
    before = summary(database)
    end(database, attempt, "failed", counted=False, result=result(cost_usd=2.0))
    after = summary(database)
    assert (after.attempts, after.usage) == (before.attempts, before.usage)


def test_counters_that_were_changed_are_found_and_made_anew(database: Database) -> None:
    for number in (1, 2):
        end(database, begin(database, 1, number), "failed", result=result(cost_usd=0.5))
    right = summary(database)
    for change in ("sessions = 7", "retries = 0", "cost_usd = 0.9", "model = 'x'", "duration_s = 0"):
        with database.transaction():
            database.connection.execute(f"UPDATE session_totals SET {change}")
        assert session_totals.wrong(database), change
        with database.transaction() as transaction:
            count_anew(transaction)
        assert summary(database) == right.model_copy(update={"job": jobs.get(database, 1)})
