"""One tiny session of an agent, to see whether it works."""

from __future__ import annotations

import tempfile
from pathlib import Path

from supervisor.agents.cli_driver import CliDriver
from supervisor.agents.isolation_policy import isolation
from supervisor.executors.local.local_executor import LocalExecutor
from supervisor.host.file_events import file_events
from supervisor.model.agent_report import AgentFailure
from supervisor.model.job import JobOptions
from supervisor.model.session import SessionRequest, SessionResult
from supervisor.model.session_handle import SessionHandle
from supervisor.project.project import Project
from supervisor.store.database import open_store
from supervisor.store.tables import agent_cooldowns
from supervisor.text.strict_json import JsonRefused, parse_strict

_OUTPUT = "answer.json"
_PROMPT = f"""\
# A test of the connection

Write the JSON object {{"ok": true}} to this path in your working directory, and nothing else into it:

    {_OUTPUT}

Then finish. Do nothing else.
"""
_INPUT = '{"pipeline": "test", "target": "test", "phase": 1, "batch": 1, "items": {"ok": {}}}'
TIMEOUT_S = 180.0


class _Nobody:
    def started(self, handle: SessionHandle) -> None:
        """Nobody has to know."""

    def failing(self, trouble: AgentFailure | None) -> None:
        """It is in the result."""


async def smoke_test_agent(project: Project, agent: CliDriver, model: str | None) -> SessionResult:
    """The session's result. Where it came to an answer, the agent's gate is opened: it works."""
    events = file_events()
    with tempfile.TemporaryDirectory(prefix="supervisor-") as folder:
        executor = LocalExecutor(project.root, Path(folder), f"{project.key}-test", events)
        spec = SessionRequest(
            name="test",
            agent=agent.name,
            prompt=_PROMPT,
            input_json=_INPUT,
            output_name=_OUTPUT,
            attempt=1,
            model=model,
            timeout_s=TIMEOUT_S,
            startup_timeout_s=agent.startup_timeout_s or project.settings.startup_timeout or None,
            isolation=isolation(JobOptions(agent=agent.name), agent, project.settings),
            stall_timeout_s=agent.stall_timeout_s or project.settings.stall_timeout or None,
        )
        try:
            result = await executor.run(spec, agent, _Nobody())
        finally:
            await executor.close()
            events.close()
    if answered(result) and project.store.exists():
        database = open_store(project.store)
        with database.transaction():
            agent_cooldowns.clear(database, agent.name)
        database.ring()
        database.close()
    return result


def answered(result: SessionResult) -> bool:
    """Whether the session wrote JSON."""
    try:
        return result.output is not None and parse_strict(result.output) is not None
    except JsonRefused:
        return False
