"""One job from where it stands to its end: ready batches into free slots, longest remaining chain first."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from collections.abc import Sequence
from typing import Literal

from supervisor.agents.cli_driver import CliDriver
from supervisor.agents.isolation_policy import isolation
from supervisor.engine.accounting.job_progress import JobProgress
from supervisor.engine.batch.batch_run import run_batch
from supervisor.engine.batch.session_attempt import AgentUnavailable, BatchPostponed
from supervisor.engine.dispatch import capacity_fit
from supervisor.engine.dispatch.agent_selection import AgentSelection
from supervisor.engine.dispatch.cooldown_tracker import CooldownTracker
from supervisor.engine.dispatch.disk_space import DiskSpace
from supervisor.engine.dispatch.slots import SlotClaim, Slots
from supervisor.engine.events.event_log import EventLog
from supervisor.engine.job.job_recorder import JobRecorder
from supervisor.engine.job_context import JobContext
from supervisor.engine.known_answers import captured_outputs
from supervisor.engine.known_answers.orphan_sessions import OrphanSessions
from supervisor.engine.known_answers.restored_answers import RestoredAnswers
from supervisor.engine.phases.phase_planner import PhasePlanner
from supervisor.engine.results_writer import ResultsWriter, open_sinks
from supervisor.errors import AgentError, BudgetSpent, SupervisorError
from supervisor.executors.executor import Executor
from supervisor.executors.local.sandbox.bubblewrap import level_for
from supervisor.host.machine_errors import ignore_machine_errors
from supervisor.model.isolation import Level
from supervisor.model.job import Job, StoredBatch
from supervisor.model.pipeline import Pipeline
from supervisor.model.target import Target
from supervisor.project.project import Project
from supervisor.project.prompt_renderer import PromptRenderer
from supervisor.project_code.code_client import CodeClient
from supervisor.project_code.worker_pool import WorkerPool
from supervisor.store.tables import items, jobs, phases

End = Literal["completed", "failed", "stopped", "cancelled"]
ROOM_LOOK_S = 2.0
"""How often it is looked whether there is room on the disk again."""


class JobRun:
    """A job while a supervisor works on it."""

    def __init__(
        self,
        *,
        job: Job,
        project: Project,
        pipeline: Pipeline,
        target: Target,
        agents: Sequence[CliDriver],
        executor: Executor,
        pool: WorkerPool,
        event_log: EventLog,
        slots: Slots,
        cooldowns: CooldownTracker,
    ) -> None:
        self.job = job
        self._project = project
        self._event_log = event_log
        self._pipeline = pipeline
        self._slots = slots
        self._selection = AgentSelection(agents, cooldowns)
        self._agents = {agent.name: agent for agent in agents}
        self._cooldowns = cooldowns
        self._progress = JobProgress(event_log.database, job)
        self._tools = JobContext(
            job=job.id,
            pipeline=pipeline,
            target=target,
            options=job.options,
            settings=project.settings,
            executor=executor,
            code=CodeClient(pool, project),
            prompts=PromptRenderer(project, pipeline),
            event_log=event_log,
            progress=self._progress,
            cooldowns=cooldowns,
            room=DiskSpace(project.state, project.settings.min_free_bytes),
            restored=RestoredAnswers(project.state, event_log.database, job.id),
            orphans=OrphanSessions(project, event_log, job, self._agents),
            merged=lambda phase, ids: self._planner.propagate(phase, ids),  # noqa: PLW0108 - it is made below
        )
        self._record = JobRecorder(job, pipeline, event_log, self._progress)
        self._planner = PhasePlanner(project, self._tools, self._offer)
        self._files = ResultsWriter(
            job.id,
            event_log,
            pipeline.phases,
            open_sinks(project, job, pipeline),
            self._planner.reconcile,
            self._tools.restored.pending,
        )
        self._ready: list[tuple[int, int, int]] = []
        self._batches: dict[int, StoredBatch] = {}
        self._running: dict[int, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._chain = {phase.id: pipeline.chain_length(phase.id) for phase in pipeline.phases}
        self._stop: End | None = None
        self._failure: BaseException | None = None
        self.has_begun = False
        """Whether it came to where sessions are started."""
        self._paused = False
        self._short_of: str | None = None
        """What the disk is short of."""
        self._fewer = ""
        """Why fewer sessions run at once than it asks for."""
        self._shown: tuple[str, str | None] = ("running", None)

    def stop(self, end: Literal["stopped", "cancelled"]) -> None:
        """End the job's sessions and leave it so that it can go on."""
        self._stop = self._stop or end
        self._wake.set()

    def wake(self) -> None:
        """See whether something may start now: another process changed the store, and may have opened a gate."""
        self._wake.set()

    async def run(self) -> Job:
        """Work until nothing is left to do, or the job is stopped; the errors of CannotGoOn end it too."""
        listening = (self._slots.on_free(self._wake.set), self._cooldowns.on_change(self._wake.set))
        try:
            await self._begin()
            await self._work()
            return self._finish()
        except BaseException as error:
            await self._end_sessions()
            with ignore_machine_errors():
                self._record.ended_by(error)
            raise
        finally:
            for stop_listening in listening:
                stop_listening()
            self._files.close()

    async def _work(self) -> None:
        """Run batches until none is left, then write everything; what a person edited meanwhile makes more of them."""
        while True:
            while self._stop is None and self._failure is None:
                self._start_ready()
                if not self._running and not self._paused:
                    break
                self._wake.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._longest_wait_s()):
                        await self._wake.wait()
            await self._end_sessions()
            if self._stop is None and self._failure is None:
                await self._end_phases()
            await self._files.flush(everything=True)
            if self._failure is not None:
                raise self._failure
            if self._stop is not None or not self._ready:
                return

    async def _begin(self) -> None:
        database = self._event_log.database
        self._tools.captured = captured_outputs.take_in(self._project, self._event_log, self.job.id, self._agents)
        self._progress.count(database)
        self._selection.check_all()
        for name, error in self._selection.excluded.items():
            with self._event_log.transaction():
                said = f"agent {name} is out: {error.what}"
                self._event_log.append(self.job.id, "agent_out", said, level="WARNING", agent=name)
        await self._tools.code.begin_run()
        await self._planner.reconcile_all()
        if self._ready and any(isinstance(phase.validator, str) for phase in self._pipeline.phases):
            self._tools.code.warm()
        self._tools.orphans.settle_finished(self._progress)
        with self._event_log.transaction():
            asked = jobs.get(database, self.job.id).status
            if asked in ("stopped", "cancelled"):  # while it was being prepared
                self.stop("stopped" if asked == "stopped" else "cancelled")
                return
            if self._ready:
                self._fewer = capacity_fit.fit_slots(
                    self._slots, self._event_log, self.job, wrapped="bubblewrap" in self._levels()
                )
            self._record.begun(
                self.job.options.agents,
                self._levels(),
                self._slots.at_most(self.job.options.concurrency),
                sum(map(len, self._tools.captured.values())),
                self._fewer,
            )
        await self._files.flush(everything=True)
        self.has_begun = True

    def _levels(self) -> list[Level]:
        """The sandbox levels of its agents' sessions."""
        settings, options = self._project.settings, self.job.options
        agents = [agent for agent in self._agents.values() if agent.name not in self._selection.excluded]
        return sorted({level_for(isolation(options, agent, settings)) for agent in agents})

    def _offer(self, found: Sequence[StoredBatch]) -> None:
        for batch in found:
            if batch.id not in self._batches:
                self._batches[batch.id] = batch
                heapq.heappush(self._ready, (-self._chain[batch.phase], batch.number, batch.id))
        self._wake.set()

    def _longest_wait_s(self) -> float | None:
        """Seconds after which something may be different though nothing rang; None: that cannot be."""
        left_s = self._tools.budget.time_left_s()
        if self._short_of is None:
            return left_s
        return ROOM_LOOK_S if left_s is None else min(left_s, ROOM_LOOK_S)

    def _start_ready(self) -> None:
        if self._strictly_failed():
            self._stop = "stopped" if not self._running else None
            return
        if self._ready and (spent := self._tools.budget.exhausted()) is not None:
            if not self._running:
                self._failure = BudgetSpent(spent, where=f"job {self.job.id}")
            return
        self._look_for_room()
        while self._ready and self._short_of is None and (agent := self._selection.select()) is not None:
            claim = SlotClaim(
                job=self.job.id,
                job_limit=self.job.options.concurrency,
                agent=agent.name,
                agent_limit=agent.concurrency,
            )
            if not self._slots.take(claim):
                break
            batch = self._batches[heapq.heappop(self._ready)[2]]
            self._record.phase_is(batch.phase, "running")
            self._running[batch.id] = asyncio.get_running_loop().create_task(self._run(batch, agent, claim))
            if self._cooldowns.of(agent.name) is not None:
                break  # one session tries before all go
        self._show_pause()

    def _look_for_room(self) -> None:
        before, self._short_of = self._short_of, self._tools.room.shortage() if self._ready else None
        if before == self._short_of:
            return
        text = f"no session is started: {self._short_of}" if self._short_of else "there is room on the disk again"
        level = "WARNING" if self._short_of else "INFO"
        self._event_log.append_now(self.job.id, "disk_room", text, level=level)

    def _show_pause(self) -> None:
        """Have the job's status say whether it waits for a limit to end, or for room on the disk."""
        pause = self._selection.pause() if self._ready else None
        if self._short_of is not None:
            pause = f"paused ({self._short_of})"
        self._paused = pause is not None
        status = "paused" if pause is not None and not self._running else "running"
        if (status, pause) != self._shown:
            self._shown = (status, pause)
            self._record.shows(status, pause or self._fewer)

    async def _run(self, batch: StoredBatch, agent: CliDriver, claim: SlotClaim) -> None:
        """One batch, and what its merge makes ready."""
        again = False
        try:
            ids = await run_batch(batch, agent, self._tools)
            self._tools.restored.settled(batch.phase, ids)
            self._files.mark_dirty(batch.phase)
            await self._planner.after_commit(batch.phase, ids)
            await self._end_phases()
        except asyncio.CancelledError:
            raise
        except BatchPostponed:
            again = True
        except AgentUnavailable as out:
            again = self._goes_on_without(agent, out.error)
        except BaseException as error:
            self._failure = self._failure or error
        finally:
            del self._running[batch.id]
            self._batches.pop(batch.id, None)
            self._slots.give(claim)
            if again:
                self._offer([batch])
            self._wake.set()

    def _goes_on_without(self, agent: CliDriver, error: AgentError) -> bool:
        """Whether another agent takes over from one that cannot work."""
        if agent.name in self._selection.excluded:
            return True
        try:
            said = self._selection.exclude(agent, error)
        except AgentError:
            self._failure = self._failure or error
            return False
        with self._event_log.transaction():
            self._event_log.append(self.job.id, "agent_out", said, level="WARNING", agent=agent.name)
        return True

    async def _end_phases(self) -> None:
        """Note the phases of which nothing is left to do."""
        database = self._event_log.database
        for phase in self._pipeline.phases:
            if not phases.is_at_end(database, self.job.id, phase.id):
                continue
            self._record.answers_left(phase.id, self._tools.restored.close(phase.id))
            await self._files.flush_phase(phase.id)
            self._record.phase_is(phase.id, "failed" if items.failed(database, self.job.id, phase.id) else "completed")

    def _strictly_failed(self) -> bool:
        return self.job.options.strict and bool(items.failed(self._event_log.database, self.job.id))

    async def _end_sessions(self) -> None:
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _finish(self) -> Job:
        """Write down what the job came to."""
        failed = len(items.failed(self._event_log.database, self.job.id))
        end: End = "failed" if failed and (self._stop is None or self._strictly_failed()) else self._stop or "completed"
        self._check_nothing_left(end)
        return self._record.ended(end, failed)

    def _check_nothing_left(self, end: End) -> None:
        """A job that says it is done, but is not, would lose work silently."""
        if end not in ("completed", "failed") or self._strictly_failed():
            return
        left = [p.id for p in self._pipeline.phases if phases.open_work(self._event_log.database, self.job.id, p.id)]
        if left:
            raise SupervisorError(
                f"phases {left} have work left that never became ready",
                where=f"job {self.job.id}",
                remedy="This is a fault of the supervisor: please report it, with vfs/.supervisor/store.sqlite.",
            )
