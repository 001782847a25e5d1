"""What an agent is to the rest of the supervisor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Literal

from supervisor.model.base import Frozen
from supervisor.model.session import Heard, Limits, SessionSpec, Usage


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


class Listener:
    """Hears what one session prints; this one makes nothing of it."""

    def __init__(self) -> None:
        self.heard = Heard()
        """What it meant so far."""

    def hear(self, line: str) -> None:
        """Take the next whole line, as plain text without its end."""

    def see(self, screen: str) -> None:
        """Take what the screen shows now, of a session that is typed into."""

    def hear_end(self, exit_status: int | None, last_lines: str) -> None:
        """Take how the session ended, where it ended by itself: negative for a signal, None for unknown."""


class Dialog(Frozen):
    """Something that a terminal program may ask, and what is answered."""

    shows: str
    """Regular expression, searched in the screen's text."""
    answer: str
    """What is typed."""


class Typing(Frozen):
    """How a terminal program is talked to that cannot work without a person before it."""

    ready: str
    """Regular expression, searched in the screen's text: it waits for input."""
    dialogs: tuple[Dialog, ...] = ()
    """Questions that it may ask at any time."""
    asks: str | None = None
    """Regular expression by which any question of it is known, also one that is not among `dialogs`."""
    busy: str | None = None
    """Regular expression that its screen shows while it works, also where it shows `ready`."""
    lead: str = ""
    """What is typed before the prompt is pasted."""
    submit: str = "\r"
    """What is typed after the prompt."""
    leave: tuple[str, ...] = ("\x04",)
    """What is typed to leave, one after the other."""


class Presence(Frozen):
    """Whether an agent is here and could work, for people."""

    program: Path | None = None
    """Where it is installed."""
    version: str | None = None
    signed_in: Literal["yes", "no", "unknown"] = "unknown"
    by: str = ""
    """By what it is signed in: a variable's name, a file."""


class Agent(ABC):
    """One program, and how it is used."""

    name: str
    """As on the command line."""
    timeout_s: float | None = None
    """Longest that a session of it ever needs, in seconds; None leaves it to the phase."""
    concurrency: int | None = None
    """Sessions of it at once, over all jobs; None leaves it to the jobs."""
    startup_timeout_s: float | None = None
    """Seconds after its start within which a session must give a sign of life; None leaves it to the project, 0 is
    no limit."""
    stall_timeout_s: float | None = None
    """The same for later."""
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
    typing: Typing | None = None
    """How its terminal is typed into; None: it works by itself."""

    @abstractmethod
    def check(self) -> None:
        """Raise AgentError, with the remedy, where no session of it could start here."""

    @abstractmethod
    def command(self, paths: SessionPaths, model: str | None) -> list[str]:
        """The program and its arguments."""

    def prepare(self, paths: SessionPaths, spec: SessionSpec) -> None:  # noqa: B027 - most need nothing
        """Write what a session needs besides prompt and input file, most of all into its home."""

    def environment(self, paths: SessionPaths) -> dict[str, str]:
        """All variables that a session gets, besides those that every session gets (see `executors.local`)."""
        return {}

    def stdin(self, paths: SessionPaths) -> Path | None:
        """The file that is a session's standard input; None: the terminal."""
        return None

    def typed(self, paths: SessionPaths) -> Path:
        """The file whose text is pasted as the prompt into one that is typed into."""
        return paths.prompt_file

    def readable(self, paths: SessionPaths) -> list[Path]:
        """What a session in a sandbox has to see besides its workspace, its home, its program and the system."""
        return []

    def writable(self, paths: SessionPaths) -> list[Path]:
        """What it has to write besides its workspace and its home."""
        return []

    def secrets(self) -> list[str]:
        """Values that must be written nowhere, besides what looks like a key."""
        return []

    def listen(self) -> Listener:
        """Somebody to hear one session."""
        return Listener()

    def hear_files(self, home: Path, listener: Listener) -> None:  # noqa: B027 - most print all that there is to know
        """Have the listener take what a session that ended left in its home: what it cost, and when a limit ends."""

    def priced(self, usage: Usage) -> Usage:
        """What a session cost, with the money where only tokens were told and their price is known."""
        return usage

    def take_back(self, paths: SessionPaths) -> None:  # noqa: B027 - most renew nothing
        """Keep what a session that ended may have renewed, such as its sign-in."""

    def shown(self, line: str) -> str:
        """A line of its output for people; empty where it says nothing to them."""
        return line

    def presence(self) -> Presence:
        """Whether it is installed and signed in; may take seconds."""
        return Presence()
