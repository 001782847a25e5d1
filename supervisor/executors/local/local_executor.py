"""Sessions on this machine: a workspace, a PTY process, its output watched, its whole process tree ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from supervisor.agents.agent import Agent
from supervisor.agents.agent_profile import LOCAL
from supervisor.agents.agent_registry import agent_by_name
from supervisor.errors import CapacityError
from supervisor.executors.executor import STRONGEST, Capacity, CouldNotStart, ExecutorContext, SessionObserver
from supervisor.executors.local import machine_capacity, session_recovery
from supervisor.executors.local.sandbox.denials import with_remedy
from supervisor.executors.local.sandbox.sandbox_level import described, is_wrapped, warning
from supervisor.executors.local.session_monitor import SessionMonitor, end_abandoned
from supervisor.executors.local.session_outcome import final_output, not_understood, read_output, session_outcome
from supervisor.executors.local.session_start import as_kept_apart, session_start
from supervisor.executors.local.temporary_folder import let_go_of_temporary, make_temporary, sweep_temporary
from supervisor.executors.local.terminal.spawner_client import Spawned, SpawnerClient, SpawnerLost, Start
from supervisor.failpoints import reached
from supervisor.host import fd_limit
from supervisor.host.cgroups import Cgroup, make_cgroup
from supervisor.model.isolation import Isolation
from supervisor.model.session import OutputRejection, SessionRequest, SessionResult
from supervisor.model.session_handle import SessionHandle
from supervisor.workspaces.empty_folder import EmptyFolderProvider
from supervisor.workspaces.session_paths import SessionPaths
from supervisor.workspaces.workspace_provider import Workspace, WorkspaceProvider


class _Session(NamedTuple):
    """A session of this executor, from its start until nothing of it is left to be done."""

    mark: str
    workspace: Workspace
    paths: SessionPaths
    group: Cgroup | None
    monitor: SessionMonitor
    turn: asyncio.Lock
    """Held by who waits for its end: the next takes over what that one leaves."""


class LocalExecutor:
    """Runs sessions as processes of this machine, which end with this process."""

    def __init__(self, context: ExecutorContext) -> None:
        project, apart = context.project, context.apart
        self._project = project
        self._events = context.events
        self._key = project.key if apart is None else f"{project.key}-test"
        self._folder = project.sessions if apart is None else apart
        self._workspaces: WorkspaceProvider = EmptyFolderProvider(self._folder)
        self._spawner = SpawnerClient()
        self._sessions: dict[str, _Session] = {}
        self._swept = apart is not None
        self._sweeping = asyncio.Lock()

    async def submit(
        self, request: SessionRequest, agent: Agent, record: Callable[[SessionHandle], None]
    ) -> SessionHandle:
        driver = agent.program
        with _could_not_start():
            await self.end_stale_sessions()
            workspace = self._workspaces.create(request)
        paths = workspace.paths(self._project.root, request.output_name)
        mark = f"{self._key}/{request.name}"
        handle = SessionHandle(executor=LOCAL, session=request.name, address={"mark": mark})
        group = make_cgroup(f"{self._key}-{request.name}", request.isolation.limits)
        async with contextlib.AsyncExitStack() as undo:
            undo.callback(_end_group, group)
            undo.callback(driver.reclaim_credentials, paths)
            undo.callback(let_go_of_temporary, mark)
            with _could_not_start():
                request = as_kept_apart(request)
                temporary = make_temporary(paths, mark, request.isolation.sandbox)
                driver.prepare(paths, request)
                start = session_start(request, driver, workspace, paths, temporary, group, mark)
            try:
                record(handle)
            except BaseException:
                self._workspaces.remove(request.name)
                raise
            reached("session.before_spawn")
            with _could_not_start():
                spawned = await self._spawned(request.name, start, mark)
                undo.push_async_callback(self._spawner.forget, request.name)
                undo.callback(os.close, spawned.terminal)
                undo.push_async_callback(self._spawner.end_now, request.name)
                reached("session.spawned")
                monitor = SessionMonitor(self._events, request, driver, paths, workspace.transcript, spawned)
            undo.pop_all()
        self._sessions[request.name] = _Session(mark, workspace, paths, group, monitor, asyncio.Lock())
        return handle

    async def follow(self, handle: SessionHandle, observer: SessionObserver) -> SessionResult:
        session = self._sessions.get(handle.session)
        if session is not None:
            async with session.turn:
                if handle.session in self._sessions:
                    return await self._follow(session, observer)
        ended = await self.reattach(handle)
        return ended if isinstance(ended, SessionResult) else _unknown(handle)

    async def reattach(self, handle: SessionHandle) -> SessionHandle | SessionResult | None:
        if handle.session in self._sessions:
            return handle
        await self.end_stale_sessions()
        workspace = self._workspaces.open(handle.session)
        note = None if workspace is None else session_recovery.process_note(workspace)
        await asyncio.to_thread(session_recovery.end_session, self._project, handle, note, self._spawner.pid)
        if workspace is None:
            return None
        name = str(handle.address.get("agent", "")) if note is None else note.agent
        agent = agent_by_name(self._project, name)
        driver = None if agent is None else agent.driver
        result = await asyncio.to_thread(
            session_recovery.result_of_session, self._project, workspace, note, driver, None
        )
        if driver is not None:
            driver.reclaim_credentials(workspace.paths(self._project.root, ""))
        return result

    async def cancel(self, handle: SessionHandle, grace_s: float) -> None:
        session = self._sessions.get(handle.session)
        if session is None:
            return
        await session.monitor.end(self._spawner, session.mark, grace_s)
        async with session.turn:
            if handle.session in self._sessions:
                session.monitor.read_rest()
                await self._let_go(handle.session)

    def capacity(self, agent: Agent, wanted: int, asked: Isolation = STRONGEST) -> Capacity:
        wrapped = is_wrapped(asked)
        most = max(wanted, self._project.settings.concurrency)  # all jobs share what room there is
        limits = machine_capacity.limits(most, len(self._sessions), wrapped=wrapped)
        tightest = min(limits, key=lambda limit: limit.sessions)
        if tightest.sessions < 1:
            raise CapacityError(f"not even one session is possible: {tightest.allowed}", remedy=tightest.remedy)
        fd_limit.raise_limit(fd_limit.needed(min(most, tightest.sessions)))
        watches = machine_capacity.watches(wanted)
        remarks = [remark] if (remark := warning(asked)) else []
        if watches is not None and watches.sessions < wanted:
            remarks.append(f"file events for {watches.shortage(wanted)}; the others are looked at once a second")
        why = f"{tightest.allowed}; {tightest.remedy}"
        return Capacity(sessions=tightest.sessions, why=why, remarks=tuple(remarks))

    def isolation_level(self, asked: Isolation) -> str:
        return described(asked)

    async def close(self) -> None:
        ours = [SessionHandle(executor=LOCAL, session=name, address={}) for name in self._sessions]
        await asyncio.gather(*(self.cancel(handle, 0.0) for handle in ours))
        await self._spawner.close()
        await asyncio.to_thread(sweep_temporary, self._folder)

    async def end_stale_sessions(self) -> None:
        """End what sessions of a dead supervisor are left on this machine: once, before anything else is done."""
        if self._swept:
            return
        async with self._sweeping:
            if not self._swept:
                await asyncio.to_thread(session_recovery.end_stale_sessions, self._key)
                await asyncio.to_thread(sweep_temporary, self._folder)
                self._swept = True

    async def _spawned(self, name: str, start: Start, mark: str) -> Spawned:
        try:
            return await self._spawner.spawn(name, start)
        except SpawnerLost:
            await end_abandoned(mark)
            raise

    async def _follow(self, session: _Session, observer: SessionObserver) -> SessionResult:
        """Wait for the session's end and what came of it; cancelled, leave all as it is."""
        monitor = session.monitor
        try:
            monitor.report_to(observer)
            ending, exit_status = await monitor.until_ended(self._spawner, session.mark)
            monitor.read_rest()
            duration_s, request = monitor.duration_s, monitor.request
            read = await read_output(
                lambda: self._workspaces.collect(session.workspace, request.output_name, request.max_output_bytes)
            )
            found, remarks = await final_output(monitor, read)
            try:
                result = session_outcome(monitor, ending, exit_status, duration_s, found, remarks)
                result = with_remedy(result, request, monitor.agent, session.paths)
            except Exception as error:  # whatever it printed and left ends neither its job nor what runs beside it
                result = not_understood(ending, exit_status, duration_s, found, error)
        except asyncio.CancelledError:
            raise
        except BaseException:  # whatever failed, nothing of it runs on while its batch is given to another
            await monitor.end(self._spawner, session.mark, 0.0)
            await self._let_go(monitor.request.name)
            raise
        await self._let_go(monitor.request.name)
        return result

    async def _let_go(self, name: str) -> None:
        session = self._sessions.pop(name)
        async with contextlib.AsyncExitStack() as last:  # each is done, whatever comes of those before
            last.push_async_callback(self._spawner.forget, name)
            last.callback(let_go_of_temporary, session.mark)
            last.callback(session.monitor.agent.reclaim_credentials, session.paths)
            last.callback(_end_group, session.group)
            last.callback(session.monitor.close)


@contextlib.contextmanager
def _could_not_start() -> Iterator[None]:
    """What the machine refuses keeps a session from starting now, and not for good."""
    try:
        yield
    except FileNotFoundError as error:
        if error.filename is None:
            raise CouldNotStart(_in_words(error)) from error
        raise  # the project's folder was deleted, or moved away
    except OSError as error:
        raise CouldNotStart(_in_words(error)) from error


def _unknown(handle: SessionHandle) -> SessionResult:
    message = f"nothing is known of the session {handle.session}"
    return SessionResult(ending="could_not_start", refusal=OutputRejection(kind="could_not_start", message=message))


def _end_group(group: Cgroup | None) -> None:
    if group is not None:
        group.end()


def _in_words(error: OSError) -> str:
    said = error.strerror or str(error)
    return f"{said}: {error.filename}" if error.filename else said
