"""One tiny session of an agent, to see whether it works."""

from __future__ import annotations

from supervisor.agents.agent import Agent
from supervisor.agents.isolation_policy import isolation
from supervisor.errors import AgentError
from supervisor.executors.executor import CouldNotStart, Executor, ExecutorContext
from supervisor.executors.executor_registry import make_executor
from supervisor.host.file_events import file_events
from supervisor.host.folder_deletion import passing_folder
from supervisor.model.agent_report import AgentFailure, AgentReport
from supervisor.model.job import JobOptions
from supervisor.model.json_document import JsonDocument
from supervisor.model.session import OutputRejection, SessionRequest, SessionResult
from supervisor.project.project import Project
from supervisor.store.database import open_store
from supervisor.store.tables import agent_cooldowns

_OUTPUT = "answer.json"
_PROMPT = f"""\
# A test of the connection

Write the JSON object {{"ok": true}} to this path in your working directory, and nothing else into it:

    {_OUTPUT}

Then finish. Do nothing else.
"""
_INPUT = '{"pipeline": "test", "target": "test", "phase": 1, "batch": 1, "items": {"ok": {}}}'
TIMEOUT_S = 180.0
_FINISH_TIMEOUT_S = 3.0


class _Nobody:
    def failing(self, failure: AgentFailure | None) -> None:
        """It is in the result."""

    def alive(self) -> None:
        """Nobody waits for it."""

    async def passes(self, output: JsonDocument) -> bool:
        """Any JSON is an answer here."""
        return True


async def smoke_test_agent(project: Project, agent: Agent, model: str | None) -> SessionResult:
    """The session's result. Where it came to an answer, the agent's gate is opened: it works."""
    events = file_events()
    silence = agent.profile.silence_limits(project.settings)
    with passing_folder() as folder:
        executor = make_executor(agent.profile.executor, ExecutorContext(project, events, apart=folder))
        request = SessionRequest(
            name="test",
            agent=agent.name,
            prompt=_PROMPT,
            input_json=_INPUT,
            output_name=_OUTPUT,
            attempt=1,
            model=model,
            timeout_s=TIMEOUT_S,
            finish_timeout_s=_FINISH_TIMEOUT_S,
            startup_timeout_s=silence.startup_s,
            isolation=isolation(JobOptions(agent=agent.name), agent.profile, project.settings),
            stall_timeout_s=silence.stall_s,
        )
        try:
            result = await _result(executor, request, agent)
        finally:
            await executor.close()
            events.close()
    if answered(result) and project.store.exists():
        database = open_store(project.store)
        with database.transaction() as transaction:
            agent_cooldowns.clear(transaction, agent.name)
        database.ring()
        database.close()
    return result


async def _result(executor: Executor, request: SessionRequest, agent: Agent) -> SessionResult:
    """What came of the session, or why there was none."""
    try:
        handle = await executor.submit(request, agent, lambda _: None)
    except CouldNotStart as error:
        why = OutputRejection(kind="could_not_start", message=str(error))
        return SessionResult(ending="could_not_start", refusal=why)
    except AgentError as error:
        failure = AgentFailure(kind="set_up_wrongly", message=error.what, remedy=error.remedy, is_final=True)
        why = OutputRejection(kind=failure.kind, message=failure.message)
        return SessionResult(ending="troubled", refusal=why, heard=AgentReport(trouble=failure))
    return await executor.follow(handle, _Nobody())


def answered(result: SessionResult) -> bool:
    """Whether the session wrote JSON."""
    return result.output is not None and result.output.usable
