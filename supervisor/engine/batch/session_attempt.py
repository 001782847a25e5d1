"""One session of a batch that came to an answer or failed to; what was nobody's fault is tried again, uncounted."""

from __future__ import annotations

import asyncio
import random
from typing import Literal

from supervisor.agents.agent import Agent
from supervisor.agents.isolation_policy import isolation
from supervisor.engine.batch.attempt_recorder import AttemptRecorder
from supervisor.engine.batch.batch_state import BatchState
from supervisor.engine.batch.batch_validation import BatchValidation
from supervisor.engine.batch.draft_check import DraftCheck
from supervisor.engine.dispatch.admission import Admission
from supervisor.engine.dispatch.cooldown_tracker import CooldownTracker
from supervisor.engine.job_context import JobContext
from supervisor.engine.validation.output_validation import ParsedOutput
from supervisor.engine.validation.session_output import OutputQuestion, session_output
from supervisor.errors import AgentError, CannotContinue
from supervisor.executors.executor import LEAVE_GRACE_S, CouldNotStart, Executor
from supervisor.host.machine_errors import LASTS_AFTER, for_a_person
from supervisor.model.session import OutputRejection, SessionRequest, SessionResult
from supervisor.model.session_handle import SessionHandle
from supervisor.model.session_name import output_name, session_name
from supervisor.project.prompt_renderer import PromptRenderer, RetryNotes
from supervisor.text.strict_json import in_order
from supervisor.workspaces.workspace_provider import Workspace

UNCOUNTED_STALLS = 2
"""A batch's sessions that give no sign of life count as attempts from the third."""
_START_PATIENCE_S = 6 * 3600.0
_LONGEST_START_DELAY_S, _LONGEST_OVERLOAD_DELAY_S = 30.0, 60.0

UNCOUNTED_CUT_OFFS = 2
"""So do those that somebody ended from outside, with an output that may be a draft, after as many in a row."""

