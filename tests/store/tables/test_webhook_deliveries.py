"""A job's message is made by the store as the job ends, and stays until it arrived or was given up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.engine import job_control
from supervisor.store.database import Database, open_store
from supervisor.store.tables import jobs, webhook_deliveries
from tests.support.webhook_store import OWNER, ended, submitted

URL = "https://hooks.example.com/in?token=1"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_store(tmp_path / "store.sqlite", create=True)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("status", "detail", "said"),
    [
        ("completed", "", None),
        ("completed_with_gaps", "2 items failed", "2 items failed"),
        ("failed", "no agent", "no agent"),
        ("cancelled", "", None),
    ],
)
def test_every_end_of_a_job_makes_one_message(database: Database, status: str, detail: str, said: str | None) -> None:
    message = ended(database, "demo", URL, status, detail)
    assert (message.url, message.host, message.owner, message.state) == (URL, "hooks.example.com", OWNER, "waiting")
    payload = json.loads(message.payload)
    assert payload["type"] == f"job.{status}"
    assert payload["data"] == {
        "job_id": message.job,
        "workflow_name": "facts",
        "status": status,
        "error_message": said,
    }
    assert webhook_deliveries.due(database, message.made_at + 1) == [message]


@pytest.mark.parametrize("status", ["queued", "paused", "stopping", "stopped"])
def test_what_is_no_end_makes_none(database: Database, status: str) -> None:
    job = submitted(database, "demo", URL)
    with database.transaction() as transaction:
        jobs.set_status(transaction, job, status)
    assert webhook_deliveries.of_job(database, job) == []


def test_a_job_without_a_webhook_makes_none(database: Database) -> None:
    job = submitted(database, "demo", None)
    with database.transaction() as transaction:
        jobs.set_status(transaction, job, "completed")
    assert webhook_deliveries.of_job(database, job) == []


def test_an_end_that_is_taken_back_leaves_no_message(database: Database) -> None:
    job = submitted(database, "demo", URL)

    def end_and_fail() -> None:
        with database.transaction() as transaction:
            jobs.set_status(transaction, job, "completed")
            raise RuntimeError("the machine failed")

    with pytest.raises(RuntimeError):
        end_and_fail()
    assert webhook_deliveries.of_job(database, job) == []


def test_a_waiting_job_that_is_cancelled_says_nothing_of_why_it_was_stopped_before(database: Database) -> None:
    job = submitted(database, "demo", URL)
    with database.transaction() as transaction:
        jobs.set_status(transaction, job, "stopped", "the budget is spent")
    job_control.request_stop(database, job, "cancel", supervised=False)
    (message,) = webhook_deliveries.of_job(database, job)
    assert json.loads(message.payload)["data"]["error_message"] is None


def test_a_job_that_ends_again_makes_another_message(database: Database) -> None:
    first = ended(database, "demo", URL, "failed", "no agent")
    for status in ("running", "completed"):
        with database.transaction() as transaction:
            jobs.set_status(transaction, first.job, status)
    again, second = webhook_deliveries.of_job(database, first.job)
    assert again == first
    assert second.id != first.id
    assert json.loads(second.payload)["type"] == "job.completed"


@pytest.mark.parametrize(
    ("url", "host"),
    [("https://A.Example:8443/x://y/z", "a.example:8443"), ("https://a.example", "a.example")],
)
def test_the_store_knows_the_host_of_a_url(database: Database, url: str, host: str) -> None:
    assert ended(database, "demo", url).host == host


def test_messages_to_some_hosts_can_be_left_out_of_what_is_due(database: Database) -> None:
    slow = [ended(database, f"s{n}", "https://slow.example/x").id for n in range(3)]
    quick = [ended(database, f"q{n}", "https://quick.example/x").id for n in range(3)]
    for at, message in enumerate([*slow, *quick]):
        database.connection.execute("UPDATE webhook_deliveries SET next_try = ? WHERE id = ?", (at, message))
    assert [each.id for each in webhook_deliveries.due(database, 4, 9)] == [*slow, *quick[:2]]
    assert [each.id for each in webhook_deliveries.due(database, 9, 2, hosts_besides=["slow.example"])] == quick[:2]
    assert [each.id for each in webhook_deliveries.due(database, 9, 3, besides=slow[:1])] == [*slow[1:], quick[0]]


def test_a_delivered_message_is_sent_again_when_it_is_asked_for_and_stays_delivered_where_that_fails(
    database: Database,
) -> None:
    message = ended(database, "demo", URL)
    with database.transaction() as transaction:
        webhook_deliveries.note_try(transaction, message, "answered 200 OK", 5.0, delivered=True, next_try=None)
    assert webhook_deliveries.next_due(database) is None
    with database.transaction() as transaction:
        assert webhook_deliveries.redeliver(transaction, message.job, at=10.0) == 1
    (again,) = webhook_deliveries.due(database, 10.0)
    assert (again.id, again.attempts, again.state) == (message.id, 0, "waiting")
    with database.transaction() as transaction:
        webhook_deliveries.note_try(transaction, again, "no connection", 11.0, delivered=False, next_try=None)
    (after,) = webhook_deliveries.of_job(database, message.job)
    assert (after.state, after.delivered_at, after.last_result) == ("delivered", 5.0, "no connection")


def test_a_message_that_is_asked_for_while_it_is_on_the_way_is_sent_once_more(database: Database) -> None:
    message = ended(database, "demo", URL)
    with database.transaction() as transaction:
        webhook_deliveries.redeliver(transaction, message.job, at=10.0)
        webhook_deliveries.note_try(transaction, message, "answered 200 OK", 5.0, delivered=True, next_try=None)
    (after,) = webhook_deliveries.of_job(database, message.job)
    assert (after.next_try, after.delivered_at) == (10.0, 5.0)


def test_only_the_last_message_of_a_job_is_sent_again(database: Database) -> None:
    first = ended(database, "demo", URL, "failed")
    for status in ("running", "completed"):
        with database.transaction() as transaction:
            jobs.set_status(transaction, first.job, status)
    for message in webhook_deliveries.of_job(database, first.job):
        with database.transaction() as transaction:
            webhook_deliveries.note_try(transaction, message, "", 5.0, delivered=True, next_try=None)
    with database.transaction() as transaction:
        webhook_deliveries.redeliver(transaction, first.job, at=10.0)
    assert [message.state for message in webhook_deliveries.of_job(database, first.job)] == ["delivered", "waiting"]


def test_a_job_without_a_message_has_none_sent_again(database: Database) -> None:
    job = submitted(database, "demo", URL)
    with database.transaction() as transaction:
        assert webhook_deliveries.redeliver(transaction, job) == 0
