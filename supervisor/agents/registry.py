"""Finding agents by name: the project's own commands, and those that packages offer by entry point."""

from __future__ import annotations

import difflib
from importlib.metadata import entry_points
from typing import cast

from supervisor.agents.base import Agent
from supervisor.agents.command import CommandAgent
from supervisor.agents.embedded import PhrasebookAgent
from supervisor.content.project import Project
from supervisor.errors import UsageError
from supervisor.model.job import JobOptions

GROUP = "supervisor.agents"
EMBEDDED = "phrasebook"


def agent_names(project: Project) -> list[str]:
    """Names of all agents that the project can use."""
    offered = {entry.name for entry in entry_points(group=GROUP)}
    return sorted({*project.settings.agents, *offered, EMBEDDED})


def default_agent(project: Project) -> str:
    """The agent where none is named: the project's choice, else its only one, else the embedded one."""
    if project.settings.agent is not None:
        return project.settings.agent
    own = list(project.settings.agents)
    return own[0] if len(own) == 1 else EMBEDDED


def make_agent(project: Project, options: JobOptions) -> Agent:
    """The agent that a job is to use; UsageError where there is none of that name."""
    name = options.agent
    settings = project.settings.agents.get(name)
    if options.faults and (settings is not None or name != EMBEDDED):
        raise UsageError(
            f"agent {name!r} cannot be asked for faults",
            where="--faults",
            remedy=f"Leave it out, or use --agent {EMBEDDED}.",
        )
    if settings is not None:
        return CommandAgent(
            name,
            settings.command,
            project=project.root,
            pass_env=settings.pass_env,
            timeout_s=settings.timeout,
            concurrency=settings.concurrency,
        )
    if name == EMBEDDED:
        return PhrasebookAgent(project=project.root, faults=options.faults, seed=options.seed)
    for entry in entry_points(group=GROUP):
        if entry.name == name:
            return cast(Agent, entry.load()(project=project.root))
    known = agent_names(project)
    near = difflib.get_close_matches(name, known, n=1)
    raise UsageError(
        f"there is no agent {name!r}",
        where=f"--agent, or `agent` in {project.settings_file.name}",
        remedy=(f"Did you mean {near[0]!r}? " if near else "")
        + f"Here are: {', '.join(known)}. Add a command with [agents.{name}] in {project.settings_file.name}.",
    )
