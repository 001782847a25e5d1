"""What is known of an agent without starting it: its name, its limits, what it tells, and which executor runs it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from supervisor.model.frozen_model import FrozenModel
from supervisor.model.isolation import Limits, SandboxChoice
from supervisor.model.session_limit import SessionLimit
from supervisor.project.project_settings import AgentSettings, ProjectSettings

LOCAL = "local"
"""The executor that runs sessions on this machine."""


class SilenceLimits(NamedTuple):
    """Seconds in which a session has to give a sign of life; None is no limit."""

    startup_s: float | None
    """After its start."""
    stall_s: float | None
    """Later."""


class AgentProfile(FrozenModel):
    """One agent as the engine plans with it."""

    name: str
    """As on the command line."""
    executor: str = LOCAL
    """Name of the executor that runs its sessions."""
    timeout_s: float | None = None
    """Longest that a session of it ever needs, in seconds; None leaves it to the phase."""
    concurrency: int | None = None
    """Sessions of it at once, over all jobs; None leaves it to the jobs."""
    startup_timeout_s: float | None = None
    """Seconds after its start within which a session must give a sign of life; None leaves it to the project, 0 is
    no limit."""
    stall_timeout_s: float | None = None
    """The same for later."""
    may_be_silent: bool = False
    """Whether nothing is known of how its program shows that it works: only limits that somebody wrote are for it."""
    max_session_cost: float | None = None
    """US dollars that one session of it may cost; None leaves it to the project, 0 is no limit."""
    max_session_tokens: int | None = None
    """The same in tokens."""
    finish_timeout_s: float | None = None
    """Seconds after which an answer that passes stands, though its session still runs: neither the output nor the
    terminal changed for so long. None leaves it to the project."""
    caches_prompts: bool = False
    """Whether its provider keeps the beginning of prompts, so that a first session makes it cheaper for the others."""
    tells_cost: bool = False
    """Whether its sessions tell what they cost, in money."""
    tells_tokens: bool = False
    """Whether they tell how many tokens they used."""
    sandbox: SandboxChoice | None = None
    """How far its sessions are kept apart; None leaves it to the project."""
    network: Literal["on", "none"] | tuple[str, ...] | None = None
    """Whether they have a network, or which hosts of it; None leaves it to the project."""
    limits: Limits | None = None
    """What they may use of the machine; None leaves it to the project."""

    @classmethod
    def of(
        cls,
        name: str,
        settings: AgentSettings,
        *,
        tells_cost: bool,
        tells_tokens: bool = False,
        caches_prompts: bool = False,
    ) -> AgentProfile:
        """As the project's settings have it, with what its program does by itself."""
        return cls(
            name=name,
            executor=settings.executor or LOCAL,
            timeout_s=settings.timeout,
            concurrency=settings.concurrency,
            startup_timeout_s=settings.startup_timeout,
            stall_timeout_s=settings.stall_timeout,
            max_session_cost=settings.max_session_cost,
            max_session_tokens=settings.max_session_tokens,
            finish_timeout_s=settings.finish_timeout,
            tells_cost=tells_cost or settings.price is not None,
            tells_tokens=tells_tokens,
            caches_prompts=caches_prompts,
            sandbox=settings.sandbox,
            network=settings.network,
            limits=settings.limits,
            may_be_silent=settings.command is not None,
        )

    def finish_timeout(self, project: ProjectSettings) -> float:
        """Seconds after which an answer of it stands: its own, else the project's."""
        return project.finish_timeout if self.finish_timeout_s is None else self.finish_timeout_s

    def session_limit(self, project: ProjectSettings) -> SessionLimit:
        """What one session of it may cost: its own limits, else the project's."""
        cost = project.max_session_cost if self.max_session_cost is None else self.max_session_cost
        tokens = project.max_session_tokens if self.max_session_tokens is None else self.max_session_tokens
        return SessionLimit(cost_usd=cost or None, tokens=tokens or None)

    def silence_limits(self, project: ProjectSettings) -> SilenceLimits:
        """Its own limits, else those of the project.

        The project's defaults fit programs that print as they work: a command of which nothing is known is ended only
        by limits that its project file has, and by the time of its phase.
        """

        def limit(own: float | None, name: str, general: float) -> float | None:
            if own is None and self.may_be_silent and name not in project.model_fields_set:
                return None
            return (general if own is None else own) or None

        return SilenceLimits(
            limit(self.startup_timeout_s, "startup_timeout", project.startup_timeout),
            limit(self.stall_timeout_s, "stall_timeout", project.stall_timeout),
        )
