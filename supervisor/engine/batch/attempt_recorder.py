"""Writes a batch's attempts, and its end, into the store: one call of store and event log for each step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from supervisor.engine.accounting.job_progress import JobProgress
from supervisor.engine.batch.batch_events import BatchEvents
from supervisor.engine.batch.batch_state import BatchState
from supervisor.engine.dispatch.circuit_breaker import CircuitBreaker, Failure
from supervisor.engine.dispatch.cooldown_tracker import CooldownTracker
from supervisor.engine.dispatch.disk_space import DiskSpace
from supervisor.engine.job_context import JobContext
from supervisor.engine.known_answers.known_answer import KnownAnswer
from supervisor.engine.validation.output_validation import ParsedOutput, ValidationResult
from supervisor.errors import ProjectCodeError
from supervisor.model.agent_report import AgentFailure
from supervisor.model.bounded_errors import kept
from supervisor.model.job import StoredBatch
from supervisor.model.session import SessionResult
from supervisor.model.session_handle import SessionHandle
from supervisor.model.session_name import session_name, session_number
from supervisor.model.validation_report import ValidationError
from supervisor.store.tables import attempts, batches
from supervisor.store.tables.attempts import Outcome
from supervisor.store.transaction import Transaction
from supervisor.store.transitions import batch_transitions
from supervisor.workspaces.error_file import write_errors
from supervisor.workspaces.workspace_provider import Workspace


class AttemptRecorder:
    """The store's side of one batch; what its sessions come to."""

    def __init__(
        self,
        batch: StoredBatch,
        agent: str,
        context: JobContext,
        *,
        progress: JobProgress,
        cooldowns: CooldownTracker,
        breaker: CircuitBreaker,
        disk: DiskSpace,
        settled: Callable[[Transaction, int, list[str]], None],
        running: Sequence[tuple[int, SessionHandle]],
        numbers_taken: int,
        stalls: int,
    ) -> None:
        """`settled` is called, as the batch ends, with a phase and the ids whose state in it changed for good.

        `running`: attempts whose sessions a dead supervisor left running, and where they are. `numbers_taken`: the
        highest number of a session that has a folder, though the store may not know it.
        """
        self.stalls = stalls
        """Sessions of the batch that gave no sign of life and did not count."""
        self._batch = batch
        self._agent = agent
        self._context = context
        self._progress = progress
        self._cooldowns = cooldowns
        self._breaker = breaker
        self._disk = disk
        self._settled = settled
        self._running = list(running)
        self._numbers_taken = numbers_taken
        self._attempt: int | None = None
        self._session: str | None = None
        """Name of the session that was begun or is followed; None for one that only the store knows."""
        self._known = False
        """Whether what is validated now was counted before: it is of a session of a dead supervisor."""
        self._number = 0
        self._asked: tuple[str, ...] = ()
        self._result = SessionResult(ending="exited")
        self._uncounted = False
        self._unfinished = ""
        """Why what is validated now is of a session that did not come to its end; empty where it did."""
        total = batches.total(context.database, batch.job, batch.phase)
        self._events = BatchEvents(batch, total, context.event_log)

    def take_known(self, answer: KnownAnswer) -> ParsedOutput:
        """An answer that was known: it is paid for, so it is validated before a session is started."""
        self._attempt, self._session = answer.attempt, None
        self._known, self._uncounted = True, False
        self._result = SessionResult(ending="exited")
        self._unfinished = "its supervisor ended before it did" if answer.unfinished else ""
        return ParsedOutput(
            values=answer.values, errors=answer.errors, mended=answer.mended, unfinished=answer.unfinished
        )

    def take_running(self) -> SessionHandle | None:
        """A session of this batch that still runs and is to be followed; None where there is none."""
        if not self._running:
            return None
        self._attempt, handle = self._running.pop(0)
        self._session, self._number = handle.session, session_number(handle.session)
        return handle

    @property
    def session(self) -> str:
        """Name of the session that the store has noted last, of those whose end is not."""
        assert self._attempt is not None
        return self._session or attempts.name_of(self._context.database, self._attempt)

    def ended(self, result: SessionResult, *, counts: bool = True) -> None:
        """A session ended, and what it gave is validated next; not `counts`: it is no attempt, unless all passes."""
        self._known, self._result, self._uncounted = False, result, not counts
        self.stalls += not counts and result.ending == "stalled"
        self._unfinished = "" if result.is_final or result.refusal is None else result.refusal.message

    def cost_too_much(self, how: str) -> None:
        """A session told only at its end that it cost more than it may: what it gave is judged all the same."""
        with self._context.event_log.transaction(durable=False) as transaction:
            self._events.session_over_limit(transaction, self._number, how)

    def counts(self, validation: ValidationResult) -> bool:
        """Whether the attempt counts: not where its session was cut off by a supervisor's end, by what is not the
        task's, or by a limit of its agent, or had no room on the disk, unless all passed."""
        if not validation.errors:
            return True
        failure = self._result.heard.trouble
        limited = failure is not None and failure.is_rate_limited
        return not (self._known or self._uncounted or limited or self._disk.shortage())

    def judged(self, validation: ValidationResult, state: BatchState) -> None:
        """Tell the breaker what came of the session that was asked for what `state` had to do."""
        phase = self._batch.phase
        if any(item_id in validation.passed for item_id in state.todo):
            self._breaker.passed(phase, self._agent)
        elif self.counts(validation):
            is_last_word = state.max_attempts == 1
            failure = Failure(self._batch.id, self._attempt, validation.errors, state.ids, is_last_word)
            self._breaker.failed(phase, self._agent, failure)

    def not_judged(self, fault: ProjectCodeError, state: BatchState) -> None:
        """Tell the breaker that the validator failed."""
        failure = Failure(self._batch.id, self._attempt, [_validator_failed(fault)], state.ids, is_last_word=True)
        self._breaker.failed(self._batch.phase, self._agent, failure)

    def begin(self, item_ids: tuple[str, ...]) -> int:
        """A session for these items is about to be submitted; its number within the batch, from 1."""
        last = attempts.last_number(self._context.database, self._batch)
        self._number = max(last, self._numbers_taken) + 1
        self._asked = item_ids
        return self._number

    def record(self, handle: SessionHandle) -> None:
        """Note where the session is, before any of its work begins, so that a later supervisor can find and end it."""
        with self._context.event_log.transaction(durable=False) as transaction:
            attempt = self._insert(transaction, handle)
            batch_transitions.set_batch_status(transaction, self._batch.id, "running")
            self._events.session_started(transaction, self._number, self._agent, len(self._asked))
        self._attempt, self._session = attempt, handle.session
        self._progress.session_started()

    def never_ran(self) -> None:
        """The session that is about to be noted as one that could not start never was: it counts for no limit."""
        if self._attempt is None:
            return
        with self._context.event_log.transaction(durable=False) as transaction:
            batch_transitions.forget_handle(transaction, self._attempt)
        self._progress.session_never_ran()

    def _insert(self, transaction: Transaction, handle: SessionHandle | None) -> int:
        name = session_name(self._batch, self._number)
        return batch_transitions.begin_session(
            transaction, self._batch, self._number, name, self._agent, self._asked, handle
        )

    def interrupted(self) -> None:
        """The supervisor stops: what the session may have written is validated when the job goes on."""
        if self._attempt is None:
            return
        with self._context.event_log.transaction() as transaction:
            batch_transitions.end_session(transaction, self._attempt, "unvalidated", counted=False)
            batch_transitions.set_batch_status(transaction, self._batch.id, "pending")
        self._attempt = None

    def postpone(self) -> None:
        """The batch is left for later: it waits as it is."""
        with self._context.event_log.transaction(durable=False) as transaction:
            batch_transitions.set_batch_status(transaction, self._batch.id, "pending")

    def failing(self, failure: AgentFailure | None) -> None:
        """Take what keeps a running session from working: while its agent is limited, no other one starts."""
        if failure is None:
            self._cooldowns.clear(self._context.id, self._agent)
        elif failure.is_rate_limited:
            self._cooldowns.start(self._context.id, self._agent, failure)

    def uncounted(self, result: SessionResult, outcome: Outcome, retry_in_s: float | None = None) -> None:
        """A session that came to nothing without being an attempt: its batch waits for the next."""
        assert result.refusal is not None
        self.ended(result)
        self.stalls += outcome == "stalled"
        self._count()
        with self._context.event_log.transaction() as transaction:
            attempt = self._insert(transaction, None) if self._attempt is None else self._attempt
            batch_transitions.end_session(transaction, attempt, outcome, counted=False, result=result)
            batch_transitions.set_batch_status(transaction, self._batch.id, "pending")
            self._events.session_came_to_nothing(transaction, self._number, outcome, result.refusal.message, retry_in_s)
        self._attempt = None

    def keep(self, validation: ValidationResult, state: BatchState) -> None:
        """End an attempt that another follows: what passed is kept with it, in one commit."""
        with self._context.event_log.transaction() as transaction:
            self._finish(transaction, "partial" if validation.passed else "failed", validation)
            batch_transitions.keep_passed(
                transaction,
                self._batch.job,
                self._batch.phase,
                self._batch.id,
                validation.passed,
                state.unfinished,
            )
            self._tell_what_is_taken(transaction, state)
            self._events.attempt_failed(transaction, state, len(validation.passed), validation.errors)
        self._count(retried=True)
        self._attempt = None

    async def write_whole(self, validation: ValidationResult) -> None:
        """Put all errors into the session's folder where the store is about to keep a part of them only."""
        if self._attempt is None or kept(validation.errors) == validation.errors:
            return
        workspace = Workspace(self._context.project.sessions, self.session)
        await asyncio.to_thread(write_errors, workspace, validation.errors)

    def settle(self, validation: ValidationResult, state: BatchState, unused: Sequence[int]) -> None:
        """The one commit that ends a batch: items, quarantine, batch status, event."""
        refused = {item_id: validation.errors_of(item_id) for item_id in state.todo}
        self._count()
        with self._context.event_log.transaction() as transaction:
            self._finish(transaction, "passed" if not refused else "failed", validation)
            self._end_batch(transaction, state, validation.passed, refused, unused)

    def settle_unvalidated(self, fault: ProjectCodeError, state: BatchState, unused: Sequence[int]) -> None:
        """The validator failed, not the agent: the output is kept, its items wait for the validator to be mended."""
        error = _validator_failed(fault)
        self._count()
        with self._context.event_log.transaction() as transaction:
            if self._attempt is not None:
                batch_transitions.end_session(
                    transaction,
                    self._attempt,
                    "unvalidated",
                    counted=False,
                    errors=[error],
                    result=self._ended_session,
                )
            self._end_batch(transaction, state, state.kept, dict.fromkeys(state.todo, (error,)), unused)

    def settle_known(self, state: BatchState, unused: Sequence[int]) -> None:
        """End a batch for which no session is to be started any more, with what is known for it."""
        last = tuple(state.errors)
        refused = {i: tuple(e for e in last if e.item_id in (i, None)) for i in state.todo}
        with self._context.event_log.transaction() as transaction:
            self._end_batch(transaction, state, state.kept, refused, unused)

    def _end_batch(
        self,
        transaction: Transaction,
        state: BatchState,
        accepted: dict[str, object],
        refused: dict[str, tuple[ValidationError, ...]],
        unused: Sequence[int],
    ) -> None:
        batch = self._batch
        batch_transitions.settle(
            transaction, batch.job, batch.phase, batch.id, state.digests, accepted, refused, state.unfinished
        )
        self._tell_what_is_taken(transaction, state)
        for attempt in unused:  # its answers were known by another way already
            batch_transitions.end_session(
                transaction, attempt, "interrupted" if refused else "passed", counted=not refused
            )
        batch_transitions.set_batch_status(transaction, batch.id, "failed" if refused else "done")
        self._settled(transaction, batch.phase, state.ids)
        counts = self._progress.batch_ended(transaction)
        self._events.batch_ended(transaction, state, len(accepted), refused, counts)

    @property
    def _ended_session(self) -> SessionResult | None:
        """What is new of the attempt's session; nothing where that was noted when it was found."""
        return None if self._known else self._result

    def _count(self, *, retried: bool = False) -> None:
        self._progress.session_ended(self._result, known=self._known, retried=retried)

    def _finish(self, transaction: Transaction, outcome: Outcome, validation: ValidationResult) -> None:
        if self._attempt is not None:
            batch_transitions.end_session(
                transaction,
                self._attempt,
                outcome,
                counted=self.counts(validation),
                errors=validation.errors,
                mended=validation.mended,
                result=self._ended_session,
                unfinished=bool(self._unfinished and validation.passed),
            )
        if validation.mended:
            self._events.output_mended(transaction, validation.mended)

    def _tell_what_is_taken(self, transaction: Transaction, state: BatchState) -> None:
        self._events.answers_taken(transaction, self._number, self._result, self._unfinished, state.unfinished)


def _validator_failed(fault: ProjectCodeError) -> ValidationError:
    return ValidationError(
        type="validator_failed",
        message=f"the validator failed: {fault.in_one_line()}",
        suggestion="mend the validator, then retry: the output is kept and is judged first",
    )
