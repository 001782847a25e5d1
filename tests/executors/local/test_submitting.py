"""What a session of this machine is refused for, and what is left of it then."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from supervisor.agents.output_parser import OutputParser
from supervisor.errors import AgentError
from supervisor.executors.executor import CouldNotStart
from supervisor.executors.local.session_monitor import SessionMonitor
from supervisor.model.isolation import Isolation
from supervisor.model.json_document import JsonDocument
from supervisor.model.session_handle import SessionHandle
from tests.executors.conformance.subjects import LocalSubject
from tests.executors.conformance.test_executors import ANSWER, NAME, STAYS, Observer, begin
from tests.support.scripted_project import Small, numbered
from tests.support.session_play import playing
from tests.support.waiting import eventually

CAPACITY = """\
import sys
from pathlib import Path
from supervisor.agents.agent_registry import make_agent
from supervisor.executors.executor_registry import executor_to_ask
from supervisor.project.project import find_project
from supervisor.model.json_document import JsonDocument

project = find_project(Path(sys.argv[1]))
print(executor_to_ask("local", project).capacity(make_agent(project, "actor"), 16).shortage(16))
"""


@pytest.fixture
def local(tmp_path: Path) -> LocalSubject:
    return LocalSubject(tmp_path.resolve() / "project")


def refused(local: LocalSubject, kind: type[Exception], **changed: object) -> tuple[Exception, list[SessionHandle]]:
    """Why a session is refused, and what of it was recorded."""
    recorded: list[SessionHandle] = []

    async def run() -> Exception:
        executor = local.executor()
        request = playing(NAME, STAYS).model_copy(update=changed)
        with pytest.raises(kind) as caught:
            await executor.submit(request, local.agent, recorded.append)
        await executor.close()
        return caught.value

    return asyncio.run(run()), recorded


def test_a_disk_that_takes_no_folder_is_said_and_no_fault_of_the_agent(local: LocalSubject) -> None:
    shutil.rmtree(local.project.sessions)
    local.project.sessions.write_text("in the way")
    error, recorded = refused(local, CouldNotStart)
    assert str(error) == f"Not a directory: {local.project.sessions / NAME}"
    assert recorded == []


def test_a_project_that_is_no_longer_there_is_not_taken_for_a_busy_machine(local: LocalSubject) -> None:
    shutil.rmtree(local.project.root)
    _, recorded = refused(local, FileNotFoundError)
    assert recorded == []


def test_a_program_that_is_missing_is_the_agents_fault(local: LocalSubject) -> None:
    local.agent.driver._words = ("no-such-program",)
    error, recorded = refused(local, AgentError)
    assert "the agent's program cannot be started" in str(error)
    assert [handle.session for handle in recorded] == [NAME]
    assert local.running() == set()


def test_isolation_that_cannot_be_had_is_said_before_anything_is_recorded(local: LocalSubject) -> None:
    error, recorded = refused(local, AgentError, isolation=Isolation(sandbox="workspace", network="none"))
    assert "needs the sandbox bubblewrap" in str(error)
    assert recorded == []


def test_a_session_that_cannot_be_watched_is_ended_with_all_that_is_open_of_it(
    local: LocalSubject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> OutputParser:
        assert [Path(link).name for link in open_files() if "ptmx" in link] == ["ptmx"]
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(local.agent.driver, "parser", full)
    error, recorded = refused(local, CouldNotStart)
    assert str(error) == "Too many open files"
    assert [handle.session for handle in recorded] == [NAME]
    assert local.running() == set()
    assert not [link for link in open_files() if "ptmx" in link or str(local.project.root) in link]


def open_files() -> list[str]:
    """What this process has open, by name."""
    return [os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]


def test_a_spawner_that_dies_takes_its_sessions_with_it_and_the_next_has_another(local: LocalSubject) -> None:
    async def run() -> None:
        executor = local.executor()
        handle = await begin(local, executor, STAYS.model_copy(update={"output": None}))
        following = asyncio.ensure_future(executor.follow(handle, Observer()))
        await asyncio.sleep(0)
        kill_spawner()
        result = await following
        assert (result.ending, local.running()) == ("cut_off", set())
        other = await begin(local, executor, ANSWER, "job1-phase1-batch2-session1")
        assert (await executor.follow(other, Observer())).output == JsonDocument(b'{"a": 1}')
        await executor.close()

    asyncio.run(run())


def test_a_session_whose_spawner_died_is_gone_once_it_is_cancelled(local: LocalSubject) -> None:
    async def run() -> None:
        executor = local.executor()
        handle = await begin(local, executor, STAYS)
        spawner = kill_spawner()
        await eventually(lambda: not spawner.is_running() or spawner.status() == psutil.STATUS_ZOMBIE, "it is dead")
        await executor.cancel(handle, 3)
        assert local.running() == set()
        await executor.close()

    asyncio.run(run())


def test_a_session_that_cannot_be_followed_does_not_run_on(
    local: LocalSubject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(SessionMonitor, "report_to", full)

    async def run() -> None:
        executor = local.executor()
        handle = await begin(local, executor, STAYS)
        assert local.running() != set()
        with pytest.raises(OSError, match="No space left"):
            await executor.follow(handle, Observer())
        assert local.running() == set()
        await executor.close()

    asyncio.run(run())


def kill_spawner() -> psutil.Process:
    children = psutil.Process(os.getpid()).children()
    spawner = next(each for each in children if any("spawner" in word for word in each.cmdline()))
    spawner.kill()
    return spawner


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (40, "6 sessions at once, not 16: 40 open files for one process (hard limit); `ulimit -n 60` as root"),
        (28, "not even one session is possible: 28 open files for one process (hard limit)\n  `ulimit -n 60` as root"),
        (60, ""),
    ],
)
def test_room_is_what_the_tightest_limit_leaves(files: int, said: str, local: LocalSubject) -> None:
    words = ["prlimit", f"--nofile={files}:{files}", sys.executable, "-c", CAPACITY, str(local.project.root)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert said in done.stdout + done.stderr
    assert (done.stdout.strip() == "") == (not said or "not even one" in said)


def test_a_script_without_a_first_line_is_no_program_and_not_tried_again(small: Small) -> None:
    small.lay_out(numbered(2))
    small.write("agents/plain.sh", 'cp /dev/null "$1"\n').chmod(0o755)
    settings = (small.root / "supervisor.toml").read_text().partition("[agents.plain]")[0]
    words = '["{project}/agents/plain.sh", "{output_file}"]'
    small.write("supervisor.toml", f"{settings}[agents.plain]\ncommand = {words}\n")
    assert "a script with a first line such as #!/bin/sh" in small.run(status=4).err
