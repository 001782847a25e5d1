"""Worker processes for a project's own code, each with a time limit; one that hangs or dies is replaced."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from supervisor.content.project import Project
from supervisor.content.worker import NOT_NOW
from supervisor.engine.machine_faults import if_the_machine_lets
from supervisor.errors import ContentFault
from supervisor.failpoints import reached
from supervisor.model.base import Frozen
from supervisor.model.batch import BatchInput
from supervisor.model.pipeline import Phase, Upstream
from supervisor.model.report import ValidationError, ValidationReport
from supervisor.model.rows import Item

_LINE_LIMIT = 1 << 30
_LAST_MOMENT_S = 1.0
"""Seconds from the end of a worker's replies to its own."""


class Verdict(Frozen):
    """A validator's report, and the phases whose merged items it looked at."""

    report: ValidationReport
    looked_at: tuple[int, ...] = ()


class ContentPool:
    """Up to `size` workers, started when they are needed."""

    def __init__(self, project: Project, size: int) -> None:
        self._project = project
        self._idle: list[asyncio.subprocess.Process] = []
        self._all: set[asyncio.subprocess.Process] = set()
        self._slots = asyncio.Semaphore(size)
        self._outdated: set[asyncio.subprocess.Process] = set()
        self._warming: asyncio.Future[None] | None = None

    async def begin_run(self) -> None:
        """A run of a job begins, with new workers: Python keeps what the old ones imported, mended or not."""
        self._outdated.update(self._all)
        for worker in list(self._idle):
            await self._end(worker)

    def warm(self) -> None:
        """Start a worker before it is needed, so that the first output does not wait for it."""
        if not self._all:
            self._warming = asyncio.ensure_future(self._start_idle())

    async def _start_idle(self) -> None:
        with if_the_machine_lets():  # else it is started when it is needed
            async with self._slots:
                self._idle.append(await self._start())

    async def validate(self, phase: Phase, batch: BatchInput, output: Any, job: int | None) -> Verdict:
        """Judge an output; without a validator everything passes. ContentFault where the validator fails."""
        if phase.validator is None:
            return Verdict(report=ValidationReport())
        folder = self._project.validator_folder(batch.pipeline)
        request = {"batch": batch.model_dump(), "output": output, "job": job}
        if isinstance(phase.validator, str):
            request |= {"do": "validate", "path": str(folder / phase.validator)}
        else:
            request |= {"do": "command", "path": str(folder), "command": phase.validator}
        reply = await self._ask(request, phase.validator_timeout)
        errors = tuple(ValidationError.model_validate(error) for error in reply["errors"])
        return Verdict(report=ValidationReport(errors=errors), looked_at=tuple(reply["looked_at"]))

    async def context(self, phase: Phase, batch: BatchInput, job: int) -> Any:
        """What the phase's `context` function adds for a batch; None where it has none."""
        if phase.context is None:
            return None
        path = self._project.pipeline_folder(batch.pipeline) / phase.context
        request = {"do": "context", "path": str(path), "batch": batch.model_dump(), "job": job}
        return (await self._ask(request, phase.validator_timeout))["context"]

    async def expand(self, pipeline: str, phase: Phase, rows: list[Item]) -> list[list[Item]]:
        """What the phase's `by` function makes of upstream items."""
        assert isinstance(phase.items, Upstream) and phase.items.by is not None
        path = self._project.pipeline_folder(pipeline) / phase.items.by
        reply = await self._ask({"do": "expand", "path": str(path), "rows": rows}, phase.validator_timeout)
        return [[(item_id, payload) for item_id, payload in members] for members in reply["expanded"]]

    async def close(self) -> None:
        """End all workers."""
        if self._warming is not None:
            await self._warming
        for worker in list(self._all):
            await self._end(worker)

    async def _ask(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """One call; where the worker hangs or dies, a second try in a new one: its death may not be the code's."""
        async with self._slots:
            for last in (False, True):
                worker = self._idle.pop() if self._idle and not last else await self._start()
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
                    raise ContentFault(reply["fault"], where=reply["where"], remedy=reply["remedy"])
                return reply
        raise AssertionError("unreachable")

    async def _start(self) -> asyncio.subprocess.Process:
        reached("worker.before_start")
        state = self._project.state
        with open(state / "project_code.log" if state.exists() else os.devnull, "ab") as log:
            worker = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "supervisor.content.worker",
                str(self._project.store),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=self._project.root,
                env={**os.environ, "PYTHONPATH": _package_path(), "PYTHONDONTWRITEBYTECODE": "1"},
                start_new_session=True,
                limit=_LINE_LIMIT,
            )
        reached("worker.started")
        self._all.add(worker)
        return worker

    async def _end(self, worker: asyncio.subprocess.Process) -> None:
        self._all.discard(worker)
        self._outdated.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        reached("worker.before_kill")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        reached("worker.killed")
        await worker.wait()


def _package_path() -> str:
    """Where this package is, for a child process, before whatever the environment says."""
    here = str(Path(__file__).resolve().parents[2])
    inherited = os.environ.get("PYTHONPATH")
    return f"{here}{os.pathsep}{inherited}" if inherited else here


def _fault(request: dict[str, Any], what: str) -> ContentFault:
    return ContentFault(
        what,
        where=" ".join(request.get("command", [Path(request["path"]).name])),
        remedy="Correct the file; its prints are in project_code.log.",
    )
