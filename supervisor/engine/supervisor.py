"""The supervisor's loop: jobs in, jobs out, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable
from types import TracebackType

from loguru import logger

from supervisor.agents.agent_registry import make_agents
from supervisor.engine.accounting import cost_reconciliation
from supervisor.engine.dispatch.cooldown_tracker import CooldownTracker
from supervisor.engine.dispatch.slots import Slots
from supervisor.engine.events.event_log import EventLog
from supervisor.engine.events.progress_log import ProgressLogSinks
from supervisor.engine.job.job_run import JobRun
from supervisor.engine.job.outage_backoff import FIRST_WAIT_S, OutageBackoff
from supervisor.engine.job_context import JobContext
from supervisor.errors import SupervisorError
from supervisor.executors.executor import ExecutorContext
from supervisor.executors.open_executors import OpenExecutors
from supervisor.host import asyncio_setup, fd_limit
from supervisor.host.file_events import FileEvents, InotifyEvents, file_events
from supervisor.host.machine_errors import (
    LASTS_AFTER,
    MACHINE_ERRORS,
    for_a_person,
    ignore_machine_errors,
    machine_error,
)
from supervisor.host.steady_clock import SteadyClock
from supervisor.model.event import Event
from supervisor.model.job import AT_WORK, Job
from supervisor.project.pinned_definitions import content_of
from supervisor.project.pipeline_loader import load_pipeline, read_target
from supervisor.project.project import Project
from supervisor.project.store_guard import StoreGuard, require_present
from supervisor.project_code.worker_pool import WorkerPool
from supervisor.store.database import Database, open_store
from supervisor.store.tables import attempts, jobs
from supervisor.workspaces.empty_folder import EmptyFolderProvider
from supervisor.workspaces.session_retention import SessionRetention

JOBS_AT_ONCE = 64
"""Jobs that a daemon works on at most; the others wait in the queue, where they cost nothing."""
_NEWS_DELAY_S = 0.02
"""How long news of changes in the store are gathered before it is looked at."""


class Supervisor:
    """Everything that works on one project: enter it, then `run_job` or `serve`. Its caller holds the project."""

    def __init__(self, project: Project, looking: StoreGuard | None = None) -> None:
        """`looking`: the look whether the store is sound, where it was begun already."""
        self._project = project
        self._looking = looking
        self._runs: dict[int, JobRun | OutageBackoff] = {}
        self._data_version = -1
        self._stopping = False
        self._steady = SteadyClock()
        self._interrupted: set[int] = set()
        """Jobs that were at work when this supervisor was stopped, and that nobody asked to stop."""
        self.stopped_early = False
        """Whether `serve` left work that the next daemon goes on with."""
        self._news = asyncio.Event()

    async def __aenter__(self) -> Supervisor:
        project = self._project
        asyncio_setup.set_up(asyncio.get_running_loop())
        project.sessions.mkdir(parents=True, exist_ok=True)
        (self._looking or StoreGuard(project)).require_sound()
        self.database: Database = open_store(project.store, create=True)
        self._events: FileEvents = file_events()
        if not isinstance(self._events, InotifyEvents):
            logger.warning("outputs are noticed by {}", self._events.description)
        self.event_log = EventLog(self.database)
        self._logs = ProgressLogSinks(project, self.database)
        self.event_log.subscribe(self._logs.write)
        self._executors = OpenExecutors(ExecutorContext(project, self._events))
        self._pool = WorkerPool(project, max(1, min(4, os.cpu_count() or 1)))
        self._slots = Slots(project.settings.concurrency)
        self._cooldowns = CooldownTracker(self.event_log)
        self._unlisten = self._events.listen(project.state, self._store_changed)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        for attempt in self._left_attempts():  # what still runs here is ended before anything starts
            with cost_reconciliation.passed_over(attempt.name):
                await self._executors.reattach(attempt.handle)
        retention = SessionRetention(
            EmptyFolderProvider(project.sessions), self.database, project.settings.keep_sessions, self._steady.now
        )
        self._retention = asyncio.ensure_future(retention.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        self._unlisten()
        self._retention.cancel()
        self._cooldowns.close_down()
        async with contextlib.AsyncExitStack() as last:  # each is done, whatever comes of those before
            last.callback(self.database.close)
            last.callback(self._logs.close)
            last.callback(self._events.close)
            last.push_async_callback(self._executors.close)
            last.push_async_callback(self._pool.close)

    def subscribe(self, listener: Callable[[Event], None]) -> None:
        """Have `listener` called with every event."""
        self.event_log.subscribe(listener)

    def stop(self) -> None:
        """End all sessions, keep what is done, and return from `run_job` or `serve`."""
        self._stopping = True
        self._interrupted.update(job_id for job_id, run in self._runs.items() if run.stop("stopped"))
        self._news.set()

    async def run_job(self, job: Job) -> Job:
        """Work on one job until it ended or was stopped; raises what makes it impossible to go on."""
        watcher = asyncio.ensure_future(self._watch_stop_requests())
        try:
            with self._logs.of(job):
                return await self._run_until_done(job, patient=False)
        finally:
            watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watcher

    async def _run_until_done(self, job: Job, *, patient: bool) -> Job:
        """Work on a job until it ended or was stopped; while the machine fails, wait, then go on from the store.

        One that is not `patient` waits only for what could be begun: a fault that is there from the start is raised.
        """
        outage = OutageBackoff()
        await self._reconcile_costs()
        while True:
            run: JobRun | None = None
            try:
                run = self._runs[job.id] = self._make_run(job)
                if self._stopping and run.stop("stopped"):
                    self._interrupted.add(job.id)
                ended = await run.run()
                await self._reconcile_costs()
                return ended
            except (*MACHINE_ERRORS, SupervisorError) as error:
                require_present(self._project, error)
                fault = machine_error(error)
                if fault is None or not (patient or (run is not None and run.has_begun)):
                    raise
                self._runs[job.id] = outage
                wait_s = outage.begin()
                lasting = for_a_person(error)
                if lasting is not None and outage.times >= LASTS_AFTER:
                    with ignore_machine_errors(), self.event_log.transaction() as transaction:
                        jobs.set_status(transaction, job.id, "stopped", str(lasting))
                    raise lasting from None
                logger.warning("{}: no work is possible: {}; next try in {:g} s", job.name, fault, wait_s)
                end = await outage.over()
            finally:
                self._runs.pop(job.id, None)
            patient = True
            if end is not None:
                with self.event_log.transaction() as transaction:
                    jobs.set_status(transaction, job.id, end)
                return jobs.get(self.database, job.id)

    async def serve(self, *, linger_s: float | None) -> None:
        """Work on queued jobs as they come, and heed what is asked of them, until `stop`.

        Without anything to do it ends after `linger_s` seconds; None: it stays.
        """
        running: dict[int, asyncio.Task[None]] = {}
        at_once = fd_limit.fit_jobs(JOBS_AT_ONCE, self._project.settings.concurrency)
        self._requeue_abandoned()
        while True:
            self._news.clear()
            async with self._retry_when_machine_fails():
                room = 0 if self._stopping else at_once - len(running)
                for job in jobs.next_queued(self.database, room, running) if room > 0 else ():
                    running[job.id] = asyncio.ensure_future(self._serve_job(job))
                    running[job.id].add_done_callback(lambda _: self._news.set())
                self._apply_store_changes()
            running = {job_id: task for job_id, task in running.items() if not task.done()}
            if self._stopping and not running:
                return
            try:
                async with asyncio.timeout(None if running else linger_s):
                    await self._news.wait()
            except TimeoutError:
                return
            await asyncio.sleep(_NEWS_DELAY_S)

    async def _serve_job(self, job: Job) -> None:
        """One job in the daemon: what ends it is written into the store, and the daemon goes on."""
        try:
            with self._logs.of(job):
                ended = await self._run_until_done(job, patient=True)
            if job.id in self._interrupted and ended.status == "stopped":
                self.stopped_early = True
                with self.event_log.transaction() as transaction:
                    jobs.requeue(transaction, job.id)  # the next daemon goes on with it
        except SupervisorError as error:
            logger.error("{}", error)
            with ignore_machine_errors():
                if jobs.get(self.database, job.id).status == "queued":  # it never came to run
                    with self.event_log.transaction() as transaction:
                        jobs.set_status(transaction, job.id, "failed", str(error))
                        said, status = error.in_one_line(), error.exit_code
                        self.event_log.append(
                            transaction, job.id, "job_failed", said, level="ERROR", exit_status=status
                        )
        except Exception as error:
            fault = machine_error(error)
            if fault is None and not isinstance(error, sqlite3.Error):
                logger.exception("job {} ended by a fault of the supervisor", job.id)
            else:
                logger.error("job {} stopped: {}", job.id, fault or error)

    def _make_run(self, job: Job) -> JobRun:
        project = content_of(self._project, self.database, job)
        pipeline = load_pipeline(project, job.pipeline)
        target = read_target(pipeline, job.target)
        return JobRun(
            JobContext(job, project, pipeline, target, self.event_log),
            agents=make_agents(project, job.options),
            executors=self._executors,
            pool=self._pool,
            slots=self._slots,
            cooldowns=self._cooldowns,
        )

    def _requeue_abandoned(self) -> None:
        """Jobs that a dead supervisor was working on go on."""
        for job in jobs.with_status(self.database, *AT_WORK):
            with self.event_log.transaction() as transaction:
                jobs.requeue(transaction, job.id)

    async def _watch_stop_requests(self) -> None:
        while True:
            await self._news.wait()
            await asyncio.sleep(_NEWS_DELAY_S)
            self._news.clear()
            async with self._retry_when_machine_fails():
                self._apply_store_changes()

    @contextlib.asynccontextmanager
    async def _retry_when_machine_fails(self) -> AsyncIterator[None]:
        """Look into the store; where the machine does not let, a little later again."""
        try:
            yield
        except MACHINE_ERRORS as error:
            require_present(self._project, error)
            if machine_error(error) is None:
                raise
            await asyncio.sleep(FIRST_WAIT_S)
            self._news.set()

    def _apply_store_changes(self) -> None:
        self._cooldowns.reload()
        for job_id, run in self._runs.items():
            asked = jobs.get(self.database, job_id).stop_request
            if asked is not None:
                run.stop("cancelled" if asked == "cancel" else "stopped")
            else:
                run.wake()

    def _store_changed(self, name: str) -> None:
        """Somebody closed one of the store's files, or rang; whether there is news, the store itself knows."""
        if name.startswith(self._project.store.name):
            try:
                version = self.database.data_version()
            except sqlite3.Error:
                version = -1  # who looks again meets the fault itself
            if version != self._data_version:
                self._data_version = version
                self._news.set()

    async def _reconcile_costs(self) -> None:
        with ignore_machine_errors():
            await cost_reconciliation.reconcile_costs(self.database, self._executors)

    def _left_attempts(self) -> list[attempts.Attempt]:
        unfinished = (a for job in jobs.all_jobs(self.database) for a in attempts.unfinished(self.database, job.id))
        return [attempt for attempt in unfinished if attempt.outcome == "running"]
