"""Many who listen to one job: all hear the same, and one that does not read costs the others nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.service.raw_connection import connect, head
from tests.support.served_project import AS_OFTEN_AS_IT_LIKES, GOOD, Served, ended, events
from tests.support.waiting import PATIENCE_S, until

LISTENERS = 200


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A service that tells often that there is nothing new."""
    with Served(tmp_path / "project", f"{AS_OFTEN_AS_IT_LIKES}heartbeat = 0.2\n") as found:
        yield found


def test_all_who_listen_hear_the_same_though_the_daemon_is_killed(served: Served) -> None:
    served.close_gate()
    with served.client() as client:
        job = client.post("/api/v1/workflow", json=GOOD).json()["job_id"]
        next(event for event in events(client, job) if event["kind"] == "session_started")
        heard, stored = asyncio.run(_all_hear(served, client, job))
    assert stored == sorted(set(stored)) and len(heard) == LISTENERS
    assert all(each == stored for each in heard)


async def _all_hear(served: Served, client: httpx.Client, job: int) -> tuple[list[list[int]], list[int]]:
    """What each hears up to the job's end, and what the store has of it."""
    listening = asyncio.Semaphore(0)

    async def listen(crowd: httpx.AsyncClient) -> list[int]:
        heard: list[int] = []
        async with crowd.stream("GET", f"/api/v1/jobs/{job}/events") as answer:
            assert answer.status_code == 200
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    event = json.loads(line[6:])
                    heard.append(event["id"])
                    if event["kind"] == "session_started" and len(heard) < 5:
                        listening.release()
                    if event["kind"] == "job_completed":
                        return heard
        raise AssertionError("it ended before the job")

    limits = httpx.Limits(max_connections=None)
    crowd = httpx.AsyncClient(base_url=served.address, headers=dict(client.headers), timeout=60, limits=limits)
    async with crowd:
        tasks = [asyncio.create_task(listen(crowd)) for _ in range(LISTENERS)]
        for _ in tasks:
            await asyncio.wait_for(listening.acquire(), PATIENCE_S)
        daemon = served.daemon_pid()
        assert daemon is not None
        os.kill(daemon, signal.SIGKILL)
        served.open_gate()
        heard = await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE_S)
    with contextlib.closing(sqlite3.connect(served.root / "vfs/.supervisor/store.sqlite")) as store:
        rows = store.execute("SELECT id FROM events WHERE job = ? ORDER BY id", (job,)).fetchall()
    return heard, [number for (number,) in rows if number <= heard[0][-1]]


def test_who_does_not_read_keeps_nobody_waiting_and_is_not_stored_for(served: Served) -> None:
    assert served.process is not None
    service = psutil.Process(served.process.pid)
    with contextlib.ExitStack() as stack, served.client() as client:
        job = client.post("/api/v1/workflow", json=GOOD).json()["job_id"]
        ended(client, job)
        for _ in range(20):
            connection = stack.enter_context(connect(served))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            target = f"/api/v1/jobs/{job}/events"
            connection.sendall(head(served, target=target, method="GET") + b"\r\n")
        before = service.memory_info().rss
        sent = 0
        for event in events(client, job):
            if event["kind"] == "noise":
                sent += 1
            if event["kind"] == "job_completed" or (event["kind"] == "noise" and sent % 100 == 0):
                if sent == 3000:
                    break
                _make_noise(served, job, 100)
        assert service.memory_info().rss - before < 60_000_000


def _make_noise(served: Served, job: int, count: int) -> None:
    """Events of 10 kB each."""
    with contextlib.closing(sqlite3.connect(served.root / "vfs/.supervisor/store.sqlite", timeout=30)) as store, store:
        store.executemany(
            "INSERT INTO events (job, at, kind, level, text, data) VALUES (?, 0, 'noise', 'INFO', ?, '{}')",
            [(job, "x" * 10_000)] * count,
        )


def test_who_hears_nothing_hears_that_there_is_nothing(served: Served) -> None:
    served.close_gate()
    with served.client() as client:
        job = client.post("/api/v1/workflow", json=GOOD).json()["job_id"]
        until(lambda: client.get(f"/api/v1/jobs/{job}").json()["running"], "the job runs")
        with client.stream("GET", f"/api/v1/jobs/{job}/events") as answer:
            quiet = (line for line in answer.iter_lines() if line.startswith(":"))
            assert [next(quiet) for _ in range(3)] == [": nothing new"] * 3
        served.open_gate()
        assert ended(client, job)["status"] == "completed"
