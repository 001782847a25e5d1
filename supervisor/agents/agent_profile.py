"""What is known of an agent without starting it: its name, its limits, what it tells, and which executor runs it."""

from __future__ import annotations

from typing import Literal

from supervisor.model.frozen_model import FrozenModel
from supervisor.model.isolation import Limits
from supervisor.project.project_settings import AgentSettings

LOCAL = "local"
"""The executor that runs sessions on this machine."""


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
    max_session_cost: float | None = None
    """US dollars that one session of it may cost; None leaves it to the project, 0 is no limit."""
    max_session_tokens: int | None = None
    """The same in tokens."""
    finish_s: float = 0.0
    """Seconds of silence after which a session whose output is complete is asked to leave; programs that tell what
    they cost do so at their end. 0: it is asked at once."""
    tells_cost: bool = False
    """Whether its sessions tell what they cost, in money."""
    tells_tokens: bool = False
    """Whether they tell how many tokens they used."""
    sandbox: Literal["auto", "workspace", "bubblewrap"] | None = None
    """How far its sessions are kept apart; None leaves it to the project."""
    network: Literal["on", "none"] | tuple[str, ...] | None = None
    """Whether they have a network, or which hosts of it; None leaves it to the project."""
    limits: Limits | None = None
    """What they may use of the machine; None leaves it to the project."""

    @classmethod
    def of(
        cls, name: str, settings: AgentSettings, *, finish_s: float, tells_cost: bool, tells_tokens: bool = False
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
            finish_s=finish_s,
            tells_cost=tells_cost or settings.price is not None,
            tells_tokens=tells_tokens,
            sandbox=settings.sandbox,
            network=settings.network,
            limits=settings.limits,
        )
