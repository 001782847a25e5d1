"""Many submissions at once under one key make one job."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.served_project import AS_OFTEN_AS_IT_LIKES, GOOD, Served, ended


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A project whose service runs, and lets a client ask as often as it likes."""
    with Served(tmp_path / "project", AS_OFTEN_AS_IT_LIKES) as found:
        yield found


def test_fifty_requests_at_once_under_one_key_make_one_job(served: Served) -> None:
    with concurrent.futures.ThreadPoolExecutor(50) as threads, served.client() as client:

        def submit(_: int) -> httpx.Response:
            with served.client() as own:
                return own.post("/api/v1/workflow", json={**GOOD, "idempotency_key": "one"})

        answers = list(threads.map(submit, range(50)))
        assert {answer.status_code for answer in answers} == {202}
        (job,) = {answer.json()["job_id"] for answer in answers}
        assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 49
        assert [each["job_id"] for each in client.get("/api/v1/jobs").json()["jobs"]] == [job]
        assert ended(client, job)["sessions"] == 2
