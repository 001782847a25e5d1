"""Finding agents by name: those of the project file, and those that packages offer by entry point."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import cast

from supervisor.agents.agent import Agent
from supervisor.agents.agent_profile import AgentProfile
from supervisor.agents.cli_driver import CliDriver
from supervisor.agents.command_cli import CommandDriver
from supervisor.agents.installed_cli import InstalledCliDriver
from supervisor.agents.phrasebook.phrasebook_driver import PhrasebookDriver
from supervisor.errors import UsageError
from supervisor.host import entry_points
from supervisor.model.job import JobOptions
from supervisor.project.project import Project
from supervisor.project.project_settings import AgentSettings

GROUP = "supervisor.agents"
EMBEDDED = "phrasebook"
PROGRAMS: dict[str, str] = {
    "claude": "supervisor.agents.claude.claude_driver:ClaudeDriver",
    "codex": "supervisor.agents.codex.codex_driver:CodexDriver",
    "gemini": "supervisor.agents.gemini.gemini_driver:GeminiDriver",
    "opencode": "supervisor.agents.opencode.opencode_driver:OpencodeDriver",
}
"""Known programs, loaded when they are asked for."""


def agent_names(project: Project) -> list[str]:
    """Names of all agents that the project can use."""
    return sorted({*project.settings.agents, *entry_points.offered(GROUP), *PROGRAMS, EMBEDDED})


def default_agent(project: Project) -> str:
    """The agent where none is named: the project's choice, else its only one, else the embedded one.

    UsageError where the project has several and does not say which.
    """
    chosen = agent_unless_open(project)
    if chosen is None:
        own = list(project.settings.agents)
        named = f"there are several agents, {', '.join(own[:-1])} and {own[-1]}, and none is named"
        raise UsageError(
            named,
            where=project.settings_file.name,
            remedy=f'Say --agent {own[0]}, or write agent = "{own[0]}" above the first [table].',
        )
    return chosen


def agent_unless_open(project: Project) -> str | None:
    """The same; None where the project has several and does not say which."""
    if project.settings.agent is not None:
        return project.settings.agent
    own = list(project.settings.agents)
    return own[0] if len(own) == 1 else None if own else EMBEDDED


def make_agents(project: Project, options: JobOptions) -> list[Agent]:
    """The agents that a job may use, the first choice first; UsageError where there is none of a name."""
    if options.faults and options.agent != EMBEDDED:
        raise UsageError(
            f"agent {options.agent!r} cannot be asked for faults",
            where="--faults",
            remedy=f"Leave it out, or use --agent {EMBEDDED}.",
        )
    names = options.agents
    for doubled in (name for name in names if names.count(name) > 1):
        raise UsageError(f"agent {doubled!r} is named twice", where="--agent", remedy="Name each agent once.")
    return [make_agent(project, name, faults=options.faults, seed=options.seed) for name in names]


def make_agent(project: Project, name: str, *, faults: float = 0.0, seed: int = 0) -> Agent:
    """The agent of that name; UsageError where there is none."""
    settings = project.settings.agents.get(name)
    if settings is not None and settings.command is not None:
        return _of(CommandDriver(name, settings, project.root))
    if settings is not None and settings.starts_no_program and name not in PROGRAMS:
        return Agent(AgentProfile.of(name, settings, tells_cost=False))
    if settings is not None or name in PROGRAMS:
        return _of(_known_program(project, name, settings or AgentSettings()))
    if name == EMBEDDED:
        return _of(PhrasebookDriver(project, faults=faults, seed=seed))
    offered = entry_points.offered(GROUP)
    if name in offered:
        found = cast(Agent | CliDriver, entry_points.load(offered[name], "agent")(project))
        return found if isinstance(found, Agent) else _of(found)
    known = agent_names(project)
    near = difflib.get_close_matches(name, known, n=1)
    raise UsageError(
        f"there is no agent {name!r}",
        where=f"--agent, or `agent` in {project.settings_file.name}",
        remedy=(f"Did you mean {near[0]!r}? " if near else "")
        + f"Here are: {', '.join(known)}. Add a command with [agents.{name}] in {project.settings_file.name}.",
    )


def shown_by(project: Project, name: str) -> Callable[[str], str]:
    """How a line that the agent printed is shown to people; as it is, where there is no such agent any more."""
    try:
        return make_agent(project, name).display
    except UsageError:
        return str


def _known_program(project: Project, name: str, settings: AgentSettings) -> CliDriver:
    kind = settings.kind or name
    if kind not in PROGRAMS:
        raise UsageError(
            f"agent {name!r} has no `command`" if settings.kind is None else f"there is no kind of agent {kind!r}",
            where=f"[agents.{name}] in {project.settings_file.name}",
            remedy=f"Add `command`, or `kind` with one of: {', '.join(PROGRAMS)}.",
        )
    program = cast(type[InstalledCliDriver], EntryPoint(kind, PROGRAMS[kind], GROUP).load())
    return program(project, name, settings)


def _of(driver: CliDriver) -> Agent:
    return Agent(driver.profile, driver)


def agent_by_name(project: Project, name: str) -> Agent | None:
    """The agent of that name, where there still is one."""
    try:
        return make_agent(project, name)
    except UsageError:
        return None
