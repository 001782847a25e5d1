"""The life of one batch, from the items still to do to the one commit that ends it.

    items still to do → known answers → admission → prompt → executor → result → validate → keep what passed
        ↑_____________________________ errors as feedback, failed items only _____________________|
    then one commit: items, quarantine, batch status, event

An attempt is counted only when the agent answered and the answer was wrong, or it crashed or timed out; see
`session_attempt` for what is not one.
"""

from __future__ import annotations

import asyncio

from supervisor.engine.batch.attempt_recorder import AttemptRecorder
from supervisor.engine.batch.batch_state import BatchState
from supervisor.engine.batch.batch_validation import BatchValidation
from supervisor.engine.batch.session_attempt import AgentUnavailable, BatchPostponed, SessionAttempts
from supervisor.engine.known_answers.answer_chain import AnswerLookup
from supervisor.errors import ProjectCodeError


async def run_batch(
    state: BatchState,
    known: AnswerLookup,
    sessions: SessionAttempts,
    validation: BatchValidation,
    recorder: AttemptRecorder,
) -> None:
    """Look up and ask for answers until all items of a batch pass or its attempts are used up, then settle it.

    AgentUnavailable where the agent cannot work at all, BatchPostponed where it may not now, CancelledError where the
    supervisor stops: all leave the batch as it was, with what passed kept.
    """
    try:
        while state.todo:
            answer = await known.next(state.request())
            if answer is None and not state.attempts_left:
                break
            if answer is not None and answer.validated:
                state = state.with_known(answer.values)
                continue
            output = recorder.take_known(answer) if answer is not None else await sessions.next(state)
            try:
                async with validation.validated(state, output) as result:
                    recorder.judged(result, state)
                    await recorder.write_whole(result)
                    state = state.advance(output, result, counted=recorder.counts(result))
                    if state.todo and (state.attempts_left or not known.exhausted):
                        recorder.keep(result, state)
                        continue
                    recorder.settle(result, state, await known.rest(state.request()))
            except ProjectCodeError as error:
                recorder.not_judged(error, state)
                recorder.settle_unvalidated(error, state, await known.rest(state.request()))
            return
        recorder.settle_known(state, await known.rest(state.request()))
    except (BatchPostponed, AgentUnavailable):
        recorder.postpone()
        raise
    except asyncio.CancelledError:
        recorder.interrupted()
        raise
