"""Jobs that are submitted over HTTP with a webhook: the receiver hears of their ends, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.webhooks.webhook_receiver import Receiver, status
from tests.support.served_project import GOOD, Served, ended
from tests.support.waiting import until


@contextlib.asynccontextmanager
async def serving(root: Path, receiver: Receiver) -> AsyncIterator[Served]:
    """A service that may send webhooks to the receiver."""
    served = await asyncio.to_thread(Served, root, f'[serve]\nwebhook_hosts = ["{receiver.place}"]\n')
    await asyncio.to_thread(served.start)
    try:
        yield served
    finally:
        await asyncio.to_thread(served.close)


def submit(served: Served, secret: str, **more: Any) -> int:
    with served.client(secret) as client:
        answer = client.post("/api/v1/workflow", json={**GOOD, **more})
        assert answer.status_code == 202, answer.text
        return int(answer.json()["job_id"])


def told(served: Served, job: int) -> str:
    """What the command says of a job's webhooks."""
    return served.supervisor("webhooks", "list", str(job)).stdout


def make_client(served: Served, name: str) -> tuple[str, str]:
    """A client's secret, and what it verifies webhooks with."""
    ran = served.supervisor("tokens", "add", name)
    found = re.search(r"whsec_\S+", ran.stderr)
    assert found is not None, ran.stderr
    return ran.stdout.split()[0], found[0]


def test_a_client_hears_of_the_end_of_its_job_and_verifies_it_with_what_it_was_given(tmp_path: Path) -> None:
    async def story() -> None:
        async with Receiver() as receiver, serving(tmp_path / "project", receiver) as served:
            secret, webhook_secret = await asyncio.to_thread(make_client, served, "alice")
            job = await asyncio.to_thread(submit, served, secret, webhook_url=receiver.url)
            got = await receiver.got()
            message: Any = got.verified(webhook_secret)
            assert (message["type"], message["data"]["workflow_name"]) == ("job.completed", "forms")
            assert str(message["data"]["job_id"]) == str(job)
            await asyncio.to_thread(until, lambda: "delivered, 1 try" in told(served, job), "a delivery")

            def again() -> None:
                with served.client(secret) as client:
                    assert client.post(f"/api/v1/jobs/{job}/redeliver").status_code == 200

            await asyncio.to_thread(again)
            by_http = await receiver.got()
            await asyncio.to_thread(until, lambda: "delivered, 1 try" in told(served, job), "a delivery")
            await asyncio.to_thread(served.supervisor, "webhooks", "redeliver", str(job))
            by_hand = await receiver.got()
            assert {each.headers["webhook-id"] for each in (got, by_http, by_hand)} == {got.headers["webhook-id"]}

    asyncio.run(story())


def test_a_job_that_is_cancelled_tells_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with Receiver() as receiver, serving(tmp_path / "project", receiver) as served:
            served.close_gate()
            secret, webhook_secret = await asyncio.to_thread(make_client, served, "alice")
            job = await asyncio.to_thread(submit, served, secret, webhook_url=receiver.url)

            def cancel() -> None:
                with served.client(secret) as client:
                    assert client.delete(f"/api/v1/jobs/{job}").is_success

            await asyncio.to_thread(cancel)
            message: Any = (await receiver.got()).verified(webhook_secret)
            assert message["type"] == "job.cancelled"

    asyncio.run(story())


def test_a_job_that_ends_while_no_service_runs_is_told_of_when_one_runs_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with Receiver() as receiver, serving(tmp_path / "project", receiver) as served:
            served.close_gate()
            secret, webhook_secret = await asyncio.to_thread(make_client, served, "alice")
            job = await asyncio.to_thread(submit, served, secret, webhook_url=receiver.url)
            await asyncio.to_thread(until, served.daemon_pid, "a daemon")
            await asyncio.to_thread(served.stop, signal.SIGKILL)
            await asyncio.to_thread(served.open_gate)
            await asyncio.to_thread(until, lambda: "waiting, 0 tries" in told(served, job), "a message that waits")
            assert receiver.count == 0
            await asyncio.to_thread(served.start)
            message: Any = (await receiver.got()).verified(webhook_secret)
            assert message["type"] == "job.completed"

    asyncio.run(story())


def test_a_receiver_that_does_not_answer_holds_up_no_job_and_no_end_of_the_service(tmp_path: Path) -> None:
    async def story() -> None:
        never = asyncio.Event()

        async def hold(_: asyncio.StreamWriter) -> None:
            await never.wait()

        async with Receiver(hold, status("200 OK")) as receiver, serving(tmp_path / "project", receiver) as served:
            secret, _ = await asyncio.to_thread(make_client, served, "alice")
            job = await asyncio.to_thread(submit, served, secret, webhook_url=receiver.url)
            first = await receiver.got()

            def other() -> str:
                with served.client(secret) as client:
                    return str(ended(client, submit(served, secret))["status"])

            assert await asyncio.to_thread(other) == "completed"
            assert await asyncio.to_thread(served.stop) == 0
            await asyncio.to_thread(served.start)
            second = await receiver.got()
            assert second.headers["webhook-id"] == first.headers["webhook-id"]
            await asyncio.to_thread(until, lambda: "delivered, 1 try" in told(served, job), "a delivery")

    asyncio.run(story())


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "https://169.254.169.254/", "https://a@b.example/", "x"])
def test_a_webhook_that_may_not_go_there_is_refused_when_the_job_is_submitted(served: Served, url: str) -> None:
    with served.client() as client:
        answer = client.post("/api/v1/workflow", json={**GOOD, "webhook_url": url})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/webhook_url"
        assert client.get("/api/v1/jobs").json()["jobs"] == []
