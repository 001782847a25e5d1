"""One session of a batch that came to an answer or failed to; what was nobody's fault is tried again, uncounted."""

from __future__ import annotations

import asyncio
import itertools
import random
from typing import Literal

from supervisor.agents.agent import Agent
from supervisor.agents.isolation_policy import isolation
from supervisor.engine.batch.attempt_recorder import AttemptRecorder
from supervisor.engine.batch.batch_state import BatchState
from supervisor.engine.dispatch.admission import Admission
from supervisor.engine.dispatch.cooldown_tracker import CooldownTracker
from supervisor.engine.job_context import JobContext
from supervisor.engine.validation.output_validation import ParsedOutput, session_output
from supervisor.errors import AgentError, CannotContinue
from supervisor.executors.executor import LEAVE_GRACE_S, CouldNotStart, Executor
from supervisor.host.machine_errors import LASTS_AFTER, for_a_person
from supervisor.model.session import OutputRejection, SessionRequest, SessionResult
from supervisor.model.session_handle import SessionHandle
from supervisor.model.session_name import session_name
from supervisor.project.prompt_renderer import PromptRenderer, RetryNotes
from supervisor.text.strict_json import in_order

UNCOUNTED_STALLS = 2
"""A batch's sessions that give no sign of life count as attempts from the third."""
_START_PATIENCE_S = 6 * 3600.0
_LONGEST_START_DELAY_S, _LONGEST_OVERLOAD_DELAY_S = 30.0, 60.0

Uncounted = Literal["not_started", "overloaded", "stalled"]


class BatchPostponed(Exception):
    """The batch is left for later, with what passed of it kept: its agent is limited, or the budget is spent."""


class AgentUnavailable(Exception):
    """The batch is left as it was: its agent cannot work until a person does something."""

    def __init__(self, error: AgentError) -> None:
        super().__init__(str(error))
        self.error = error


