"""The door to a program that works as an agent: how it is started, and what it needs and leaves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Literal

from supervisor.agents.agent_profile import AgentProfile
from supervisor.agents.output_parser import OutputParser
from supervisor.agents.terminal_dialogs import TerminalProtocol
from supervisor.model.agent_report import Usage
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.session import SessionRequest
from supervisor.workspaces.session_paths import SessionPaths


class AgentStatus(FrozenModel):
    """Whether an agent is here and could work, for people."""

    program: Path | None = None
    """Where it is installed."""
    version: str | None = None
    signed_in: Literal["yes", "no", "unknown"] = "unknown"
    by: str = ""
    """By what it is signed in: a variable's name, a file."""


class CliDriver(ABC):
    """One program, and how it is used."""

    profile: AgentProfile
    """What is known of it without starting it."""
    typing: TerminalProtocol | None = None
    """How its terminal is typed into; None: it works by itself."""
    works_worse_with: ClassVar[frozenset[str]] = frozenset()
    """Of the variables by which every session says that nobody is there, those that this program takes amiss."""

    @property
    def name(self) -> str:
        """As on the command line."""
        return self.profile.name

    @abstractmethod
    def check(self) -> None:
        """Raise AgentError, with the remedy, where no session of it could start here."""

    @abstractmethod
    def command(self, paths: SessionPaths, model: str | None) -> list[str]:
        """The program and its arguments."""

    def prepare(self, paths: SessionPaths, request: SessionRequest) -> None:  # noqa: B027 - most need nothing
        """Write what a session needs besides prompt and input file, most of all into its home."""

    def environment(self, paths: SessionPaths) -> dict[str, str]:
        """All variables that a session gets, besides those that every session gets (see `executors.local`)."""
        return {}

    def stdin(self, paths: SessionPaths) -> Path | None:
        """The file that is a session's standard input; None: the terminal."""
        return None

    def prompt_to_paste(self, request: SessionRequest) -> str:
        """What is pasted as the prompt into one that is typed into: never read from a file that the session can put
        another in the place of."""
        return request.prompt

    def readable(self, paths: SessionPaths) -> list[Path]:
        """What a session in a sandbox has to see besides its workspace, its home, its program and the system."""
        return []

    def writable(self, paths: SessionPaths) -> list[Path]:
        """What it has to write besides its workspace and its home."""
        return []

    def secrets(self) -> list[str]:
        """Values that must be written nowhere, besides what looks like a key."""
        return []

    def parser(self) -> OutputParser:
        """Somebody to hear one session."""
        return OutputParser()

    def parse_files(self, home: Path, parser: OutputParser) -> None:  # noqa: B027 - most print all that there is to know
        """Have the parser take what a session that ended left in its home: what it cost, and when a limit ends."""

    def priced(self, usage: Usage) -> Usage:
        """What a session cost, with the money where only tokens were told and their price is known."""
        return usage

    def tells_money(self) -> bool:
        """Whether what its sessions cost will be known, with the program that is here; may take seconds."""
        return self.profile.tells_cost

    def reclaim_credentials(self, paths: SessionPaths) -> None:  # noqa: B027 - most renew nothing
        """Keep what a session that ended may have renewed, such as its sign-in."""

    def display(self, line: str) -> str:
        """A line of its output for people; empty where it says nothing to them."""
        return line

    def status(self) -> AgentStatus:
        """Whether it is installed and signed in; may take seconds."""
        return AgentStatus()
