"""Answers that sessions had written whose supervisor was stopped or killed: found when their job goes on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import ClassVar

from supervisor.engine.job_context import JobContext
from supervisor.engine.known_answers.known_answer import AnswerRequest, KnownAnswer
from supervisor.engine.validation.output_validation import ParsedOutput, parse_output
from supervisor.engine.validation.session_output import OutputQuestion, session_output
from supervisor.executors.open_executors import OpenExecutors
from supervisor.model.batch import BatchInput
from supervisor.model.session import SessionResult
from supervisor.model.session_handle import SessionHandle
from supervisor.model.session_name import output_name
from supervisor.store.tables import attempts, items
from supervisor.store.tables.attempts import Attempt
from supervisor.store.transitions import batch_transitions
from supervisor.workspaces.workspace_provider import Workspace


class CapturedOutputs:
    """Those of one job: the sessions whose end nobody waited for."""

    origin: ClassVar[str] = "captured"

    def __init__(self, context: JobContext, executors: OpenExecutors) -> None:
        self._context = context
        self._executors = executors
        self._outputs: dict[int, list[tuple[Attempt, SessionResult]]] = defaultdict(list)
        """Batch id to the attempts that left an output that may be judged, or ended without one, and their results."""
        self.running: dict[int, list[tuple[int, SessionHandle]]] = defaultdict(list)
        """Batch id to the attempts whose sessions still run, and where they are."""

    async def collect(self) -> int:
        """Find out what came of every session of the job that was cut off; how many whole outputs there are.

        The cut-off sessions without one are noted as interrupted, which does not count as an attempt; so are those
        whose output nobody can tell from a draft. What they cost is taken from what they printed and left.
        """
        for attempt in attempts.unfinished(self._context.database, self._context.id):
            found = await self._executors.reattach(attempt.handle)
            waits = self._waits(attempt)
            if isinstance(found, SessionHandle):
                if waits:
                    self.running[attempt.batch].append((attempt.id, found))
                    continue
                await self._executors.of(found.executor).cancel(found, 0.0)
                found = await self._executors.reattach(attempt.handle)
            self._take_in(attempt, found if isinstance(found, SessionResult) else None, waits=waits)
        return sum(result.output is not None for found in self._outputs.values() for _, result in found)

    def _take_in(self, attempt: Attempt, result: SessionResult | None, *, waits: bool) -> None:
        with self._context.event_log.transaction() as transaction:
            takes_unfinished = self._context.takes_unfinished(self._context.pipeline.phase(attempt.phase))
            elsewhere = result is not None and result.output is None and result.is_final
            if waits and result is not None and (elsewhere or result.can_be_judged(takes_unfinished=takes_unfinished)):
                batch_transitions.record_session(transaction, attempt.id, result)
                self._outputs[attempt.batch].append((attempt, result))
            elif waits or attempt.outcome != "unvalidated":  # else its validator failed: it is kept until it is mended
                batch_transitions.end_session(transaction, attempt.id, "interrupted", counted=False, result=result)

    async def lookup(self, request: AnswerRequest) -> Sequence[KnownAnswer]:
        """The batch's outputs, each with what is wrong with its shape."""
        found = []
        for attempt, result in self._outputs.pop(request.batch.id, ()):
            parsed = await self._parsed(attempt, result, request)
            if result.output is None and not parsed.values:
                with self._context.event_log.transaction() as transaction:
                    batch_transitions.end_session(transaction, attempt.id, "interrupted", counted=False)
                continue
            found.append(
                KnownAnswer(
                    values=parsed.values,
                    errors=parsed.errors,
                    mended=parsed.mended,
                    attempt=attempt.id,
                    unfinished=not result.is_final,
                )
            )
        return found

    async def _parsed(self, attempt: Attempt, result: SessionResult, request: AnswerRequest) -> ParsedOutput:
        """What a session left for what is to do; one that had ended may have left it elsewhere."""
        batch, phase, context = request.batch, request.phase, self._context
        if result.output is not None:
            return parse_output(result.output, phase.merge, request.todo, tuple(request.digests))
        given = {each.id: each.payload for each in items.of_batch(context.database, batch.id)}
        asked = BatchInput(
            pipeline=context.pipeline.name,
            target=context.target.name,
            phase=phase.id,
            batch=batch.number,
            items={item_id: given[item_id] for item_id in request.todo if item_id in given},
            settings=phase.settings,
            target_parts=context.target.parts,
        )
        question = OutputQuestion(
            merge=phase.merge,
            asked=asked,
            batch_ids=tuple(request.digests),
            output_name=output_name(batch),
            max_output_bytes=context.settings.max_output_bytes,
            max_transcript_bytes=context.settings.max_transcript_bytes,
        )
        workspace = Workspace(context.project.sessions, attempt.name)
        return await session_output(result, question, workspace, takes_unfinished=False)

    def has(self, batch: int) -> bool:
        """Whether a batch has sessions to follow, or outputs to judge, that are paid for."""
        return batch in self.running or batch in self._outputs

    def settled(self, phase: int, ids: Collection[str]) -> None:
        """Nothing to forget: an output is given once."""

    def pending(self, phase: int) -> bool:
        """Never: what is captured is in no sink yet."""
        return False

    def _waits(self, attempt: Attempt) -> bool:
        """Whether the attempt's batch still waits for its answers."""
        return bool(
            self._context.database.value(
                "SELECT EXISTS (SELECT 1 FROM batches WHERE id = ? AND status IN ('pending', 'running'))",
                (attempt.batch,),
            )
        )
