"""Sessions on this machine: a workspace, a PTY process, its output watched, its whole process tree ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path

from supervisor.agents.cli_driver import CliDriver
from supervisor.errors import AgentError
from supervisor.executors.executor import SessionObserver
from supervisor.executors.local.sandbox.bubblewrap import bubblewrapped, level_for
from supervisor.executors.local.session_monitor import SessionMonitor
from supervisor.executors.local.session_outcome import session_outcome
from supervisor.executors.local.terminal.spawner_client import Spawned, SpawnerClient, SpawnerLost, Start
from supervisor.failpoints import reached
from supervisor.host import process_tree
from supervisor.host.cgroups import Cgroup, make_cgroup
from supervisor.host.file_events import FileEvents
from supervisor.host.resource_limits import resource_limits
from supervisor.model.agent_report import AgentFailure, AgentReport
from supervisor.model.session import Ending, OutputRejection, SessionRequest, SessionResult
from supervisor.model.session_handle import SessionHandle
from supervisor.workspaces.empty_folder import Workspace
from supervisor.workspaces.session_paths import SessionPaths
from supervisor.workspaces.untrusted_file import read_untrusted_file

LEAVE_GRACE_S = 3.0
"""Seconds between the request to leave (SIGTERM) and the end (SIGKILL) of a session's processes."""
_READ_PAUSES_S = (0.1, 0.5, 2.0)
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

    async def run(self, spec: SessionRequest, agent: CliDriver, news: SessionObserver) -> SessionResult:
        try:
            workspace = Workspace.make(self._sessions, spec)
        except FileNotFoundError:  # the project's folder was deleted, or moved away
            raise
        except OSError as error:
            return _not_started(_in_words(error))
        paths = workspace.paths(self._project, spec.output_name)
        began = time.monotonic()
        group = make_cgroup(f"{self._project_key}-{spec.name}", spec.isolation.limits)
        try:
            spec = _as_it_is_kept(spec)
            agent.prepare(paths, spec)
            reached("session.before_spawn")
            spawned = await self._spawner.spawn(spec.name, self._start(spec, agent, workspace, paths, group))
        except AgentError as error:
            _end_group(group)
            agent.reclaim_credentials(paths)
            return _out_of_work(
                AgentFailure(kind="set_up_wrongly", message=error.what, remedy=error.remedy, is_final=True)
            )
        except OSError as error:
            if isinstance(error, SpawnerLost):
                self._end_abandoned(spec, None)
            _end_group(group)
            agent.reclaim_credentials(paths)
            return _not_started(_in_words(error))
        reached("session.spawned")
        watch = SessionMonitor(self._events, spec, agent, paths, workspace.transcript, spawned.terminal, news)
        self._listen(watch)
        try:
            address = {"pid": spawned.pid, "started_ticks": spawned.started_ticks}
            news.started(SessionHandle(executor="local", session=spec.name, address=address))
            try:
                ending, exit_status = await self._wait(spec, agent, watch)
            except SpawnerLost:
                self._end_abandoned(spec, spawned)
                ending, exit_status = "could_not_start", None
            except asyncio.CancelledError:
                watch.read_rest()
                raise
            watch.read_rest()
            duration_s = time.monotonic() - began
            read = await _read(watch.output.path, spec.max_output_bytes)
            return session_outcome(spec, agent, watch, ending, exit_status, duration_s, read)
        finally:
            watch.close()
            self._hang_up(watch.terminal)
            await self._spawner.forget(spec.name)
            _end_group(group)
            agent.reclaim_credentials(paths)

    async def close(self) -> None:
        await self._spawner.close()
        for terminal in list(self._terminals):
            self._hang_up(terminal)

    async def _wait(self, spec: SessionRequest, agent: CliDriver, watch: SessionMonitor) -> tuple[Ending, int | None]:
        """Until the session ended by itself, or there is a reason to end it; then all of it is ended."""
        ended = asyncio.ensure_future(self._spawner.ended(spec.name))
        try:
            async with asyncio.timeout(spec.timeout_s):
                ending = await watch.until_over(ended)
                if ending == "output" and not ended.done():
                    await watch.until_finished(ended, agent.finish_s)
        except TimeoutError:
            ending = "output" if watch.output_complete else "timed_out"
        except asyncio.CancelledError:
            await self._spawner.end(spec.name, LEAVE_GRACE_S)
            with contextlib.suppress(SpawnerLost):
                await ended
            raise
        if not ended.done():
            reached("session.before_end")
            await self._spawner.end(spec.name, LEAVE_GRACE_S)
        exit_status = await ended
        reached("session.ended")
        return ending, exit_status

    def _end_abandoned(self, spec: SessionRequest, spawned: Spawned | None) -> None:
        """End a session whose spawner is gone: its process, what is below it, and what carries its mark."""
        reached("session.before_kill")
        if spawned is not None and process_tree.start_ticks(spawned.pid) == spawned.started_ticks:
            process_tree.send_to_group(spawned.pid, signal.SIGKILL)
        for pid, name in process_tree.marked_processes(self._project_key):
            if name == spec.name:
                process_tree.send(pid, signal.SIGKILL)
        reached("session.killed")

    def _start(
        self, spec: SessionRequest, agent: CliDriver, workspace: Workspace, paths: SessionPaths, group: Cgroup | None
    ) -> Start:
        """The process that the session is to be, in the sandbox and with the limits that it is given."""
        isolation, stdin = spec.isolation, agent.stdin(paths)
        words, environment = agent.command(paths, spec.model), self._environment(spec, agent, paths)
        wrapped = isolation.sandbox == "bubblewrap"
        if wrapped:
            words = bubblewrapped(
                words, environment, paths, agent.readable(paths), agent.writable(paths), isolation.network
            )
        return Start(
            argv=words,
            env=environment,
            cwd=str(paths.workspace),
            stdin=None if stdin is None else str(stdin),
            limits=resource_limits(isolation.limits, grouped=group is not None),
            groups=[] if group is None else group.members_files,
            transcript=str(workspace.transcript),
            secrets=agent.secrets(),
            wrapped=wrapped,
        )

    def _environment(self, spec: SessionRequest, agent: CliDriver, paths: SessionPaths) -> dict[str, str]:
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

    def _listen(self, watch: SessionMonitor) -> None:
        loop = asyncio.get_running_loop()
        self._terminals.add(watch.terminal)
        loop.add_reader(watch.terminal, lambda: watch.read_some() or loop.remove_reader(watch.terminal))

    def _hang_up(self, terminal: int) -> None:
        if terminal in self._terminals:
            self._terminals.discard(terminal)
            asyncio.get_running_loop().remove_reader(terminal)
            os.close(terminal)


