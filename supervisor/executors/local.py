"""Sessions on this machine: a workspace, a PTY process, its output watched, its whole process tree ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from supervisor.agents.base import Agent, SessionPaths
from supervisor.errors import AgentError
from supervisor.model.session import Ending, Refusal, SessionResult, SessionSpec, SessionStarted
from supervisor.sessions import process_tree
from supervisor.sessions.file_events import FileEvents
from supervisor.sessions.output_watch import OutputWatch, last_change
from supervisor.sessions.safe_read import read_output
from supervisor.sessions.spawner_client import Spawned, SpawnerClient, SpawnerLost
from supervisor.sessions.transcript import Transcript
from supervisor.sessions.workspace import Workspace

LEAVE_GRACE_S = 3.0
"""Seconds between the request to leave (SIGTERM) and the end (SIGKILL) of a session's processes."""
_LOCALE = ("LANG", "LC_ALL", "LC_CTYPE", "TZ")


class LocalExecutor:
    """Runs sessions as processes of this machine."""

    def __init__(self, project: Path, sessions: Path, project_key: str, events: FileEvents) -> None:
        self._project = project
        self._sessions = sessions
        self._project_key = project_key
        self._events = events
        self._spawner = SpawnerClient()
        self._terminals: set[int] = set()

    async def run(self, spec: SessionSpec, agent: Agent, on_start: Callable[[SessionStarted], None]) -> SessionResult:
        workspace = Workspace.make(self._sessions, spec)
        output = workspace.output(spec.output_name)
        paths = SessionPaths(
            project=self._project,
            workspace=workspace.path,
            home=workspace.home,
            prompt_file=workspace.prompt,
            input_file=workspace.input,
            output_file=output,
        )
        transcript = Transcript(workspace.transcript, spec.max_transcript_bytes)
        watch = OutputWatch(self._events, output, spec.quiet_s, spec.max_output_bytes)
        began = time.monotonic()
        terminal: int | None = None
        try:
            try:
                spawned = await self._spawner.spawn(
                    spec.name,
                    agent.command(paths, spec.model),
                    self._environment(spec, agent, paths),
                    str(workspace.path),
                )
            except AgentError as error:
                return _not_run("cannot_work", str(error))
            except OSError as error:
                return _not_run("could_not_start", str(error))
            terminal = spawned.terminal
            self._listen(terminal, transcript)
            on_start(SessionStarted(pid=spawned.pid, started_ticks=spawned.started_ticks))
            try:
                ending, exit_status = await self._wait(spec, watch)
            except SpawnerLost as error:
                self._end_abandoned(spec, spawned)
                return _not_run("could_not_start", str(error))
            self._hear(terminal, transcript)
            return _judge_ending(spec, agent, ending, exit_status, watch, output, transcript, time.monotonic() - began)
        finally:
            watch.close()
            if terminal is not None:
                self._hang_up(terminal)
            transcript.close()

    async def close(self) -> None:
        await self._spawner.close()
        for terminal in list(self._terminals):
            self._hang_up(terminal)

    async def _wait(self, spec: SessionSpec, watch: OutputWatch) -> tuple[Ending, int | None]:
        """Until the session ended by itself, its output is complete, or its time is over; then all of it is ended."""
        ended = asyncio.ensure_future(self._spawner.ended(spec.name))
        try:
            await asyncio.wait((ended, watch.complete), timeout=spec.timeout_s, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self._spawner.end(spec.name, LEAVE_GRACE_S)
            with contextlib.suppress(SpawnerLost):
                await ended
            raise
        if ended.done():
            return "exited", ended.result()
        ending: Ending = "output" if watch.complete.done() else "timed_out"
        await self._spawner.end(spec.name, LEAVE_GRACE_S)
        return ending, await ended

    def _end_abandoned(self, spec: SessionSpec, spawned: Spawned) -> None:
        """End a session whose spawner is gone: its process, what is below it, and what carries its mark."""
        if process_tree.start_ticks(spawned.pid) == spawned.started_ticks:
            process_tree.send_to_group(spawned.pid, signal.SIGKILL)
        for pid, name in process_tree.marked_processes(self._project_key):
            if name == spec.name:
                process_tree.send(pid, signal.SIGKILL)

    def _environment(self, spec: SessionSpec, agent: Agent, paths: SessionPaths) -> dict[str, str]:
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(paths.home),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
        }
        environment.update({name: os.environ[name] for name in _LOCALE if name in os.environ})
        environment.update(agent.environment(paths))
        environment.update({f"SUPERVISOR_{name.upper()}": value for name, value in paths.named().items()})
        environment["SUPERVISOR_ATTEMPT"] = str(spec.attempt)
        environment[process_tree.SESSION_VARIABLE] = f"{self._project_key}/{spec.name}"
        return environment

    def _listen(self, terminal: int, transcript: Transcript) -> None:
        self._terminals.add(terminal)
        asyncio.get_running_loop().add_reader(terminal, self._hear_some, terminal, transcript)

    def _hear_some(self, terminal: int, transcript: Transcript) -> bool:
        """Take what the terminal has; whether there may be more."""
        try:
            data = os.read(terminal, 1 << 16)
        except BlockingIOError:
            return False
        except OSError:  # the last process closed the other side
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(terminal)
            return False
        transcript.feed(data)
        return True

    def _hear(self, terminal: int, transcript: Transcript) -> None:
        while self._hear_some(terminal, transcript):
            continue

    def _hang_up(self, terminal: int) -> None:
        if terminal in self._terminals:
            self._terminals.discard(terminal)
            asyncio.get_running_loop().remove_reader(terminal)
            os.close(terminal)


def _judge_ending(
    spec: SessionSpec,
    agent: Agent,
    ending: Ending,
    exit_status: int | None,
    watch: OutputWatch,
    path: Path,
    transcript: Transcript,
    duration_s: float,
) -> SessionResult:
    """What the session comes to, now that it ended."""
    tail = transcript.tail()
    output: bytes | None = None
    refusal: Refusal | None = None
    complete_at: float | None = None
    if ending == "output":
        output, complete_at = watch.complete.result()
    else:
        read = read_output(path, spec.max_output_bytes)
        if isinstance(read, bytes):
            output, complete_at = read, last_change(path)
        elif read.kind == "no_workspace":
            return _not_run("could_not_start", "its workspace was deleted while it ran")
        else:
            refusal = _explained(read, ending, exit_status, spec.timeout_s)
            said = agent.cannot_work(exit_status, tail) if ending == "exited" else None
            if said is not None:
                ending, refusal = "cannot_work", Refusal(kind="cannot_work", message=said)
    return SessionResult(
        ending=ending,
        output=output,
        refusal=refusal,
        exit_status=exit_status,
        transcript_tail=tail,
        duration_s=duration_s,
        output_complete_at=complete_at,
    )


def _explained(refusal: Refusal, ending: Ending, exit_status: int | None, timeout_s: float) -> Refusal:
    """Where there is no output at all, how the session ended says more than that."""
    if refusal.kind != "no_output":
        return refusal
    if ending == "timed_out":
        return Refusal(
            kind="timed_out",
            message=f"the session was ended after {timeout_s:g} s without a complete output",
            suggestion="write the output earlier",
        )
    if exit_status:
        how = f"signal {-exit_status}" if exit_status < 0 else f"exit status {exit_status}"
        return Refusal(kind="crashed", message=f"the session ended with {how} and wrote no output")
    return refusal


def _not_run(ending: Ending, message: str) -> SessionResult:
    return SessionResult(ending=ending, refusal=Refusal(kind=ending, message=message))
