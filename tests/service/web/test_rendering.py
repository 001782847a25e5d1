"""Pages that take long to make: a few at once, some wait, more are refused, and others are answered meanwhile."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from supervisor.service.problem_details import Problem
from supervisor.service.web.transcript_rendering import Rendering
from tests.support.served_project import GOOD, Served, ended


def test_so_many_are_made_at_once_and_who_would_wait_too_long_is_told_to_come_again() -> None:
    async def run() -> None:
        rendering = Rendering(at_once=2, most_waiting=1)
        begun = [threading.Event() for _ in range(3)]
        gate = threading.Event()

        def render(number: int) -> int:
            begun[number].set()
            gate.wait()
            return number

        made = [asyncio.create_task(rendering.run(lambda n=n: render(n))) for n in range(3)]
        await asyncio.to_thread(begun[0].wait)
        await asyncio.to_thread(begun[1].wait)
        while rendering.waiting < 1:
            await asyncio.sleep(0)
        assert not begun[2].is_set()
        one_more = asyncio.create_task(rendering.run(lambda: 4))
        while not one_more.done() and rendering.waiting < 2:
            await asyncio.sleep(0)
        refused = one_more.done()
        gate.set()
        assert await asyncio.gather(*made) == [0, 1, 2]
        assert refused
        problem = one_more.exception()
        assert isinstance(problem, Problem)
        assert (problem.status_code, problem.headers) == (503, {"Retry-After": "5"})

    asyncio.run(run())


def test_what_a_render_raises_is_raised_and_its_place_is_free_again() -> None:
    async def run() -> None:
        rendering = Rendering(at_once=1, most_waiting=0)
        with pytest.raises(ZeroDivisionError):
            await rendering.run(lambda: 1 // 0)
        assert await rendering.run(lambda: 1) == 1

    asyncio.run(run())


def test_a_session_that_drew_or_coloured_without_end_has_a_page(served: Served) -> None:
    with served.client() as client:
        job = client.post("/api/v1/workflow", json=GOOD).raise_for_status().json()["job_id"]
        assert ended(client, job)["status"] == "completed"
        assert client.post("/sign-in", data={"secret": served.operator}).status_code == 303
        page: Path = next(iter(served.root.rglob("transcript.txt")))
        address = f"/jobs/{job}/sessions/{page.parent.name}"
        assert '<span class="f2">coloured</span> &lt;b&gt;words&lt;/b&gt;' in client.get(address).text
        page.write_bytes(b"\x1b[31m<i>\x1b[m\n" * 60_000)
        shown = client.get(address)
        assert shown.status_code == 200 and "&lt;i&gt;" in shown.text and "<i>" not in shown.text
        assert "style-src 'self'" in shown.headers["content-security-policy"]
        page.write_bytes(b"\x1b[H" + b"\x1b#8\x1b[9999L" * 200_000 + b"\x1b[2J\x1b[H<i>here")
        shown = client.get(address)
        assert shown.status_code == 200 and "&lt;i&gt;here" in shown.text
