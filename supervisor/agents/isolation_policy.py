"""How far an agent's sessions are kept apart: by the command line, else the agent, else the project."""

from __future__ import annotations

from supervisor.agents.agent_profile import AgentProfile
from supervisor.model.isolation import Isolation
from supervisor.model.job import JobOptions
from supervisor.project.project_settings import ProjectSettings


def isolation(options: JobOptions, agent: AgentProfile, settings: ProjectSettings) -> Isolation:
    """The isolation of the agent's sessions in a job."""
    return Isolation(
        sandbox=options.sandbox or agent.sandbox or settings.sandbox,
        network=settings.network if agent.network is None else agent.network,
        limits=settings.limits if agent.limits is None else agent.limits,
    )
