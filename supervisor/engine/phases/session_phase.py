"""Phases whose items are answered by agent sessions, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from supervisor.agents.agent import Agent
from supervisor.engine.accounting.job_progress import JobProgress
from supervisor.engine.batch.attempt_recorder import AttemptRecorder
from supervisor.engine.batch.batch_run import run_batch
from supervisor.engine.batch.batch_state import BatchState
from supervisor.engine.batch.batch_validation import BatchValidation
from supervisor.engine.batch.session_attempt import SessionAttempts
from supervisor.engine.dispatch.admission import Admission
from supervisor.engine.dispatch.cooldown_tracker import CooldownTracker
from supervisor.engine.dispatch.disk_space import DiskSpace
from supervisor.engine.job_context import JobContext
from supervisor.engine.known_answers.job_answers import JobAnswers
from supervisor.engine.phases.phase_planner import PhasePlanner
from supervisor.errors import ProjectCodeError
from supervisor.executors.open_executors import OpenExecutors
from supervisor.model.job import StoredBatch
from supervisor.model.pipeline import Phase
from supervisor.model.validation_report import ValidationError
from supervisor.project.prompt_renderer import PromptRenderer
from supervisor.project_code.code_client import CodeClient
from supervisor.store.tables import phases
from supervisor.store.transaction import Transaction


class SessionPhase:
    """One job's."""

    name: ClassVar[str] = "session"

    def __init__(
        self,
        context: JobContext,
        *,
        planner: PhasePlanner,
        answers: JobAnswers,
        admission: Admission,
        cooldowns: CooldownTracker,
        disk: DiskSpace,
        executors: OpenExecutors,
        code: CodeClient,
        prompts: PromptRenderer,
        progress: JobProgress,
    ) -> None:
        self._context = context
        self._planner = planner
        self._answers = answers
        self._admission = admission
        self._cooldowns = cooldowns
        self._disk = disk
        self._executors = executors
        self._code = code
        self._prompts = prompts
        self._progress = progress
        self._validation = BatchValidation(context, code)

    async def reconcile(self, phase: Phase) -> None:
        """Bring its items to what its source, or the phase above, says."""
        await self._planner.reconcile_phase(phase)

    async def answer(self, batch: StoredBatch, agent: Agent | None) -> Sequence[str]:
        """Look up, ask sessions and validate until the batch is settled."""
        assert agent is not None
        fault: ProjectCodeError | None = None
        try:
            state = await BatchState.load(batch, self._context, self._code)
        except ProjectCodeError as error:
            if self._answers.has_more(batch.id):
                raise  # its sessions are to be followed, and its outputs judged, by what was asked then
            fault = error
            state = await BatchState.load(batch, self._context, None)
        recorder = AttemptRecorder(
            batch,
            agent.name,
            self._context,
            progress=self._progress,
            cooldowns=self._cooldowns,
            breaker=self._admission.breaker,
            disk=self._disk,
            settled=self._settled,
            running=self._answers.take_running(batch.id),
            numbers_taken=self._answers.highest_number(batch.phase, batch.number),
            stalls=state.stalls,
        )
        if fault is not None:
            recorder.settle_known(state.model_copy(update={"errors": (_context_failed(fault),)}), ())
            return state.ids
        sessions = SessionAttempts(
            agent,
            self._context,
            executor=self._executors.of(agent.profile.executor),
            prompts=self._prompts,
            admission=self._admission,
            cooldowns=self._cooldowns,
            validation=self._validation,
            recorder=recorder,
        )
        await run_batch(state, self._answers.chain.begin(), sessions, self._validation, recorder)
        return state.ids

    async def after_commit(self, phase: Phase, ids: Sequence[str]) -> None:
        """Offer what became ready below."""
        await self._planner.after_commit(phase.id, list(ids))

    def is_complete(self, phase: Phase) -> bool:
        """Whether its source, or the phase above, has no more items to give."""
        return phases.is_complete(self._context.database, self._context.id, phase.id)

    def _settled(self, transaction: Transaction, phase: int, ids: list[str]) -> None:
        """With the change that settles a batch: hand its items on, and forget what was known of them."""
        self._planner.propagate(transaction, phase, ids)
        self._answers.chain.settled(phase, ids)


def _context_failed(fault: ProjectCodeError) -> ValidationError:
    return ValidationError(
        type="context_failed",
        message=f"no session was started, since the `context` failed: {fault.in_one_line()}",
        suggestion="mend the `context`, then retry",
    )
