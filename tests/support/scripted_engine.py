"""The whole engine in this process, its sessions on a scripted other side: jobs run to their end, or are killed."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import shutil
import sqlite3
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from supervisor.engine.supervisor import Supervisor
from supervisor.errors import CannotContinue
from supervisor.executors.executor import ExecutorContext
from supervisor.lifecycle.foreground import submit
from supervisor.model.job import Job, JobOptions
from supervisor.model.session_handle import SessionHandle
from supervisor.project.pipeline_loader import load_pipeline
from supervisor.project.project import find_project
from supervisor.store.tables import jobs
from tests.support.example_packages import install
from tests.support.scripted_executor import OtherSide, ScriptedExecutor
from tests.support.scripted_project import PIPELINE, TARGET

Choose = Callable[[int], int]
"""A number from 0 up to, and without, the given one."""


class ScriptedEngine:
    """Runs the job `small/demo` of a project whose agent has the executor `scripted`."""

    def __init__(self) -> None:
        self.side = OtherSide()
        self._killed = False

    def executor(self, context: ExecutorContext) -> ScriptedExecutor:
        """Made as by an installed package."""
        return _Leavable(self)

    def run(
        self, root: Path, choose: Choose = lambda most: 0, *, kill_after: int | None = None, **options: Any
    ) -> Job | CannotContinue | None:
        """`supervisor run small demo`: the job as it ended, what it cannot go on for, or None where it was killed.

        Sessions that stay are ended one by one, as `choose` says. `kill_after`: sessions that are submitted before the
        supervisor dies without a word.
        """
        return asyncio.run(self._run(root, choose, kill_after, JobOptions(**{"agent": "plain", **options})))

    @property
    def killed(self) -> bool:
        """Whether what is cancelled is left running, as by a supervisor that died."""
        return self._killed

    async def _run(
        self, root: Path, choose: Choose, kill_after: int | None, options: JobOptions
    ) -> Job | CannotContinue | None:
        project, self._killed = find_project(root), False
        kept = root / "store.kept"
        async with Supervisor(project) as supervisor:
            job = submit(supervisor.database, project, load_pipeline(project, PIPELINE), TARGET, options, fresh=False)
            jobs.adopt_options(supervisor.database, job.id, options)
            work = asyncio.ensure_future(supervisor.run_job(jobs.get(supervisor.database, job.id)))
            last = None if kill_after is None else len(self.side.submitted) + kill_after
            while not work.done():
                await asyncio.sleep(0)
                if last is not None and len(self.side.submitted) >= last:
                    self._killed = True
                    _copy(project.store, kept)
                    work.cancel()
                    break
                running = self.side.running
                if running and not choose(3):
                    self.side.release(running[choose(len(running))])
            with contextlib.suppress(asyncio.CancelledError):
                ended: Job | CannotContinue | None
                try:
                    ended = await work
                except CannotContinue as error:
                    ended = error
                return ended
        for each in project.store.parent.glob(f"{project.store.name}*"):
            each.unlink()
        shutil.move(kept, project.store)
        return None


class _Leavable(ScriptedExecutor):
    def __init__(self, engine: ScriptedEngine) -> None:
        super().__init__(engine.side)
        self._engine = engine

    async def cancel(self, handle: SessionHandle, grace_s: float) -> None:
        if not self._engine.killed:
            await super().cancel(handle, grace_s)


def _copy(store: Path, to: Path) -> None:
    """The store as it is at this moment."""
    with contextlib.closing(sqlite3.connect(store)) as source, contextlib.closing(sqlite3.connect(to)) as copy:
        source.backup(copy)


@contextlib.contextmanager
def offered(packages: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedEngine]:
    """An engine whose executor `scripted` is offered as by an installed package."""
    made = ScriptedEngine()
    packages.mkdir()
    install("elsewhere", "", {"supervisor.executors": {"scripted": "elsewhere:make"}}, packages)
    monkeypatch.syspath_prepend(packages)
    importlib.invalidate_caches()
    module = types.ModuleType("elsewhere")
    module.__dict__["make"] = made.executor
    monkeypatch.setitem(sys.modules, "elsewhere", module)
    yield made
