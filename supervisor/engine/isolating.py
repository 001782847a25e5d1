"""How far an agent's sessions are kept apart: by the command line, else the agent, else the project."""

from __future__ import annotations

from supervisor.agents.base import Agent
from supervisor.content.project import ProjectSettings
from supervisor.model.job import JobOptions
from supervisor.model.session import Isolation


def isolation(options: JobOptions, agent: Agent, settings: ProjectSettings) -> Isolation:
    """The isolation of the agent's sessions in a job."""
    return Isolation(
        sandbox=options.sandbox or agent.sandbox or settings.sandbox,
        network=settings.network if agent.network is None else agent.network,
        limits=settings.limits if agent.limits is None else agent.limits,
    )
