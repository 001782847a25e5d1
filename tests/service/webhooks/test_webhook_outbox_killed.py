"""A process that delivers webhooks and is killed loses none of them, and sends none again of which it noted the end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from supervisor.failpoints import VARIABLE
from tests.service.webhooks.webhook_receiver import Receiver
from tests.support.repository_content import REPOSITORY
from tests.support.webhook_store import one_message


@contextlib.asynccontextmanager
async def program(store: Path, receiver: Receiver, **env: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that delivers, killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.service.webhooks.outbox_program",
        str(store),
        receiver.place,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), **env},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    return await asyncio.wait_for(process.stdout.readline(), 60)


def test_killed_between_the_answer_and_the_note_of_it_a_message_arrives_again_with_its_id(tmp_path: Path) -> None:
    async def story() -> None:
        async with Receiver() as receiver:
            access, message = one_message(tmp_path, receiver.url)
            settings: dict[str, Any] = {VARIABLE: "webhook.answered=1"}
            async with program(tmp_path / "store.sqlite", receiver, **settings) as process:
                first = await receiver.got()
                assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
            assert (await access.message(message.job)).attempts == 0
            async with program(tmp_path / "store.sqlite", receiver) as process:
                second = await receiver.got()
                assert await line(process) == b"wrote\n"
            assert first.headers["webhook-id"] == second.headers["webhook-id"] == message.id
            assert (await access.message(message.job)).state == "delivered"

    asyncio.run(story())


def test_killed_after_the_note_a_message_does_not_arrive_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with Receiver() as receiver:
            access, message = one_message(tmp_path, receiver.url)
            settings: dict[str, Any] = {VARIABLE: "webhook.noted=1"}
            async with program(tmp_path / "store.sqlite", receiver, **settings) as process:
                assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
            assert (await access.message(message.job)).state == "delivered"
            _, other = one_message(tmp_path, receiver.url)
            async with program(tmp_path / "store.sqlite", receiver) as process:
                assert await line(process) == b"wrote\n"
            assert (await access.message(other.job)).state == "delivered"
            assert receiver.count == 2

    asyncio.run(story())
