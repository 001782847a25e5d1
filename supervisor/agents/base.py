"""What an agent is to the rest of the supervisor."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from supervisor.model.base import Frozen


class SessionPaths(Frozen):
    """Where a session's files are, as the agent's process sees them."""

    project: Path
    workspace: Path
    home: Path
    prompt_file: Path
    input_file: Path
    output_file: Path

    def named(self) -> dict[str, str]:
        """The same by the names that a command's words may hold in braces."""
        return {
            "project": str(self.project),
            "workspace": str(self.workspace),
            "prompt_file": str(self.prompt_file),
            "input_file": str(self.input_file),
            "output_file": str(self.output_file),
        }


class Agent(Protocol):
    """One program, and how it is used."""

    name: str
    """As on the command line."""
    timeout_s: float | None
    """Longest that a session of it ever needs, in seconds; None leaves it to the phase."""

    concurrency: int | None
    """Sessions of it at once, over all jobs; None leaves it to the jobs."""

    def check(self) -> None:
        """Raise AgentError, with the remedy, where no session of it could start here."""
        ...

    def command(self, paths: SessionPaths, model: str | None) -> list[str]:
        """The program and its arguments."""
        ...

    def environment(self, paths: SessionPaths) -> dict[str, str]:
        """All variables that the session gets, besides those that every session gets (see `executors.local`)."""
        ...

    def cannot_work(self, exit_status: int | None, transcript_tail: str) -> str | None:
        """What the agent said where it ended because it cannot work as it is set up; else None."""
        ...
