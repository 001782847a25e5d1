"""What `/metrics` says is what the store has, in the form that Prometheus asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import openmetrics, parser
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition as openmetrics_exposition
from prometheus_client.openmetrics import parser as openmetrics_parser

from supervisor.model.agent_report import AgentFailure
from supervisor.service.metrics import StoreCollector, exposition
from supervisor.store.database import Database, open_store
from supervisor.store.tables import agent_cooldowns, jobs
from supervisor.store.tables.attempts import Outcome
from tests.support.repository_content import REPOSITORY
from tests.support.scripted_project import WAITS, Small, numbered, open_gate, tells
from tests.support.stored_sessions import begin, end, one_job, result
from tests.support.waiting import until

DOCS = REPOSITORY / "docs"
TELLS = tells(cost_usd=0.25, input_tokens=10, output_tokens=2)
HALF_AT_FIRST = f"{TELLS}write(answers() if batch > 1 or session > 1 else dict(list(answers().items())[:1]))\n"
"""The first session answers one of its two items."""
Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(collector: StoreCollector) -> Values:
    """Sample to value, as a scraper reads it."""
    text, _ = exposition(collector)
    return values(parser.text_string_to_metric_families(text.decode()))


def values(families: Iterable[Metric]) -> Values:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value for each in families for sample in each.samples
    }


def total(found: Values, name: str, **labels: str) -> float:
    """The sum of all samples of a name that have these labels."""
    return sum(value for (of, has), value in found.items() if of == name and has >= set(labels.items()))


def counters(found: Values) -> Values:
    return {key: value for key, value in found.items() if key[0].endswith(("_total", "_bucket", "_count", "_sum"))}


def opened(small: Small) -> Database:
    return open_store(small.state / "store.sqlite")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = one_job(tmp_path)
    yield made
    made.close()


def finish(database: Database, attempt: int, outcome: Outcome = "passed", took: float = 1.0, **usage: Any) -> None:
    end(database, attempt, outcome, result=result(took=took, model="some model", **usage))


def test_a_job_that_ran_is_in_the_metrics_as_it_was(small: Small) -> None:
    small.lay_out(numbered(6), agent=HALF_AT_FIRST, phases=[{}, {"batch_size": 3}])
    small.run()
    status = small.status()
    found = scrape(StoreCollector(opened(small)))
    assert total(found, "supervisor_jobs") == total(found, "supervisor_jobs", pipeline="small", status="completed") == 1
    assert total(found, "supervisor_items", phase="1", status="merged") == 6
    assert total(found, "supervisor_batches", phase="1", status="done") == 3
    assert total(found, "supervisor_batches", phase="2", status="done") == 2
    assert total(found, "supervisor_batches") == 5
    assert total(found, "supervisor_attempts_total", agent="plain") == status["sessions"] == 7
    assert total(found, "supervisor_attempts_total", outcome="passed") == 5
    assert total(found, "supervisor_attempts_total", outcome="partly") == 2
    assert total(found, "supervisor_retries_total") == status["retries"] == 2
    assert total(found, "supervisor_cost_dollars_total") == pytest.approx(status["cost_usd"]) == pytest.approx(1.75)
    assert total(found, "supervisor_tokens_total", kind="input") == 70
    assert total(found, "supervisor_tokens_total", kind="output") == 14
    assert total(found, "supervisor_sessions_of_unknown_cost_total") == 0
    assert total(found, "supervisor_session_duration_seconds_count", pipeline="small", agent="plain") == 7
    assert total(found, "supervisor_job_queue_wait_seconds_count", pipeline="small") == 1
    assert total(found, "supervisor_sessions_running", agent="plain") == 0
    assert total(found, "supervisor_agent_gated", agent="plain") == 0


def test_sessions_are_shown_while_they_run_and_counted_once_in_whatever_order_they_end(small: Small) -> None:
    small.lay_out(numbered(6), agent=WAITS)
    running = small.begin_run()
    waiting = small.at_gate(count=3)
    collector = StoreCollector(opened(small))
    found = scrape(collector)
    assert total(found, "supervisor_sessions_running") == 3
    assert total(found, "supervisor_attempts_total") == 0
    assert total(found, "supervisor_jobs", status="running") == 1
    for number, session in enumerate(reversed(waiting), 1):
        open_gate(session)
        until(lambda n=number: total(scrape(collector), "supervisor_attempts_total") == n, f"{number} sessions ended")
    assert running.end() == 0
    assert total(scrape(collector), "supervisor_sessions_running") == 0
    assert scrape(collector) == scrape(StoreCollector(opened(small)))


def test_counters_keep_what_a_fresh_job_replaced_and_gauges_do_not(small: Small) -> None:
    small.lay_out(numbered(4), agent=f"{TELLS}write(answers())\n")
    small.run()
    before = scrape(StoreCollector(opened(small)))
    small.write_items(numbered(2))
    small.run("--fresh")
    after = scrape(StoreCollector(opened(small)))
    assert total(after, "supervisor_items", status="merged") == 2
    assert total(after, "supervisor_jobs") == 1
    assert total(after, "supervisor_cost_dollars_total") == pytest.approx(0.75)
    assert total(after, "supervisor_attempts_total") == 3
    assert all(after[key] >= value for key, value in counters(before).items())


Step = tuple[str, int]


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("begin"), st.just(0)),
            st.tuples(st.sampled_from(["passed", "failed", "unvalidated"]), st.integers(0, 50)),
            st.tuples(st.just("scrape"), st.just(0)),
        ),
        max_size=30,
    )
)
def test_what_is_read_bit_by_bit_is_what_is_read_at_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
) -> None:
    database = one_job(tmp_path_factory.mktemp("store"))
    collector = StoreCollector(database)
    open_now: list[int] = []
    batches, seen = 0, counters(scrape(collector))
    for what, which in steps:
        if what == "begin":
            batches += 1
            open_now.append(begin(database, batches))
        elif what == "scrape":
            now = counters(scrape(collector))
            assert all(now[key] >= value for key, value in seen.items())
            seen = now
        elif open_now:
            attempt = open_now[which % len(open_now)]
            finish(database, attempt, what, took=float(which), cost_usd=0.5)  # type: ignore[arg-type]
            if what != "unvalidated":
                open_now.remove(attempt)
    assert scrape(collector) == scrape(StoreCollector(database))
    database.close()


@pytest.mark.parametrize(
    ("took", "bound", "below"), [(1.0, "1.0", "0.5"), (0.0, "0.1", None), (1e6, "+Inf", "14400.0")]
)
def test_a_duration_is_in_the_bucket_whose_bound_it_does_not_exceed(
    database: Database, took: float, bound: str, below: str | None
) -> None:
    finish(database, begin(database, 1), took=took)
    found = scrape(StoreCollector(database))
    assert total(found, "supervisor_session_duration_seconds_bucket", le=bound) == 1
    assert below is None or total(found, "supervisor_session_duration_seconds_bucket", le=below) == 0
    assert total(found, "supervisor_session_duration_seconds_sum") == took


def test_a_limited_agent_is_gated_for_its_reason_until_a_time(database: Database) -> None:
    finish(database, begin(database, 1, agent="other"))
    with database.transaction() as transaction:
        agent_cooldowns.start(
            transaction, "a", AgentFailure(kind="usage_limit", message="used up", until=5000.0), 1000.0
        )
    collector = StoreCollector(database)
    found = scrape(collector)
    assert total(found, "supervisor_agent_gated", agent="a", reason="usage_limit") == 1
    assert total(found, "supervisor_agent_gated") == 1
    assert total(found, "supervisor_agent_gate_opens_timestamp_seconds", agent="a") == 5000
    with database.transaction() as transaction:
        agent_cooldowns.clear(transaction, "a")
    after = scrape(collector)
    assert total(after, "supervisor_agent_gated") == 0
    assert total(after, "supervisor_agent_gate_opens_timestamp_seconds") == 0


def test_cost_that_nobody_told_is_no_cost_of_nothing(database: Database) -> None:
    finish(database, begin(database, 1))
    found = scrape(StoreCollector(database))
    assert total(found, "supervisor_sessions_of_unknown_cost_total") == 1
    assert [key for key in found if key[0] == "supervisor_cost_dollars_total"] == []


def test_reading_holds_up_no_writer_and_sees_one_moment(database: Database) -> None:
    finish(database, begin(database, 1))
    other = open_store(database.path)
    with database.snapshot():
        assert database.value("SELECT count(*) FROM attempts") == 1
        finish(other, begin(other, 2))
        assert database.value("SELECT count(*) FROM attempts") == 1
    assert database.value("SELECT count(*) FROM attempts") == 2
    other.close()


def everything(database: Database) -> StoreCollector:
    """A store in which every metric has a value, and names are what they should not be."""
    finish(database, begin(database, 1), cost_usd=0.5, input_tokens=1, output_tokens=1)
    finish(database, begin(database, 2, agent='an "agent"\\n\nof {two} lines'), outcome="failed")
    begin(database, 3)
    with database.transaction() as transaction:
        jobs.set_status(transaction, 1, "running")
        agent_cooldowns.start(transaction, "a", AgentFailure(kind="rate_limit", message="slow down"), 1000.0)
        for table, status in (("batch_counts", "pending"), ("item_counts", "waiting")):
            database.connection.execute(f"INSERT INTO {table} VALUES (1, 1, '{status}', 3)")
    return StoreCollector(database)


def test_states_have_the_names_that_scrapers_know(database: Database) -> None:
    collector = everything(database)
    finish(database, begin(database, 4), outcome="partial")
    found = scrape(collector)
    assert total(found, "supervisor_batches", status="waiting") == total(found, "supervisor_batches") == 3
    assert total(found, "supervisor_attempts_total", outcome="partly") == 1
    spelled = {value for (_, labels), _ in found.items() for _, value in labels}
    assert not {"pending", "partial", "unvalidated"} & spelled


def test_both_forms_say_the_same_and_are_well_formed(database: Database) -> None:
    collector = everything(database)
    text, plain_type = exposition(collector)
    also, open_type = exposition(collector, "application/openmetrics-text; version=1.0.0")
    assert plain_type.startswith("text/plain; version=")
    assert open_type.startswith("application/openmetrics-text; version=1.0.0")
    assert also == openmetrics_exposition.generate_latest(collector)
    strictly = values(openmetrics_parser.text_string_to_metric_families(also.decode()))
    assert strictly == values(parser.text_string_to_metric_families(text.decode()))
    assert openmetrics.exposition is openmetrics_exposition


def test_names_and_units_follow_the_conventions(database: Database) -> None:
    families = list(everything(database).collect())
    assert len({family.name for family in families}) == len(families)
    for family in families:
        assert re.fullmatch(r"supervisor_[a-z]+(_[a-z]+)*", family.name), family.name
        assert re.fullmatch(r"[A-Z1].*\.", family.documentation), family.name
        assert family.type in ("counter", "gauge", "histogram")
        assert family.samples, f"{family.name} has no value here"
        assert not re.search(r"_(ms|milliseconds|minutes|hours|count|sum|bucket|total)$", family.name)
        assert ("seconds" in family.name) == (family.unit == "seconds")
        for sample in family.samples:
            suffix = sample.name.removeprefix(family.name)
            allowed = {"counter": {"_total"}, "gauge": {""}, "histogram": {"_bucket", "_count", "_sum"}}
            assert suffix in allowed[family.type]
            assert sample.value >= 0
            assert set(sample.labels) <= {"pipeline", "phase", "agent", "status", "outcome", "kind", "reason",
                "version", "le"}  # fmt: skip
            assert not {"demo", "some model", "i"} & set(sample.labels.values())


def test_the_page_on_metrics_names_what_there_is(database: Database) -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (DOCS / "metrics.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| `")
    ]
    said = [(row[0], row[1], re.findall(r"`(\w+)`", row[2]), row[3]) for row in rows]
    there = [
        (
            f"`{family.name}{'_total' if family.type == 'counter' else ''}`",
            family.type,
            [name for name in family.samples[0].labels if name != "le"],
            family.documentation,
        )
        for family in everything(database).collect()
    ]
    assert said == there


def test_the_dashboard_asks_for_what_there_is(database: Database) -> None:
    dashboard = json.loads((DOCS / "grafana_dashboard.json").read_text(encoding="utf-8"))
    there: dict[str, set[str]] = {}
    for family in everything(database).collect():
        for sample in family.samples:
            there.setdefault(sample.name, set()).update(sample.labels)
    asked: set[str] = set()
    for panel in dashboard["panels"]:
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            names = re.findall(r"\bsupervisor_\w+", target["expr"])
            assert names and set(names) <= set(there), target["expr"]
            asked.update(names)
            used = set(re.findall(r'(\w+)=~?"', target["expr"]))
            used |= {name for group in re.findall(r"by \(([^)]*)\)", target["expr"]) for name in group.split(", ")}
            used |= set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            assert all(used <= there[name] for name in names), target["expr"]
            assert target["expr"].count("(") == target["expr"].count(")")
    families = {family.name for family in StoreCollector(database).collect()}
    assert {re.sub(r"_(total|bucket)$", "", name) for name in asked} == families
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
