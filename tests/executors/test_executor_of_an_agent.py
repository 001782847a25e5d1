"""An agent of the project file is run by the executor that its settings name, at once and over a restart."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import shutil
import sys
import types
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from supervisor.engine.supervisor import Supervisor
from supervisor.executors.executor import ExecutorContext
from supervisor.lifecycle.foreground import submit
from supervisor.model.job import Job, JobOptions
from supervisor.model.session import SessionRequest
from supervisor.model.session_handle import SessionHandle
from supervisor.project.pipeline_loader import load_pipeline
from supervisor.project.project import find_project
from supervisor.project.project_lock import ProjectLock
from tests.support.example_packages import install
from tests.support.scripted_executor import OtherSide, Scripted, ScriptedExecutor, answer_everything
from tests.support.scripted_project import PIPELINE, TARGET, Small, numbered, said
from tests.support.waiting import eventually


class Elsewhere:
    """Where the sessions of these tests are, which outlives the supervisors that use it."""

    def __init__(self) -> None:
        self.side = OtherSide(stays)
        self.killed = False
        """Whether the supervisor is to leave its sessions running, as one does that is killed."""

    def executor(self, context: ExecutorContext) -> ScriptedExecutor:
        """Made as by an installed package."""
        return _Leavable(self)


class _Leavable(ScriptedExecutor):
    def __init__(self, place: Elsewhere) -> None:
        super().__init__(place.side)
        self._place = place

    async def cancel(self, handle: SessionHandle, grace_s: float) -> None:
        if not self._place.killed:
            await super().cancel(handle, grace_s)


def stays(request: SessionRequest) -> Scripted:
    """A session that answers everything when it is released."""
    return answer_everything(request).model_copy(update={"stays": True})


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    """An installed package that offers the executor `scripted`."""
    made = Elsewhere()
    packages = tmp_path / "packages"
    packages.mkdir()
    install("elsewhere", "", {"supervisor.executors": {"scripted": "elsewhere:make"}}, packages)
    monkeypatch.syspath_prepend(packages)
    importlib.invalidate_caches()
    module = types.ModuleType("elsewhere")
    module.__dict__["make"] = made.executor
    monkeypatch.setitem(sys.modules, "elsewhere", module)
    return made


@pytest.fixture
def three_batches(small: Small) -> Small:
    """Of five items; two sessions at once. The program of the agent is none that could answer here."""
    return small.lay_out(
        numbered(5),
        agent="raise SystemExit('it was started on this machine')\n",
        agent_settings={"executor": "scripted"},
        settings={"concurrency": 2},
    )


@contextlib.asynccontextmanager
async def running(root: Path) -> AsyncIterator[tuple[Supervisor, asyncio.Task[Job]]]:
    """A supervisor at work on the job; the job is waited for at the end."""
    project = find_project(root)
    with ProjectLock(project, "run"):
        async with Supervisor(project) as supervisor:
            pipeline = load_pipeline(project, PIPELINE)
            options = JobOptions(agent="plain", concurrency=2)
            job = submit(supervisor.database, project, pipeline, TARGET, options, fresh=False)
            async with asyncio.TaskGroup() as tasks:
                yield supervisor, tasks.create_task(supervisor.run_job(job))


async def begun(side: OtherSide, count: int) -> None:
    """Wait until that many sessions were submitted in all."""
    await eventually(lambda: len(side.submitted) >= count, f"{count} sessions")


async def run_to_its_end(root: Path, side: OtherSide, count: int) -> Job:
    """Let each session end once `count` have begun, and whichever comes then."""
    async with running(root) as (_, task):
        await begun(side, count)
        side.script = answer_everything
        for name in side.running:
            side.release(name)
        return await task


def test_its_sessions_run_there_as_many_at_once_as_the_job_may(three_batches: Small, elsewhere: Elsewhere) -> None:
    job = asyncio.run(run_to_its_end(three_batches.root, elsewhere.side, 2))
    assert job.status == "completed"
    assert three_batches.main() == said(numbered(5))
    assert (len(elsewhere.side.submitted), elsewhere.side.most_at_once) == (3, 2)
    assert three_batches.sessions() == [], "nothing of them was on this machine"


def test_what_was_stopped_is_done_there_by_new_sessions(three_batches: Small, elsewhere: Elsewhere) -> None:
    elsewhere.side.script = lambda _: Scripted(stays=True)

    async def stopped() -> Job:
        async with running(three_batches.root) as (supervisor, task):
            await begun(elsewhere.side, 2)
            supervisor.stop()
            return await task

    assert asyncio.run(stopped()).status == "stopped"
    assert elsewhere.side.running == []
    elsewhere.side.script = stays
    assert asyncio.run(run_to_its_end(three_batches.root, elsewhere.side, 4)).status == "completed"
    assert three_batches.main() == said(numbered(5))


def test_what_still_runs_there_after_a_death_is_waited_for(
    three_batches: Small, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    left = tmp_path.resolve() / "left"

    async def killed() -> None:
        async with running(three_batches.root) as (supervisor, _):
            await begun(elsewhere.side, 2)
            shutil.copytree(three_batches.root, left)  # what a supervisor that is killed now leaves
            elsewhere.killed = True
            supervisor.stop()

    asyncio.run(killed())
    elsewhere.killed = False
    before = elsewhere.side.running
    assert len(before) == 2
    assert asyncio.run(run_to_its_end(left, elsewhere.side, 2)).status == "completed"
    assert Small(left).main() == said(numbered(5))
    names = [request.name for request in elsewhere.side.submitted]
    assert (names[:2], len(names)) == (before, 3), "no session was begun anew"
