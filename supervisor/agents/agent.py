"""An agent as the registry gives it: its profile, and the driver of its program where it has one."""

from __future__ import annotations

from typing import NamedTuple

from supervisor.agents.agent_profile import AgentProfile
from supervisor.agents.cli_driver import AgentStatus, CliDriver
from supervisor.errors import AgentError


class Agent(NamedTuple):
    """An executor that starts no program uses the profile only."""

    profile: AgentProfile
    driver: CliDriver | None = None

    @property
    def name(self) -> str:
        """As on the command line."""
        return self.profile.name

    @property
    def program(self) -> CliDriver:
        """The driver of its program; AgentError where it has none."""
        if self.driver is None:
            raise AgentError(
                "it has no program that could be started here",
                where=f"agent {self.name!r}",
                remedy="Use the executor that is made for it.",
            )
        return self.driver

    def check(self) -> None:
        """Raise AgentError, with the remedy, where no session of it could start here."""
        if self.driver is not None:
            self.driver.check()

    def tells_money(self) -> bool:
        """Whether what its sessions cost will be known; may take seconds."""
        return self.profile.tells_cost if self.driver is None else self.driver.tells_money()

    def status(self) -> AgentStatus:
        """Whether it is installed and signed in; may take seconds."""
        return AgentStatus() if self.driver is None else self.driver.status()

    def display(self, line: str) -> str:
        """A line of its output for people; empty where it says nothing to them."""
        return line if self.driver is None else self.driver.display(line)
