"""The flow of one batch, from the items still to do to the one commit that ends it.

    items still to do → prompt → spec → executor → result → judge → keep what passed
        ↑_____________________ errors as feedback, failed items only ______|
    then one commit: items, quarantine, batch status, event

An attempt is counted only when the agent answered and the answer was wrong, or it crashed or timed out.
"""

from __future__ import annotations

import asyncio

from supervisor.content.prompts import RetryNotes
from supervisor.engine.attempt_records import AttemptRecords
from supervisor.engine.batch_work import BatchWork
from supervisor.engine.judging import Judgement, judge
from supervisor.engine.tools import Tools
from supervisor.errors import AgentError, ContentFault
from supervisor.model.job import StoredBatch
from supervisor.model.session import SessionResult
from supervisor.store import items

_START_DELAYS_S = (1, 2, 4, 8, 15, 30)


async def run_batch(batch: StoredBatch, tools: Tools) -> list[str]:
    """Run sessions for a batch until all of its items pass or its attempts are used up, then settle it; its items' ids.

    AgentError where the agent cannot work at all; CancelledError where the supervisor stops: both leave the batch
    as it was, with what passed kept.
    """
    work = await BatchWork.load(batch, tools)
    records = AttemptRecords(batch, tools)
    try:
        while work.todo and (work.attempts_left or records.has_captured):
            result = records.take_captured() or await _run_session(work, records, tools)
            try:
                judgement, seq = await _judge(work, result, tools)
                async with tools.merging(batch.phase):
                    if batch.phase in judgement.looked_at and seq != _merged_seq(batch, tools):
                        judgement, _ = await _judge(work, result, tools)  # another batch was merged meanwhile
                    work = work.after(judgement, counted=records.counts(judgement))
                    if work.todo and work.attempts_left:
                        records.keep(judgement, result, work)
                        continue
                    records.settle(judgement, result, work)
            except ContentFault as fault:
                records.settle_unjudged(fault, result, work)
            return list(work.input.items)
        records.settle_rest(work)
        return list(work.input.items)
    except asyncio.CancelledError:
        records.interrupted()
        raise


async def _judge(work: BatchWork, result: SessionResult, tools: Tools) -> tuple[Judgement, int]:
    """The judgement, and what was merged of the phase when it began."""
    seq = _merged_seq(work.batch, tools)
    return await judge(tools.pool, work.phase, work.input, work.todo, work.kept, result, work.batch.job), seq


def _merged_seq(batch: StoredBatch, tools: Tools) -> int:
    return items.current_seq(tools.database, batch.job, batch.phase)


async def _run_session(work: BatchWork, records: AttemptRecords, tools: Tools) -> SessionResult:
    """One session that came to an answer or failed to; one that could not even start is tried again, uncounted."""
    retry = RetryNotes(ids=work.todo, kept=len(work.kept), errors=work.errors) if work.errors else None
    for delay_s in (*_START_DELAYS_S, *[_START_DELAYS_S[-1]] * 1000):
        spec = records.spec(work, retry)
        result = await tools.executor.run(spec, tools.agent, records.started)
        if result.ending == "cannot_work":
            records.not_started(result)
            assert result.refusal is not None
            raise AgentError(
                f"it cannot work: {result.refusal.message}",
                where=f"agent {tools.agent.name!r}",
                remedy="Set it up, or choose another with --agent, then run the same command again.",
            )
        if result.ending != "could_not_start":
            return result
        records.not_started(result, retry_in_s=delay_s)
        await asyncio.sleep(delay_s)
    raise AgentError("no process could be started for hours", where=f"agent {tools.agent.name!r}")
