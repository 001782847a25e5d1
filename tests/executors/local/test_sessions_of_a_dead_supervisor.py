"""Sessions that outlived both their supervisor and its spawner: they are found by what was noted of them, and ended."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import psutil
import pytest

from supervisor.host import process_tree
from supervisor.model.json_document import JsonDocument
from supervisor.model.session import SessionResult
from supervisor.model.session_handle import SessionHandle
from tests.executors.conformance.subjects import ACTOR, LocalSubject
from tests.support.session_play import SessionPlay
from tests.support.waiting import eventually

NAME = "job1-phase1-batch1-session1"
STAYS = SessionPlay(output='{"a": 1}', cost_usd=0.5, stays=True)
DEAF = f"import signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n{ACTOR}"
"""A session that goes on when its terminal is gone."""
HIDES = f"""\
import os, sys
if "SUPERVISOR_SESSION" in os.environ:
    kept = {{name: os.environ[name] for name in ("SUPERVISOR_WORKSPACE", "SUPERVISOR_INPUT_FILE")}}
    os.execve(sys.executable, [sys.executable, *sys.argv], kept)
{DEAF}"""
"""The same, and its environment does not say what it is."""


@pytest.fixture
def local(tmp_path: Path) -> LocalSubject:
    made = LocalSubject(tmp_path.resolve() / "project")
    (made.project.root / "actor.py").write_text(DEAF)
    return made


async def outlive(local: LocalSubject) -> SessionHandle:
    """A session that goes on though its supervisor and its spawner were killed; they leave it no time to be ended."""
    left = await local.supervised({NAME: STAYS})
    spawner = left.spawner()
    left.process.send_signal(signal.SIGSTOP)
    spawner.kill()
    left.process.kill()
    left.process.wait()
    await eventually(lambda: not spawner.is_running(), "the spawner is gone")
    assert local.running() == {NAME}
    return left.handles[0]


async def found(local: LocalSubject, handle: SessionHandle) -> object:
    """What a new executor finds of a session."""
    executor = local.executor()
    try:
        return await executor.reattach(handle)
    finally:
        await executor.close()


def note(local: LocalSubject) -> Path:
    return local.project.sessions / NAME / "process.json"


def test_one_whose_environment_names_it_is_ended_though_nothing_is_noted_of_it(local: LocalSubject) -> None:
    async def run() -> None:
        handle = await outlive(local)
        note(local).unlink()
        result = await found(local, handle)
        assert isinstance(result, SessionResult) and result.output == JsonDocument(b'{"a": 1}')
        assert local.running() == set()

    asyncio.run(run())


@pytest.mark.parametrize("older", [False, True], ids=["noted in its folder", "noted in its handle"])
def test_one_that_hides_whose_it_is_is_ended_by_the_process_that_was_noted(older: bool, local: LocalSubject) -> None:
    (local.project.root / "actor.py").write_text(HIDES)

    async def run() -> None:
        handle = await outlive(local)
        noted = json.loads(note(local).read_text())
        if older:
            note(local).unlink()
            address = {"pid": noted["pid"], "started_ticks": noted["started_ticks"], "agent": noted["agent"]}
            handle = handle.model_copy(update={"address": address})
        assert process_tree.marked_processes(local.project.key) == []
        result = await found(local, handle)
        assert local.running() == set()
        assert isinstance(result, SessionResult) and result.output == JsonDocument(b'{"a": 1}')

    asyncio.run(run())


def test_the_first_session_that_is_submitted_comes_after_all_that_was_left_is_ended(local: LocalSubject) -> None:
    from tests.executors.conformance.test_executors import ANSWER, Observer, begin

    async def run() -> None:
        await outlive(local)
        executor = local.executor()
        handle = await begin(local, executor, ANSWER, "job1-phase1-batch2-session1")
        assert NAME not in local.running()
        await executor.follow(handle, Observer())
        await executor.close()

    asyncio.run(run())


def test_what_the_spawner_still_writes_down_of_it_is_waited_for(local: LocalSubject) -> None:
    async def run() -> None:
        left = await local.supervised({NAME: STAYS.model_copy(update={"last_cost_usd": 0.25})})
        spawner = left.spawner()
        left.process.send_signal(signal.SIGSTOP)
        local.release(NAME)
        await eventually(lambda: local.running() == set(), "it has ended, and nobody read what it told last")
        spawner.suspend()
        left.process.kill()
        left.process.wait()
        asyncio.get_running_loop().call_later(0.5, spawner.resume)
        result = await found(local, left.handles[0])
        assert isinstance(result, SessionResult) and result.heard.usage.cost_usd == 0.75

    asyncio.run(run())


@pytest.mark.parametrize("same", ["pid", "pid and start"])
def test_a_process_is_left_alone_that_only_has_the_number_that_was_noted(same: str, local: LocalSubject) -> None:
    stranger = psutil.Popen([sys.executable, "-c", "input()"], stdin=-1, cwd="/")

    async def run() -> None:
        (handle,) = await local.leave({NAME: STAYS})
        noted = json.loads(note(local).read_text())
        ticks = process_tree.start_ticks(stranger.pid) if same == "pid and start" else noted["started_ticks"]
        note(local).write_text(json.dumps({**noted, "pid": stranger.pid, "started_ticks": ticks}))
        address = {"pid": stranger.pid, "started_ticks": ticks}
        await found(local, handle.model_copy(update={"address": address}))

    asyncio.run(run())
    assert stranger.is_running() and stranger.status() != psutil.STATUS_ZOMBIE
    stranger.kill()
    stranger.wait()


@pytest.mark.parametrize("text", ["", "{", '{"pid": 1}', "[]", "x" * 5000])
def test_a_note_that_makes_no_sense_is_as_none(text: str, local: LocalSubject) -> None:
    async def run() -> None:
        (handle,) = await local.leave({NAME: STAYS})
        note(local).write_text(text)
        result = await found(local, handle)
        assert isinstance(result, SessionResult) and result.output == JsonDocument(b'{"a": 1}')

    asyncio.run(run())


def test_an_output_outside_of_the_working_directory_is_not_read_whatever_is_noted(local: LocalSubject) -> None:
    async def run() -> None:
        (handle,) = await local.leave({NAME: STAYS})
        (local.project.sessions / NAME / "secret.json").write_text('{"secret": 1}')
        noted = json.loads(note(local).read_text())
        note(local).write_text(json.dumps({**noted, "output": "../secret.json"}))
        result = await found(local, handle)
        assert isinstance(result, SessionResult) and result.output is None

    asyncio.run(run())


def test_of_a_copied_project_the_sessions_of_the_other_one_run_on(local: LocalSubject, tmp_path: Path) -> None:
    copy = LocalSubject(tmp_path.resolve() / "copy")

    async def run() -> None:
        left = await local.supervised({NAME: STAYS})
        shutil.copytree(
            local.project.sessions,
            copy.project.sessions,
            dirs_exist_ok=True,
            ignore=lambda _, names: [name for name in names if name == "gate"],
        )
        result = await found(copy, left.handles[0])
        assert isinstance(result, SessionResult) and result.output == JsonDocument(b'{"a": 1}')
        assert local.running() == {NAME}
        os.kill(left.process.pid, signal.SIGKILL)
        left.process.wait()
        await found(local, left.handles[0])

    asyncio.run(run())
