"""Worker processes for projects' own code, each with a time limit; one that hangs or dies is replaced."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import signal
from pathlib import Path
from typing import Any

from supervisor.errors import ProjectCodeError
from supervisor.failpoints import reached
from supervisor.host.machine_errors import ignore_machine_errors
from supervisor.host.own_module import module_command, module_environment
from supervisor.project.project import Project
from supervisor.project_code.code_worker import NOT_NOW

_LINE_LIMIT = 1 << 30
_LAST_MOMENT_S = 1.0
"""Seconds from the end of a worker's replies to its own."""


class WorkerPool:
    """Up to `size` workers, started when they are needed.

    Each works for one folder of code, by its key: Python keeps what it imported, and two versions have equal names.
    """

    def __init__(self, project: Project, size: int) -> None:
        self._project = project
        self._size = size
        self._idle: list[asyncio.subprocess.Process] = []
        self._all: dict[asyncio.subprocess.Process, str] = {}
        """Every worker and its key."""
        self._slots = asyncio.Semaphore(size)
        self._outdated: set[asyncio.subprocess.Process] = set()
        self._warming: asyncio.Future[None] | None = None

    async def begin_run(self, key: str) -> None:
        """A run of a job begins, with new workers: Python keeps what the old ones imported, mended or not."""
        self._outdated.update(worker for worker, its in self._all.items() if its == key)
        stale = [each for each in self._idle if each in self._outdated]
        self._idle = [each for each in self._idle if each not in stale]
        for worker in stale:
            await self._end(worker)

    def warm(self, key: str) -> None:
        """Start a worker before it is needed, so that the first output does not wait for it."""
        if key not in self._all.values():
            self._warming = asyncio.ensure_future(self._start_idle(key))

    async def _start_idle(self, key: str) -> None:
        with ignore_machine_errors():  # else it is started when it is needed
            async with self._slots:
                self._idle.append(await self._start(key))

    async def _take(self, key: str, *, new: bool) -> asyncio.subprocess.Process:
        """A worker for this key; one that waits for work of another key makes room."""
        if not new:
            for worker in reversed(self._idle):
                if self._all[worker] == key:
                    self._idle.remove(worker)
                    return worker
        if self._idle and len(self._all) >= self._size:
            await self._end(self._idle[0])
        return await self._start(key)

    async def close(self) -> None:
        """End all workers."""
        if self._warming is not None:
            await self._warming
        for worker in list(self._all):
            await self._end(worker)

    async def ask(self, key: str, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """One call; where the worker hangs or dies, a second try in a new one: its death may not be the code's."""
        async with self._slots:
            for last in (False, True):
                worker = await self._take(key, new=last)
                assert worker.stdin is not None and worker.stdout is not None
                try:
                    worker.stdin.write(json.dumps(request, ensure_ascii=False).encode() + b"\n")
                    async with asyncio.timeout(timeout_s):
                        await worker.stdin.drain()
                        line = await worker.stdout.readline()
                except TimeoutError:
                    await self._end(worker)
                    if last:
                        raise _fault(request, f"it did not answer within {timeout_s:g} s, twice") from None
                    continue
                except ConnectionError:
                    line = b""
                except BaseException:
                    await self._end(worker)
                    raise
                if not line.endswith(b"\n"):
                    with contextlib.suppress(TimeoutError):  # it is about to end by itself, and tells how
                        async with asyncio.timeout(_LAST_MOMENT_S):
                            await worker.wait()
                    await self._end(worker)
                    if worker.returncode == NOT_NOW:
                        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
                    if last:
                        raise _fault(request, f"its process died, twice (exit status {worker.returncode})")
                    continue
                if worker in self._outdated:
                    await self._end(worker)
                else:
                    self._idle.append(worker)
                reply: dict[str, Any] = json.loads(line)
                if "not_now" in reply:
                    raise OSError(errno.EIO, f"a process for the project's code says: {reply['not_now']}")
                if "fault" in reply:
                    raise ProjectCodeError(reply["fault"], where=reply["where"], remedy=reply["remedy"])
                return reply
        raise AssertionError("unreachable")

    async def _start(self, key: str) -> asyncio.subprocess.Process:
        reached("worker.before_start")
        state = self._project.state
        with open(state / "project_code.log" if state.exists() else os.devnull, "ab") as log:
            worker = await asyncio.create_subprocess_exec(
                *module_command("supervisor.project_code.code_worker", str(self._project.store)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=self._project.root,
                env={**module_environment(), "PYTHONDONTWRITEBYTECODE": "1"},
                start_new_session=True,
                limit=_LINE_LIMIT,
            )
        reached("worker.started")
        self._all[worker] = key
        return worker

    async def _end(self, worker: asyncio.subprocess.Process) -> None:
        self._all.pop(worker, None)
        self._outdated.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        reached("worker.before_kill")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        reached("worker.killed")
        await worker.wait()


def _fault(request: dict[str, Any], what: str) -> ProjectCodeError:
    return ProjectCodeError(
        what,
        where=" ".join(request.get("command", [Path(request["path"]).name])),
        remedy="Correct the file; its prints are in project_code.log.",
    )
