"""Writes a batch's attempts, and its end, into the store."""

from __future__ import annotations

from supervisor.agents.cli_driver import CliDriver
from supervisor.agents.isolation_policy import isolation
from supervisor.engine.batch.batch_state import BatchState
from supervisor.engine.job_context import JobContext
from supervisor.engine.validation.output_validation import ValidationResult
from supervisor.errors import ProjectCodeError
from supervisor.model import session_name
from supervisor.model.agent_report import AgentFailure
from supervisor.model.job import StoredBatch
from supervisor.model.session import SessionRequest, SessionResult
from supervisor.model.session_handle import SessionHandle
from supervisor.model.validation_report import ValidationError
from supervisor.project.prompt_renderer import RetryNotes
from supervisor.store.tables import attempts, batches
from supervisor.store.tables.attempts import Outcome
from supervisor.store.transitions import batch_transitions
from supervisor.text.plain_text import plain_line
from supervisor.text.strict_json import in_order

_UNCOUNTED = {
    "not_started": "could not start",
    "limited": "was turned away by a limit",
    "overloaded": "met an overload",
    "stalled": "gave no sign of life",
}


class AttemptRecorder:
    """The store's side of one batch."""

    def __init__(self, batch: StoredBatch, agent: CliDriver, tools: JobContext, *, stalls: int) -> None:
        self.stalls = stalls
        """Sessions of the batch that gave no sign of life and did not count."""
        self._batch = batch
        self._agent = agent
        self._tools = tools
        self._attempt: int | None = None
        self._recovered = False
        self._number = 0
        self._name = ""
        self._asked: tuple[str, ...] = ()
        total = batches.total(tools.database, batch.job, batch.phase)
        self._label = f"phase {batch.phase} batch {batch.number}{'' if total is None else f'/{total}'}"

    @property
    def has_captured(self) -> bool:
        """Whether an output waits that an earlier supervisor left unjudged."""
        return bool(self._tools.captured.get(self._batch.id))

    def take_captured(self) -> SessionResult | None:
        """An output of this batch that an earlier supervisor left unjudged: it is paid for, so it is judged first."""
        self._recovered = self.has_captured
        if not self._recovered:
            return None
        attempt, result = self._tools.captured[self._batch.id].pop(0)
        self._attempt = attempt.id
        return result

    def counts(self, judgement: ValidationResult, result: SessionResult) -> bool:
        """Whether the attempt counts: not where its session was cut off by a supervisor's end or by a limit of its
        agent, or had no room on the disk, unless all passed."""
        if not judgement.errors:
            return True
        trouble = result.heard.trouble
        limited = trouble is not None and trouble.is_rate_limited
        return not (self._recovered or limited or self._tools.room.shortage())

    def spec(self, work: BatchState, retry: RetryNotes | None) -> SessionRequest:
        """The spec of the next session."""
        tools, batch = self._tools, self._batch
        before = tools.orphans.highest_number(batch.phase, batch.number)
        self._number = max(attempts.last_number(tools.database, batch), before) + 1
        self._name = session_name.session_name(batch, self._number)
        output_name = f"phase{batch.phase}_batch_{batch.number}.json"
        asked = work.input.model_copy(update={"items": {item_id: work.input.items[item_id] for item_id in work.todo}})
        self._asked = work.todo
        prompt = tools.prompts.render(asked, work.total, output_name, retry)
        return SessionRequest(
            name=self._name,
            agent=self._agent.name,
            prompt=prompt.text,
            shared=prompt.shared,
            input_json=in_order(asked.file_content()),
            output_name=output_name,
            attempt=self._number,
            model=tools.options.model if self._agent.name == tools.options.agents[0] else None,
            timeout_s=self.timeout_s(work),
            startup_timeout_s=_either(self._agent.startup_timeout_s, tools.settings.startup_timeout),
            stall_timeout_s=_either(self._agent.stall_timeout_s, tools.settings.stall_timeout),
            isolation=isolation(tools.options, self._agent, tools.settings),
            quiet_s=tools.settings.quiet_period,
            max_output_bytes=tools.settings.max_output_bytes,
            max_transcript_bytes=tools.settings.max_transcript_bytes,
        )

    def timeout_s(self, work: BatchState) -> float:
        """Seconds that one session of the batch may take."""
        limits = (self._tools.options.timeout or work.phase.timeout, self._agent.timeout_s)
        return min(limit for limit in limits if limit is not None)

    def started(self, handle: SessionHandle) -> None:
        """Note the session, so that a later supervisor can find and end it.

        A supervisor killed before this line leaves a session that its spawner ends, and that has written nothing yet.
        """
        self._tools.progress.session_started()
        with self._tools.event_log.transaction(durable=False):
            self._attempt = self._insert(handle)
            batch_transitions.set_batch_status(self._tools.database, self._batch.id, "running")
            self._tools.event_log.append(
                self._batch.job,
                "session_started",
                f"{self._label}: session {self._number} started for {len(self._asked)} items with {self._agent.name}",
                phase=self._batch.phase,
                batch=self._batch.number,
                session=self._number,
                items=len(self._asked),
            )

    def _insert(self, handle: SessionHandle | None) -> int:
        return batch_transitions.begin_session(
            self._tools.database,
            self._batch,
            self._number,
            self._name,
            self._agent.name,
            self._asked,
            handle,
        )

    def interrupted(self) -> None:
        """The supervisor stops: what the session may have written is judged when the job goes on."""
        if self._attempt is None:
            return
        with self._tools.event_log.transaction():
            batch_transitions.end_session(self._tools.database, self._attempt, "unvalidated", counted=False)
            batch_transitions.set_batch_status(self._tools.database, self._batch.id, "pending")
        self._attempt = None

    def postpone(self) -> None:
        """The batch is left for later: it waits as it is."""
        with self._tools.event_log.transaction(durable=False):
            batch_transitions.set_batch_status(self._tools.database, self._batch.id, "pending")

    def failing(self, trouble: AgentFailure | None) -> None:
        """Take what keeps a running session from working: while its agent is limited, no other one starts."""
        tools, agent = self._tools, self._agent.name
        if trouble is None:
            tools.cooldowns.clear(tools.job, agent)
        elif trouble.is_rate_limited:
            tools.cooldowns.start(tools.job, agent, trouble)

    def uncounted(self, result: SessionResult, outcome: Outcome, retry_in_s: float | None = None) -> None:
        """A session that came to nothing without being an attempt: its batch waits for the next."""
        assert result.refusal is not None
        self.stalls += outcome == "stalled"
        again = (
            "" if retry_in_s is None else f"; next try in {retry_in_s:.3g} s" if retry_in_s else "; it is tried again"
        )
        self._count(result)
        with self._tools.event_log.transaction():
            attempt = self._insert(None) if self._attempt is None else self._attempt
            batch_transitions.end_session(self._tools.database, attempt, outcome, counted=False, result=result)
            batch_transitions.set_batch_status(self._tools.database, self._batch.id, "pending")
            self._tools.event_log.append(
                self._batch.job,
                f"session_{outcome}",
                f"{self._label}: session {self._number} {_UNCOUNTED[outcome]}:"
                f" {plain_line(result.refusal.message, 200)}{again}",
                level="WARNING",
                phase=self._batch.phase,
                batch=self._batch.number,
                screen=result.refusal.message,
            )
        self._attempt = None

    def keep(self, judgement: ValidationResult, result: SessionResult, work: BatchState) -> None:
        """End an attempt that another follows: what passed is kept with it, in one commit."""
        with self._tools.event_log.transaction():
            self._finish("partial" if judgement.passed else "failed", judgement, result)
            batch_transitions.keep_passed(
                self._tools.database, self._batch.job, self._batch.phase, self._batch.id, judgement.passed
            )
            self._tools.event_log.append(
                self._batch.job,
                "attempt_failed",
                f"{self._label}: {len(judgement.passed)} of {len(work.input.items)} items pass;"
                f" {len(work.todo)} to do again, attempt {work.counted} of {work.max_attempts}:"
                f" {_said(judgement.errors)}",
                level="WARNING",
                phase=self._batch.phase,
                batch=self._batch.number,
                failed=list(work.todo),
                errors=[error.model_dump() for error in judgement.errors[:20]],
            )
        self._count(result, retried=True)
        self._attempt = None

    def settle(self, judgement: ValidationResult, result: SessionResult, work: BatchState) -> None:
        """The one commit that ends a batch: items, quarantine, batch status, event."""
        refused = {item_id: judgement.errors_of(item_id) for item_id in work.todo}
        self._count(result)
        with self._tools.event_log.transaction():
            self._finish("passed" if not refused else "failed", judgement, result)
            self._end_batch(work, judgement.passed, refused)

    def settle_unvalidated(self, fault: ProjectCodeError, result: SessionResult, work: BatchState) -> None:
        """The validator failed, not the agent: the output is kept, its items wait for the validator to be mended."""
        error = ValidationError(
            type="validator_failed",
            message=f"the validator failed: {fault}",
            suggestion="mend the validator, then retry: the output is kept and is judged first",
        )
        self._count(result)
        assert self._attempt is not None
        with self._tools.event_log.transaction():
            batch_transitions.end_session(
                self._tools.database, self._attempt, "unvalidated", counted=False, errors=[error], result=result
            )
            self._end_batch(work, work.kept, dict.fromkeys(work.todo, (error,)))

    def settle_exhausted(self, work: BatchState) -> None:
        """End a batch for which no session is to be started any more."""
        last = tuple(work.errors)
        refused = {i: tuple(e for e in last if e.item_id in (i, None)) for i in work.todo}
        with self._tools.event_log.transaction():
            self._end_batch(work, work.kept, refused)

    def _end_batch(
        self, work: BatchState, accepted: dict[str, object], refused: dict[str, tuple[ValidationError, ...]]
    ) -> None:
        tools, batch = self._tools, self._batch
        batch_transitions.settle(tools.database, batch.job, batch.phase, batch.id, work.digests, accepted, refused)
        for attempt, _ in tools.captured.pop(batch.id, ()):  # whose answers were known by another way already
            batch_transitions.end_session(
                tools.database, attempt.id, "interrupted" if refused else "passed", counted=not refused
            )
        batch_transitions.set_batch_status(tools.database, batch.id, "failed" if refused else "done")
        tools.merged(batch.phase, list(work.input.items))
        strangers = [e.item_id for e in work.errors if e.type == "unknown_item" and e.item_id is not None]
        if strangers:
            tools.event_log.append(
                batch.job,
                "unknown_items",
                f"{self._label}: answers for {len(strangers)} ids that are not of this batch were left out:"
                f" {', '.join(strangers[:5])}",
                level="WARNING",
                phase=batch.phase,
                batch=batch.number,
            )
        if refused:
            errors = [error for found in refused.values() for error in found]
            tools.event_log.append(
                batch.job,
                "batch_failed",
                f"{self._label}: {len(refused)} items quarantined after {work.counted} attempts"
                f" ({', '.join(list(refused)[:5])}{', …' if len(refused) > 5 else ''}): {_said(errors)}",
                level="ERROR",
                phase=batch.phase,
                batch=batch.number,
                failed=list(refused),
            )
        counts = tools.progress.batch_ended(tools.database)
        tools.event_log.append(
            batch.job,
            "batch_ended",
            f"{self._label}: {len(accepted)} items merged | {counts.text}",
            phase=batch.phase,
            batch=batch.number,
            merged=len(accepted),
            **counts.data,
        )

    def _count(self, result: SessionResult, *, retried: bool = False) -> None:
        self._tools.progress.session_ended(result, known=self._recovered, retried=retried)

    def _finish(self, outcome: Outcome, judgement: ValidationResult, result: SessionResult) -> None:
        assert self._attempt is not None
        batch_transitions.end_session(
            self._tools.database,
            self._attempt,
            outcome,
            counted=self.counts(judgement, result),
            errors=judgement.errors,
            result=result,
        )


def _either(own: float | None, general: float) -> float | None:
    """The agent's own limit, else the general one; None where it is 0."""
    return (general if own is None else own) or None


def _said(errors: list[ValidationError] | tuple[ValidationError, ...]) -> str:
    """The first error, and how many more there are."""
    if not errors:
        return "no reason was given"
    first = errors[0]
    place = f"{first.item_id}: " if first.item_id else ""
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{first.type}: {place}{plain_line(first.message, 200)}{more}"
