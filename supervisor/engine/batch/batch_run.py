"""The flow of one batch, from the items still to do to the one commit that ends it.

    items still to do → prompt → spec → executor → result → judge → keep what passed
        ↑_____________________ errors as feedback, failed items only ______|
    then one commit: items, quarantine, batch status, event

An attempt is counted only when the agent answered and the answer was wrong, or it crashed or timed out; see
`session_turn` for what is not one.
"""

from __future__ import annotations

import asyncio

from supervisor.agents.cli_driver import CliDriver
from supervisor.engine.batch.attempt_recorder import AttemptRecorder
from supervisor.engine.batch.batch_state import BatchState
from supervisor.engine.batch.session_attempt import AgentUnavailable, BatchPostponed, attempt_session
from supervisor.engine.job_context import JobContext
from supervisor.engine.validation.output_validation import ValidationResult, validate_output
from supervisor.errors import ProjectCodeError
from supervisor.model.job import StoredBatch
from supervisor.model.session import SessionResult
from supervisor.store.tables import phases


async def run_batch(batch: StoredBatch, agent: CliDriver, tools: JobContext) -> list[str]:
    """Run sessions for a batch until all of its items pass or its attempts are used up, then settle it; its items' ids.

    AgentOut where the agent cannot work at all, Postponed where it may not now, CancelledError where the supervisor
    stops: all leave the batch as it was, with what passed kept.
    """
    tools.restored.lookup(batch.phase, batch.id)
    work = await BatchState.load(batch, tools)
    tools.captured.setdefault(batch.id, []).extend(tools.orphans.lookup(work, tools.progress))
    recorder = AttemptRecorder(batch, agent, tools, stalls=work.stalls)
    try:
        while work.todo and (work.attempts_left or recorder.has_captured):
            result = recorder.take_captured() or await attempt_session(work, agent, recorder, tools)
            try:
                judgement, seq = await _judge(work, result, tools)
                async with tools.merging(batch.phase):
                    if batch.phase in judgement.read_phases and seq != _merged_seq(batch, tools):
                        judgement, _ = await _judge(work, result, tools)  # another batch was merged meanwhile
                    work = work.advance(judgement, counted=recorder.counts(judgement, result))
                    if work.todo and (work.attempts_left or recorder.has_captured):
                        recorder.keep(judgement, result, work)
                        continue
                    recorder.settle(judgement, result, work)
            except ProjectCodeError as fault:
                recorder.settle_unvalidated(fault, result, work)
            return list(work.input.items)
        recorder.settle_exhausted(work)
        return list(work.input.items)
    except (BatchPostponed, AgentUnavailable):
        recorder.postpone()
        raise
    except asyncio.CancelledError:
        recorder.interrupted()
        raise


async def _judge(work: BatchState, result: SessionResult, tools: JobContext) -> tuple[ValidationResult, int]:
    """The judgement, and what was merged of the phase when it began."""
    seq = _merged_seq(work.batch, tools)
    return await validate_output(tools.code, work.phase, work.input, work.todo, work.kept, result, work.batch.job), seq


def _merged_seq(batch: StoredBatch, tools: JobContext) -> int:
    return phases.current_seq(tools.database, batch.job, batch.phase)
