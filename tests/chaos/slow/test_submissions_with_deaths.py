"""Service and daemon die while jobs come in: each key makes one job, and what was answered 202 is done."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import random
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.served_project import AS_OFTEN_AS_IT_LIKES, GOOD, Served, ended

SEED = 20
SUBMISSIONS = 200
DEATHS = 6


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A project whose service runs, and lets a client ask as often as it likes."""
    with Served(tmp_path / "project", AS_OFTEN_AS_IT_LIKES) as found:
        yield found


def test_whatever_dies_while_jobs_come_in_each_that_was_answered_is_done_once(served: Served) -> None:
    chance = random.Random(SEED)
    deaths = set(chance.sample(range(SUBMISSIONS), DEATHS))
    accepted: dict[str, int] = {}

    def submit(number: int) -> None:
        key = f"order-{number}"
        request = {**GOOD, "idempotency_key": key}
        while key not in accepted:  # as a client does that got no answer: it asks again, under its key
            with contextlib.suppress(httpx.TransportError), served.client() as client:
                answer = client.post("/api/v1/workflow", json=request)
                assert answer.status_code == 202, answer.text
                accepted[key] = answer.json()["job_id"]

    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        sending = []
        for number in range(SUBMISSIONS):
            sending.append(threads.submit(submit, number))
            if number in deaths:
                sending[chance.randrange(max(0, number - 8), number + 1)].result()
                _kill(served, chance.choice(["service", "daemon", "both"]))
        for each in sending:
            each.result()
    _kill(served, "both")
    assert len(accepted) == len(set(accepted.values())) == SUBMISSIONS
    with served.client() as client:
        assert {ended(client, job)["status"] for job in accepted.values()} == {"completed"}
    with sqlite3.connect(served.root / "vfs/.supervisor/store.sqlite") as store:
        assert dict(store.execute("SELECT idempotency_key, job FROM submissions")) == accepted
        (count,) = store.execute("SELECT count(*) FROM jobs").fetchone()
        assert count == SUBMISSIONS


def _kill(served: Served, which: str) -> None:
    """End processes as a power cut would; the service is started again."""
    if which != "service" and (daemon := served.daemon_pid()) is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(daemon, signal.SIGKILL)
    if which != "daemon":
        served.stop(signal.SIGKILL)
        served.start()
