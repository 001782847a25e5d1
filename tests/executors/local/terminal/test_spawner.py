"""The process that starts sessions, killed."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from supervisor.executors.local.terminal.spawner_client import SpawnerClient, Start
from tests.support import processes
from tests.support.scripted_project import Small, numbered, said


def test_the_spawner_killed_in_the_middle_loses_no_work_and_leaves_no_process(small: Small) -> None:
    """Its sessions cannot be watched any more: they are ended, and no attempt of the agent's is counted."""
    deaf = """
if session == 1:
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    wait_at("gate")
    time.sleep(100000)
write(answers())
"""
    small.lay_out(numbered(6), agent=deaf, settings={"max_attempts": 1})
    running = small.begin_run()
    small.at_gate(count=3)
    spawner = processes.spawner_of(running.pid)
    os.kill(spawner.pid, signal.SIGKILL)
    assert running.end() == 0, "\n".join(running.lines) + running.err
    assert small.main() == said(numbered(6))
    processes.none_left(small.root)


def test_requests_whose_senders_were_cancelled_reach_it_whole(tmp_path: Path) -> None:
    """Half a line of one would be taken together with the next, which nobody could read."""

    def start(text: str) -> Start:
        return Start(
            argv=["/bin/true"],
            env={"TEXT": text},
            cwd=str(tmp_path),
            transcript=str(tmp_path / "transcript"),
            secrets=[],
            note=str(tmp_path / "note"),
            noted={},
            end_note=str(tmp_path / "end"),
        )

    async def go() -> int | None:
        client = SpawnerClient()
        try:
            first = await client.spawn("first", start(""))
            os.close(first.terminal)
            assert client.pid is not None
            os.kill(client.pid, signal.SIGSTOP)
            many = [asyncio.ensure_future(client.spawn(f"s{n}", start("x" * 60_000))) for n in range(20)]
            for _ in range(100):
                await asyncio.sleep(0)
            for each in many:
                each.cancel()
            await asyncio.wait(many)
            os.kill(client.pid, signal.SIGCONT)
            last = await client.spawn("last", start(""))
            os.close(last.terminal)
            return await last.ended
        finally:
            await client.close()

    assert asyncio.run(go()) == 0
