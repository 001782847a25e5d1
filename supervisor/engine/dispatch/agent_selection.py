"""The agents of one job: the first choice, and those that take over while it is limited or out."""

from __future__ import annotations

from collections.abc import Sequence

from supervisor.agents.agent import Agent
from supervisor.engine.dispatch.cooldown_tracker import CooldownTracker, pause_text
from supervisor.errors import AgentError


class AgentSelection:
    """Chooses who does the next session."""

    def __init__(self, agents: Sequence[Agent], cooldowns: CooldownTracker) -> None:
        self._agents = tuple(agents)
        self._cooldowns = cooldowns
        self._out: dict[str, AgentError] = {}

    def select(self) -> Agent | None:
        """The first agent that may start a session now; None where all have to wait."""
        return next((agent for agent in self._at_work if self._cooldowns.allows(agent.name)), None)

    def check_all(self) -> None:
        """Leave out who cannot work here; AgentError where nobody is left."""
        for agent in self._agents:
            try:
                agent.check()
            except AgentError as error:
                self.exclude(agent, error)

    def exclude(self, agent: Agent, error: AgentError) -> str:
        """Use an agent no more in this run; who takes over, in words. AgentError where nobody is left."""
        self._out[agent.name] = error
        if not self._at_work:
            raise error
        return f"agent {agent.name} is out: {error.what}; {self._at_work[0].name} takes over"

    @property
    def excluded(self) -> dict[str, AgentError]:
        """Who is out, and why."""
        return dict(self._out)

    def pause(self) -> str | None:
        """Why nothing can start, in words; None where something can."""
        if self.select() is not None:
            return None
        found = [gate for agent in self._at_work if (gate := self._cooldowns.of(agent.name)) is not None]
        first = min(found, key=lambda gate: gate.next_probe_at)
        return pause_text(first) if len(self._agents) == 1 else f"{first.agent}: {pause_text(first)}"

    @property
    def _at_work(self) -> list[Agent]:
        return [agent for agent in self._agents if agent.name not in self._out]