class SessionAttempts:
    """The sessions of one batch, one after the other."""

    def __init__(
        self,
        agent: Agent,
        context: JobContext,
        *,
        executor: Executor,
        prompts: PromptRenderer,
        admission: Admission,
        cooldowns: CooldownTracker,
        recorder: AttemptRecorder,
    ) -> None:
        self._agent = agent
        self._context = context
        self._executor = executor
        self._prompts = prompts
        self._admission = admission
        self._cooldowns = cooldowns
        self._recorder = recorder
        self._for_a_person: CannotContinue | None = None
        """Why the last session could not be started, where that does not pass by itself."""

    async def next(self, state: BatchState) -> ParsedOutput:
        """A session's output that is to be validated.

        BatchPostponed where no session may start now, AgentUnavailable where none of this agent can.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        for tries in itertools.count(1):
            result = await self._session(state)
            why = self._why_uncounted(result)
            if why == "not_started" and tries >= LASTS_AFTER and self._for_a_person is not None:
                raise self._for_a_person
            if why is None or loop.time() - began >= self._patience_s(why, state):
                break
            delay_s = _delay_s(why, tries)
            self._recorder.uncounted(result, why, retry_in_s=delay_s)
            await asyncio.sleep(delay_s)
        if result.ending == "could_not_start":
            self._recorder.uncounted(result, "not_started")
            raise AgentUnavailable(
                AgentError("no process could be started for hours", where=f"agent {self._agent.name!r}")
            )
        self._recorder.ended(result)
        return session_output(result, state.phase, state.todo, state.ids)

    async def _session(self, state: BatchState) -> SessionResult:
        """Run one session to its end, or follow the one that a dead supervisor left running."""
        agent, recorder = self._agent, self._recorder
        handle = recorder.take_running()
        if handle is None and self._admission.admit_session(agent.name) is not None:
            raise BatchPostponed
        with self._cooldowns.session(self._context.id, agent.name) as probe:
            try:
                result = await self._run(state, handle)
            except CouldNotStart as error:
                refusal = OutputRejection(kind="could_not_start", message=str(error))
                result = SessionResult(ending="could_not_start", refusal=refusal)
                self._for_a_person = for_a_person(error)
            except AgentError as error:
                recorder.uncounted(_unavailable(error), "not_started")
                raise AgentUnavailable(_out_of_work(agent.name, error.what, error.remedy)) from error
            probe.ended(result)
        failure = result.heard.trouble
        if result.ending == "troubled" and failure is not None and failure.needs_person:
            recorder.uncounted(result, "not_started")
            raise AgentUnavailable(_out_of_work(agent.name, failure.message, failure.remedy))
        if result.ending == "troubled" and failure is not None and failure.is_rate_limited:
            recorder.uncounted(result, "limited")
            raise BatchPostponed
        return result

    async def _run(self, state: BatchState, running: SessionHandle | None) -> SessionResult:
        handle = running
        if handle is None:
            number = self._recorder.begin(state.todo)
            handle = await self._executor.submit(self._request(state, number), self._agent, self._recorder.record)
        try:
            return await self._executor.follow(handle, self._recorder)
        except BaseException:  # stopped, or something failed beside it: nothing of it runs on
            await asyncio.shield(self._executor.cancel(handle, LEAVE_GRACE_S))
            raise

    def _request(self, state: BatchState, number: int) -> SessionRequest:
        context, agent, batch = self._context, self._agent, state.batch
        asked, output_name = state.asked(), f"phase{batch.phase}_batch_{batch.number}.json"
        retry = RetryNotes(ids=state.todo, kept=len(state.kept), errors=state.errors) if state.errors else None
        prompt = self._prompts.render(asked, state.total, output_name, retry)
        settings = context.settings
        return SessionRequest(
            name=session_name(batch, number),
            agent=agent.name,
            prompt=prompt.text,
            shared=prompt.shared,
            input_json=in_order(asked.file_content()),
            output_name=output_name,
            attempt=number,
            model=context.options.model if agent.name == context.options.agents[0] else None,
            timeout_s=self._timeout_s(state),
            startup_timeout_s=_either(agent.profile.startup_timeout_s, settings.startup_timeout),
            stall_timeout_s=_either(agent.profile.stall_timeout_s, settings.stall_timeout),
            isolation=isolation(context.options, agent.profile, settings),
            quiet_s=settings.quiet_period,
            max_output_bytes=settings.max_output_bytes,
            max_transcript_bytes=settings.max_transcript_bytes,
        )

    def _timeout_s(self, state: BatchState) -> float:
        """Seconds that one session of the batch may take."""
        limits = (self._context.options.timeout or state.phase.timeout, self._agent.profile.timeout_s)
        return min(limit for limit in limits if limit is not None)

    def _why_uncounted(self, result: SessionResult) -> Uncounted | None:
        """Why a session is not the batch's fault; None where it is to be validated."""
        if result.ending == "could_not_start":
            return "not_started"
        if result.ending == "troubled":
            return "overloaded"
        return "stalled" if result.ending == "stalled" and self._recorder.stalls < UNCOUNTED_STALLS else None

    def _patience_s(self, why: Uncounted, state: BatchState) -> float:
        """Seconds after which a batch is tried no more for this."""
        if why == "not_started":
            return _START_PATIENCE_S
        return self._timeout_s(state) if why == "overloaded" else float("inf")


def _delay_s(why: Uncounted, tries: int) -> float:
    """Seconds until the next try, twice as many each time.

    With full jitter where a provider turned the session away, so that many who were do not come back together.
    """
    if why == "not_started":
        return min(_LONGEST_START_DELAY_S, 2.0 ** min(tries - 1, 10))
    if why == "overloaded":
        return random.uniform(0.0, min(_LONGEST_OVERLOAD_DELAY_S, 2.0 ** min(tries, 10)))  # noqa: S311 - no secret
    return 0.0


def _either(own: float | None, general: float) -> float | None:
    """The agent's own limit, else the general one; None where it is 0."""
    return (general if own is None else own) or None


def _unavailable(error: AgentError) -> SessionResult:
    refusal = OutputRejection(kind="set_up_wrongly", message=error.what)
    return SessionResult(ending="could_not_start", refusal=refusal)


def _out_of_work(agent: str, message: str, remedy: str | None) -> AgentError:
    return AgentError(
        f"it cannot work: {message}",
        where=f"agent {agent!r}",
        remedy=f"{remedy or 'Set it up, or choose another with --agent.'} Then run the same command again.",
    )