Uncounted = Literal["not_started", "limited", "overloaded", "stalled", "interrupted"]


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
        validation: BatchValidation,
        recorder: AttemptRecorder,
    ) -> None:
        self._agent = agent
        self._context = context
        self._executor = executor
        self._prompts = prompts
        self._admission = admission
        self._cooldowns = cooldowns
        self._validation = validation
        self._recorder = recorder
        self._loop = asyncio.get_running_loop()
        self._since = self._loop.time()
        """When the sessions in a row began that do not count."""
        self._tries = 0
        """How many those are."""
        self._rest_s = 0.0
        """Seconds to wait before the next session."""
        self._for_a_person: CannotContinue | None = None
        """Why the last session could not be started, where that does not pass by itself."""

    async def next(self, state: BatchState) -> ParsedOutput:
        """A session's output that is to be validated.

        BatchPostponed where no session may start now, AgentUnavailable where none of this agent can.
        """
        while True:
            await asyncio.sleep(self._rest_s)
            result = await self._session(state)
            why = self._why_uncounted(result)
            if why is None:
                self._rest_s, self._tries, self._since = 0.0, 0, self._loop.time()
                break
            self._tries += 1
            if why == "not_started" and self._tries >= LASTS_AFTER and self._for_a_person is not None:
                raise self._for_a_person
            if self._loop.time() - self._since >= self._patience_s(why, state):
                break
            self._rest_s = _delay_s(why, self._tries)
            if result.can_be_judged(takes_unfinished=self._context.takes_unfinished(state.phase)):
                self._recorder.ended(result, counts=False)
                return await self._output(result, state)
            self._recorder.uncounted(result, why, retry_in_s=self._rest_s)
        if result.ending in ("could_not_start", "cut_off") and why is not None:
            self._recorder.uncounted(result, why)
            raise AgentUnavailable(
                AgentError("no process could be started, and kept, for hours", where=f"agent {self._agent.name!r}")
            )
        if (
            result.ending != "over_limit"
            and (over := self._agent.profile.session_limit(self._context.settings).exceeded_by(result.heard.usage))
            is not None
        ):
            self._recorder.cost_too_much(over)
        self._recorder.ended(result)
        return await self._output(result, state)

    async def _output(self, result: SessionResult, state: BatchState) -> ParsedOutput:
        """What the session that just ended gave, wherever it left it."""
        settings = self._context.settings
        question = OutputQuestion(
            merge=state.phase.merge,
            asked=state.asked(),
            batch_ids=tuple(state.ids),
            output_name=output_name(state.batch),
            max_output_bytes=settings.max_output_bytes,
            max_transcript_bytes=settings.max_transcript_bytes,
        )
        workspace = Workspace(self._context.project.sessions, self._recorder.session)
        takes_unfinished = self._context.takes_unfinished(state.phase)
        return await session_output(result, question, workspace, takes_unfinished=takes_unfinished)

    async def _session(self, state: BatchState) -> SessionResult:
        """Run one session to its end, or follow the one that a dead supervisor left running."""
        agent, recorder = self._agent, self._recorder
        handle = recorder.take_running()
        if handle is None and self._admission.admit_session(state.batch, agent.name) is not None:
            raise BatchPostponed
        with self._cooldowns.session(self._context.id, agent.name) as probe:
            try:
                result = await self._run(state, handle)
                self._admission.session_ended(state.batch, result)
            except CouldNotStart as error:
                self._admission.session_ended(state.batch, None)
                recorder.never_ran()
                refusal = OutputRejection(kind="could_not_start", message=str(error))
                result = SessionResult(ending="could_not_start", refusal=refusal)
                self._for_a_person = for_a_person(error)
            except AgentError as error:
                recorder.uncounted(_unavailable(error), "not_started")
                raise AgentUnavailable(_out_of_work(agent.name, error.what, error.remedy)) from error
            probe.ended(result)
        failure = result.heard.trouble
        if failure is None or result.can_be_judged(takes_unfinished=self._context.takes_unfinished(state.phase)):
            return result
        if failure.needs_person:
            recorder.uncounted(result, "not_started")
            raise AgentUnavailable(_out_of_work(agent.name, failure.message, failure.remedy))
        if failure.is_rate_limited:
            recorder.uncounted(result, "limited")
            raise BatchPostponed
        return result

    async def _run(self, state: BatchState, running: SessionHandle | None) -> SessionResult:
        handle = running
        if handle is None:
            number = self._recorder.begin(state.todo)

            def record(handle: SessionHandle) -> None:
                self._recorder.record(handle)
                self._admission.session_begun(state.batch)

            handle = await self._executor.submit(self._request(state, number), self._agent, record)
        try:
            return await self._executor.follow(
                handle, DraftCheck(state, self._validation, self._recorder, self._admission)
            )
        except BaseException:  # stopped, or something failed beside it: nothing of it runs on
            await asyncio.shield(self._executor.cancel(handle, LEAVE_GRACE_S))
            raise

    def _request(self, state: BatchState, number: int) -> SessionRequest:
        context, agent, batch = self._context, self._agent, state.batch
        profile = agent.profile
        asked, output = state.asked(), output_name(state.batch)
        retry = RetryNotes.of(state.todo, len(state.kept), state.errors) if state.errors else None
        prompt = self._prompts.render(asked, state.total, output, retry)
        settings = context.settings
        silence = agent.profile.silence_limits(settings)
        return SessionRequest(
            name=session_name(batch, number),
            agent=agent.name,
            prompt=prompt.text,
            shared=prompt.shared,
            input_json=in_order(asked.file_content()),
            output_name=output,
            attempt=number,
            model=context.options.model if agent.name == context.options.agents[0] else None,
            timeout_s=self._timeout_s(state),
            startup_timeout_s=silence.startup_s,
            stall_timeout_s=silence.stall_s,
            limit=profile.session_limit(settings),
            isolation=isolation(context.options, profile, settings),
            finish_timeout_s=profile.finish_timeout(settings),
            max_output_bytes=settings.max_output_bytes,
            max_transcript_bytes=settings.max_transcript_bytes,
        )

    def _timeout_s(self, state: BatchState) -> float:
        """Seconds that one session of the batch may take."""
        limits = (self._context.options.timeout or state.phase.timeout, self._agent.profile.timeout_s)
        return min(limit for limit in limits if limit is not None)

    def _why_uncounted(self, result: SessionResult) -> Uncounted | None:
        """Why a session that came to nothing is no fault of its batch; None where it is, or came to an end."""
        if result.is_final and result.output is not None:
            return None
        if result.ending == "could_not_start":
            return "not_started"
        if result.ending == "cut_off":
            return "interrupted"
        if result.heard.trouble is not None:
            return "limited" if result.heard.trouble.is_rate_limited else "overloaded"
        if result.ending == "stalled":
            return "stalled" if self._recorder.stalls < UNCOUNTED_STALLS else None
        killed = result.ending == "exited" and not result.is_final and result.output is not None
        return "interrupted" if killed and self._tries < UNCOUNTED_CUT_OFFS else None

    def _patience_s(self, why: Uncounted, state: BatchState) -> float:
        """Seconds after which a batch is tried no more for this."""
        if why in ("not_started", "interrupted"):
            return _START_PATIENCE_S
        return self._timeout_s(state) if why == "overloaded" else float("inf")


def _delay_s(why: Uncounted, tries: int) -> float:
    """Seconds until the next try, twice as many each time.

    With full jitter where a provider turned the session away, so that many who were do not come back together.
    """
    if why in ("not_started", "interrupted"):
        return min(_LONGEST_START_DELAY_S, 2.0 ** min(tries - 1, 10))
    if why == "overloaded":
        return random.uniform(0.0, min(_LONGEST_OVERLOAD_DELAY_S, 2.0 ** min(tries, 10)))  # noqa: S311 - no secret
    return 0.0


def _unavailable(error: AgentError) -> SessionResult:
    refusal = OutputRejection(kind="set_up_wrongly", message=error.what)
    return SessionResult(ending="could_not_start", refusal=refusal)


def _out_of_work(agent: str, message: str, remedy: str | None) -> AgentError:
    return AgentError(
        f"it cannot work: {message}",
        where=f"agent {agent!r}",
        remedy=f"{remedy or 'Set it up, or choose another with --agent.'} Then run the same command again.",
    )
