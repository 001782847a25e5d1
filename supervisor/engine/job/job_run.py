"""One job from where it stands to its end: ready batches into free slots until nothing is left to do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from supervisor.agents.agent import Agent
from supervisor.agents.isolation_policy import isolation
from supervisor.engine.accounting.budget_ledger import BudgetLedger
from supervisor.engine.accounting.job_progress import JobProgress
from supervisor.engine.batch.session_attempt import AgentUnavailable, BatchPostponed
from supervisor.engine.dispatch.admission import Admission, Admitted, Denied
from supervisor.engine.dispatch.agent_selection import AgentSelection
from supervisor.engine.dispatch.capacity_fit import fit_slots
from supervisor.engine.dispatch.circuit_breaker import CircuitBreaker
from supervisor.engine.dispatch.cooldown_tracker import CooldownTracker
from supervisor.engine.dispatch.disk_space import DiskSpace
from supervisor.engine.dispatch.leading_session import LeadingSessions
from supervisor.engine.dispatch.ready_queue import ReadyQueue
from supervisor.engine.dispatch.slots import Slots
from supervisor.engine.job.failing_alike import failing_alike, take_row_back
from supervisor.engine.job.job_end import how_it_ended, strictly_failed
from supervisor.engine.job.job_recorder import JobRecorder
from supervisor.engine.job.limits_in_force import take_stock
from supervisor.engine.job.shown_status import ShownStatus
from supervisor.engine.job.stop_signal import StopRequest, StopSignal
from supervisor.engine.job_context import JobContext
from supervisor.engine.known_answers.job_answers import JobAnswers
from supervisor.engine.phases.phase_kinds import kinds_of
from supervisor.engine.phases.phase_planner import PhasePlanner
from supervisor.engine.results_writer import ResultsWriter, open_sinks
from supervisor.errors import AgentError, BudgetSpent
from supervisor.executors.open_executors import OpenExecutors
from supervisor.host.frozen_time import frozen_time
from supervisor.host.machine_errors import ignore_machine_errors
from supervisor.model.job import Job, StoredBatch
from supervisor.project.prompt_renderer import PromptRenderer
from supervisor.project_code.code_client import CodeClient
from supervisor.project_code.worker_pool import WorkerPool
from supervisor.store.queries.job_numbers import what_is_made
from supervisor.store.queries.job_summary import summarise_phases
from supervisor.store.tables import items, jobs, phases

_MARK_EVERY_S = 5.0
"""Seconds of a limited time that are forgotten at most where the supervisor is killed."""


class JobRun:
    """A job while a supervisor works on it."""

    def __init__(
        self,
        context: JobContext,
        *,
        agents: Sequence[Agent],
        executors: OpenExecutors,
        pool: WorkerPool,
        slots: Slots,
        cooldowns: CooldownTracker,
    ) -> None:
        job, project, pipeline = context.job, context.project, context.pipeline
        self._context = context
        self._agents = tuple(agents)
        self._executors = executors
        self._slots = slots
        self._cooldowns = cooldowns
        self._code = CodeClient(pool, project)
        self._wake = asyncio.Event()
        self._stop = StopSignal(self._wake.set)
        self._frozen = frozen_time()
        self._progress = JobProgress(context.database, job, self._frozen.lost_s)
        self._answers = JobAnswers.of(context, executors, self._progress)
        self._ready = ReadyQueue(
            {p.id: pipeline.chain_length(p.id) for p in pipeline.phases},
            self._wake.set,
            self._answers.has_more,
        )
        self._selection = AgentSelection(agents, cooldowns)
        self._recorder = JobRecorder(job, pipeline, context.event_log, self._progress)
        disk = DiskSpace(project.state, project.settings.min_free_bytes)
        self._budget = BudgetLedger(job.options, self._progress, self._wake.set)
        self._breaker = CircuitBreaker(project.settings.breaker, job.options.concurrency)
        self._admission = Admission(
            job,
            budget=self._budget,
            breaker=self._breaker,
            disk=disk,
            selection=self._selection,
            cooldowns=cooldowns,
            leading=LeadingSessions(self._wake.set),
            slots=slots,
        )
        prompts = PromptRenderer(project, pipeline)
        self._planner = PhasePlanner(context, self._code, prompts, self._ready.offer)
        self._kinds = kinds_of(
            project,
            pipeline,
            context=context,
            planner=self._planner,
            answers=self._answers,
            admission=self._admission,
            cooldowns=cooldowns,
            disk=disk,
            executors=executors,
            code=self._code,
            prompts=prompts,
            progress=self._progress,
        )
        self._results = ResultsWriter(
            job.id,
            context.event_log,
            pipeline.phases,
            open_sinks(project, job, pipeline),
            self._planner.reconcile,
            self._answers.chain.pending,
        )
        self._running: dict[int, asyncio.Task[None]] = {}
        self.has_begun = False
        """Whether it came to where sessions are started."""
        self._denied: Denied | None = None
        """Why no more batches are started, since it was asked last."""
        self._status = ShownStatus(context, self._recorder)

    def stop(self, end: StopRequest) -> bool:
        """End the job's sessions and leave it so that it can go on; False where that was asked before."""
        return self._stop.ask(end)

    def wake(self) -> None:
        """See whether something may start now: another process changed the store, and may have ended a cooldown."""
        self._wake.set()

    async def run(self) -> Job:
        """Work until nothing is left to do, or the job is stopped; the errors of CannotContinue end it too."""
        listening = [self._slots.on_free(self._wake.set), self._cooldowns.on_change(self._wake.set)]
        if self._context.options.max_runtime is not None:
            listening.append(self._frozen.watch())
        try:
            await self._begin()
            await self._work()
            return self._finish()
        except BaseException as error:
            await self._end_sessions()
            with ignore_machine_errors():
                self._recorder.ended_by(error)
            raise
        finally:
            for stop_listening in listening:
                stop_listening()
            await self._results.close()

    async def _work(self) -> None:
        """Run batches until none is left, then write everything; what a person edited meanwhile makes more of them."""
        while True:
            while not self._stop.is_set:
                self._start_ready()
                if not self._running and (not self._ready or self._stop.is_set):
                    break
                self._wake.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._look_again_s()):
                        await self._wake.wait()
                self._mark_time()
            await self._end_sessions()
            self._take_back()
            if not self._stop.is_set:
                await self._end_phases()
            await self._results.flush(everything=True)
            if self._stop.error is not None:
                raise self._stop.error
            if self._stop.end is not None or not self._ready:
                return

    def _look_again_s(self) -> float | None:
        """Seconds after which something may be to be done though nothing rang; None: never."""
        again = self._admission.look_again_s(self._denied)
        if self._context.options.max_runtime is None:
            return again
        return _MARK_EVERY_S if again is None else min(again, _MARK_EVERY_S)

    def _mark_time(self) -> None:
        """Keep how long a job was worked on that has a limit of that, also while no batch ends."""
        if self._context.options.max_runtime is not None and self._progress.unmarked_s >= _MARK_EVERY_S:
            with self._context.event_log.transaction(durable=False) as transaction:
                self._progress.mark_elapsed(transaction)

    async def _begin(self) -> None:
        context = self._context
        recovered = await self._answers.captured.collect()
        self._progress.count(context.database)
        take_stock(self._budget, context, self._answers.unrecorded.count)
        self._selection.check_all()
        for name, error in self._selection.excluded.items():
            with context.event_log.transaction() as transaction:
                said = f"agent {name} is out: {error.what}"
                context.event_log.append(transaction, context.id, "agent_out", said, level="WARNING", agent=name)
        await self._code.begin_run()
        if phases.any_open_work(context.database, context.id):
            with ignore_machine_errors():  # then it is found out when it is needed
                await self._code.check(context.pipeline)
        self._planner.begin()
        for phase in context.pipeline.phases:
            await self._kinds[phase.id].reconcile(phase)
        self._planner.offer_all()
        await self._answers.unrecorded.settle_finished()
        with context.event_log.transaction() as transaction:
            asked = jobs.get(context.database, context.id).status
            if asked in ("stopped", "cancelled"):  # while it was being prepared
                self.stop("stopped" if asked == "stopped" else "cancelled")
                return
            working = [agent for agent in self._agents if agent.name not in self._selection.excluded]
            if self._ready:
                self._status.fewer = fit_slots(transaction, self._slots, context, working, self._executors)
            self._recorder.begun(
                transaction,
                context.options.agents,
                sorted({self._isolation_level(agent) for agent in working}),
                self._slots.at_most(context.options.concurrency),
                recovered,
                self._status.fewer,
            )
        await self._results.flush(everything=True)
        self.has_begun = True

    def _isolation_level(self, agent: Agent) -> str:
        """How far an agent's sessions are kept apart."""
        asked = isolation(self._context.options, agent.profile, self._context.settings)
        return self._executors.of(agent.profile.executor).isolation_level(asked)

    def _start_ready(self) -> None:
        """Start batches as long as they are admitted."""
        if not self._running and (row := self._breaker.tripped) is not None:
            self._stop.fail(failing_alike(self._context, row))
            return
        if strictly_failed(self._context):
            if not self._running:
                self._stop.ask("stopped")
            return
        self._denied = None
        while self._ready:
            batch = self._ready.next()
            admitted = self._admission.admit_batch(batch, needs_session=not self._answers.has_more(batch.id))
            if isinstance(admitted, Denied):
                self._denied = admitted
                break
            self._ready.pop()
            self._recorder.phase_runs(batch.phase)
            self._running[batch.id] = asyncio.get_running_loop().create_task(self._run(batch, admitted))
            if admitted.is_probe:
                break  # one session tries before all go
        if self._denied is not None and self._denied.reason == "budget":
            if not self._running:
                self._stop.fail(BudgetSpent(self._denied.text, where=f"job {self._context.id}"))
            return
        if self._denied is not None and self._denied.reason == "breaker":
            return
        self._status.show(self._denied, any_running=bool(self._running))

    async def _run(self, batch: StoredBatch, admitted: Admitted) -> None:
        """One batch, and what its merge makes ready."""
        again = False
        try:
            kind = self._kinds[batch.phase]
            ids = await kind.answer(batch, admitted.agent)
            self._results.mark_dirty(batch.phase)
            await kind.after_commit(self._context.pipeline.phase(batch.phase), ids)
            await self._end_phases()
        except asyncio.CancelledError:
            raise
        except BatchPostponed:
            again = True
        except AgentUnavailable as out:
            again = self._goes_on_without(admitted.agent, out.error)
        except BaseException as error:
            self._stop.fail(error)
        finally:
            del self._running[batch.id]
            self._ready.release(batch)
            self._admission.release(admitted)
            if again:
                self._ready.offer([batch])
            self._wake.set()

    def _goes_on_without(self, agent: Agent, error: AgentError) -> bool:
        """Whether another agent takes over from one that cannot work."""
        if agent.name in self._selection.excluded:
            return True
        try:
            said = self._selection.exclude(agent, error)
        except AgentError:
            self._stop.fail(error)
            return False
        with self._context.event_log.transaction() as transaction:
            self._context.event_log.append(
                transaction, self._context.id, "agent_out", said, level="WARNING", agent=agent.name
            )
        return True

    async def _end_phases(self) -> None:
        """Note the phases of which nothing is left to do."""
        database, job = self._context.database, self._context.id
        for phase in self._context.pipeline.phases:
            if not phases.is_at_end(database, job, phase.id):
                continue
            self._recorder.answers_left(phase.id, self._answers.restored.close(phase.id))
            await self._results.flush_phase(phase.id)
            self._recorder.phase_ended(phase.id)

    def _take_back(self) -> None:
        """Where all sessions failed in the same way, have none of them count."""
        if (row := self._breaker.tripped) is not None:
            is_first = not self._breaker.ever_passed(row.phase, row.agent)
            take_row_back(self._context, row, with_earlier=is_first)

    async def _end_sessions(self) -> None:
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _finish(self) -> Job:
        """Write down what the job came to."""
        made = summarise_phases(self._context.database, self._context.id)
        end = how_it_ended(self._context, self._stop.end, made)
        failed = len(items.failed(self._context.database, self._context.id))
        return self._recorder.ended(end, failed, what_is_made(made))
