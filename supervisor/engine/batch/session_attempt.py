"""One session of a batch that came to an answer or failed to; what was nobody's fault is tried again, uncounted."""

from __future__ import annotations

import asyncio
from typing import Literal

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, wait_exponential, wait_random_exponential

from supervisor.agents.cli_driver import CliDriver
from supervisor.engine.batch.attempt_recorder import AttemptRecorder
from supervisor.engine.batch.batch_state import BatchState
from supervisor.engine.job_context import JobContext
from supervisor.errors import AgentError
from supervisor.executors.executor import LEAVE_GRACE_S, CouldNotStart, Executor
from supervisor.model.agent_report import AgentFailure, AgentReport
from supervisor.model.session import OutputRejection, SessionRequest, SessionResult
from supervisor.project.prompt_renderer import RetryNotes

UNCOUNTED_STALLS = 2
"""A batch's sessions that give no sign of life count as attempts from the third."""
_START_PATIENCE_S = 6 * 3600.0
_DELAYS = {
    "not_started": wait_exponential(multiplier=1, max=30),
    # With jitter, so that sessions that were turned away together do not come back together.
    "overloaded": wait_random_exponential(multiplier=2, max=60),
}

Uncounted = Literal["not_started", "overloaded", "stalled"]


class BatchPostponed(Exception):
    """The batch is left for later, with what passed of it kept: its agent is limited, or the budget is spent."""


class AgentUnavailable(Exception):
    """The batch is left as it was: its agent cannot work until a person does something."""

    def __init__(self, error: AgentError) -> None:
        super().__init__(str(error))
        self.error = error


async def attempt_session(
    work: BatchState, agent: CliDriver, recorder: AttemptRecorder, tools: JobContext
) -> SessionResult:
    """A session's result that is to be judged.

    Postponed where no session may start now, AgentOut where none of this agent can.
    """
    retry = RetryNotes(ids=work.todo, kept=len(work.kept), errors=work.errors) if work.errors else None

    def why_not(result: SessionResult) -> Uncounted | None:
        """Why a session is not the batch's fault; None where it is to be judged."""
        if result.ending == "could_not_start":
            return "not_started"
        if result.ending == "troubled":
            return "overloaded"
        return "stalled" if result.ending == "stalled" and recorder.stalls < UNCOUNTED_STALLS else None

    def delay(state: RetryCallState) -> float:
        wait = _DELAYS.get(why_not(_result(state)) or "")
        return 0.0 if wait is None else wait(state)

    def long_enough(state: RetryCallState) -> bool:
        patience_s = {"not_started": _START_PATIENCE_S, "overloaded": recorder.timeout_s(work)}
        return (state.seconds_since_start or 0.0) >= patience_s.get(why_not(_result(state)) or "", float("inf"))

    def note(state: RetryCallState) -> None:
        result, why = _result(state), why_not(_result(state))
        assert why is not None
        recorder.uncounted(result, why, retry_in_s=state.upcoming_sleep)

    async def session() -> SessionResult:
        if tools.budget.exhausted() or tools.room.shortage() or not tools.cooldowns.allows(agent.name):
            raise BatchPostponed
        with tools.cooldowns.session(tools.job, agent.name) as gate:
            result = await _result_of(tools.executor, recorder.spec(work, retry), agent, recorder)
            gate.ended(result)
        trouble = result.heard.trouble
        if result.ending == "troubled" and trouble is not None and trouble.needs_person:
            recorder.uncounted(result, "not_started")
            raise AgentUnavailable(_out_of_work(agent, trouble))
        if result.ending == "troubled" and trouble is not None and trouble.is_rate_limited:
            recorder.uncounted(result, "limited")
            raise BatchPostponed
        return result

    result: SessionResult = await AsyncRetrying(
        retry=retry_if_result(lambda ended: why_not(ended) is not None),
        wait=delay,
        stop=long_enough,
        before_sleep=note,
        retry_error_callback=_result,
    )(session)
    if result.ending == "could_not_start":
        recorder.uncounted(result, "not_started")
        raise AgentUnavailable(AgentError("no process could be started for hours", where=f"agent {agent.name!r}"))
    return result


async def _result_of(
    executor: Executor, request: SessionRequest, agent: CliDriver, recorder: AttemptRecorder
) -> SessionResult:
    """What came of a session, or why there was none."""
    try:
        handle = await executor.submit(request, agent, recorder.started)
    except CouldNotStart as error:
        why = OutputRejection(kind="could_not_start", message=str(error))
        return SessionResult(ending="could_not_start", refusal=why)
    except AgentError as error:
        failure = AgentFailure(kind="set_up_wrongly", message=error.what, remedy=error.remedy, is_final=True)
        why = OutputRejection(kind=failure.kind, message=failure.message)
        return SessionResult(ending="troubled", refusal=why, heard=AgentReport(trouble=failure))
    try:
        return await executor.follow(handle, recorder)
    except asyncio.CancelledError:
        await executor.cancel(handle, LEAVE_GRACE_S)
        raise


def _result(state: RetryCallState) -> SessionResult:
    assert state.outcome is not None
    result: SessionResult = state.outcome.result()
    return result


def _out_of_work(agent: CliDriver, trouble: AgentFailure) -> AgentError:
    remedy = trouble.remedy or "Set it up, or choose another with --agent."
    return AgentError(
        f"it cannot work: {trouble.message}",
        where=f"agent {agent.name!r}",
        remedy=f"{remedy} Then run the same command again.",
    )
