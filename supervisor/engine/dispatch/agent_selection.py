"""The agents of one job: the first choice, and those that take over while it is limited or out."""

from __future__ import annotations

from collections.abc import Sequence

from supervisor.agents.cli_driver import CliDriver
from supervisor.engine.dispatch.cooldown_tracker import CooldownTracker, pause_text
from supervisor.errors import AgentError


class AgentSelection:
    """Chooses who does the next session."""

    def __init__(self, agents: Sequence[CliDriver], gates: CooldownTracker) -> None:
        self._agents = tuple(agents)
        self._gates = gates
        self._out: dict[str, AgentError] = {}

    def choose(self) -> CliDriver | None:
        """The first agent that may start a session now; None where all have to wait."""
        return next((agent for agent in self._at_work if self._gates.lets_through(agent.name)), None)

    def look_around(self) -> None:
        """Leave out who cannot work here; AgentError where nobody is left."""
        for agent in self._agents:
            try:
                agent.check()
            except AgentError as error:
                self.leave_out(agent, error)

    def leave_out(self, agent: CliDriver, error: AgentError) -> str:
        """Use an agent no more in this run; who takes over, in words. AgentError where nobody is left."""
        self._out[agent.name] = error
        if not self._at_work:
            raise error
        return f"agent {agent.name} is out: {error.what}; {self._at_work[0].name} takes over"

    @property
    def outs(self) -> dict[str, AgentError]:
        """Who is out, and why."""
        return dict(self._out)

    def pause(self) -> str | None:
        """Why nothing can start, in words; None where something can."""
        if self.choose() is not None:
            return None
        found = [gate for agent in self._at_work if (gate := self._gates.of(agent.name)) is not None]
        first = min(found, key=lambda gate: gate.next_try)
        return pause_text(first) if len(self._agents) == 1 else f"{first.agent}: {pause_text(first)}"

    @property
    def _at_work(self) -> list[CliDriver]:
        return [agent for agent in self._agents if agent.name not in self._out]