async def _read(path: Path, max_bytes: int) -> bytes | OutputRejection:
    """What a session wrote; where the machine cannot read at the moment, a few more tries: it is paid for."""
    for pause_s in _READ_PAUSES_S:
        try:
            return read_untrusted_file(path, max_bytes)
        except OSError:
            await asyncio.sleep(pause_s)
    return read_untrusted_file(path, max_bytes)


def _as_it_is_kept(spec: SessionRequest) -> SessionRequest:
    """The spec with the level of isolation that the session really gets; AgentError where it cannot have its own."""
    isolation = spec.isolation.model_copy(update={"sandbox": level_for(spec.isolation)})
    return spec.model_copy(update={"isolation": isolation})


def _end_group(group: Cgroup | None) -> None:
    if group is not None:
        group.end()


def _in_words(error: OSError) -> str:
    said = error.strerror or str(error)
    return f"{said}: {error.filename}" if error.filename else said


def _not_started(message: str) -> SessionResult:
    return SessionResult(ending="could_not_start", refusal=OutputRejection(kind="could_not_start", message=message))


def _out_of_work(trouble: AgentFailure) -> SessionResult:
    refusal = OutputRejection(kind=trouble.kind, message=trouble.message)
    return SessionResult(ending="troubled", refusal=refusal, heard=AgentReport(trouble=trouble))
