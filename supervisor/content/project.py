"""A project directory: where it begins, what its settings say, and where its files are."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic import ValidationError as ModelError

from supervisor.content.validation_text import explain
from supervisor.errors import ProjectError
from supervisor.model.base import Frozen
from supervisor.model.session import Limits

SETTINGS_FILE = "supervisor.toml"
PYPROJECT = "pyproject.toml"


class Price(Frozen):
    """What a model costs, in US dollars for a million tokens, for agents that tell tokens but no cost."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cache_read: float = Field(default=0.0, ge=0)
    cache_write: float = Field(default=0.0, ge=0)


class AnsweredDialog(Frozen):
    """A question on the screen of an interactive agent, and its answer."""

    shows: str
    """Regular expression, searched in the screen's text."""
    answer: str
    """What is typed, `\\r` for Enter."""


class AgentSettings(Frozen):
    """`[agents.NAME]`: any command as an agent, or how a known program is used."""

    command: tuple[str, ...] | None = Field(default=None, min_length=1)
    """Program and arguments; `{prompt_file}`, `{input_file}`, `{output_file}`, `{workspace}`, `{project}`, `{model}`
    may stand in them."""
    kind: str | None = None
    """Known program that this agent is, where its name does not say so: claude, codex, gemini, opencode."""
    program: str | None = None
    """Where the known program is, if not on PATH."""
    args: tuple[str, ...] = ()
    """Arguments for the known program besides the supervisor's own."""
    mode: Literal["headless", "interactive"] = "headless"
    """Whether it works by itself, or has its terminal typed into."""
    ready: str | None = None
    """Of an interactive command: regular expression that its screen shows when it waits for input."""
    leave: tuple[str, ...] = ("\x04",)
    """Of an interactive command: what is typed to leave, one after the other."""
    dialogs: tuple[AnsweredDialog, ...] = ()
    """Of an interactive agent: questions that it may ask, besides those that are known."""
    model: str | None = None
    """Model that it is asked for, where the command line names none."""
    sandbox: Literal["auto", "workspace", "bubblewrap"] | None = None
    """How far its sessions are kept apart, in place of the project's."""
    network: Literal["on", "none"] | tuple[str, ...] | None = None
    """Whether they have a network, or which hosts of it, in place of the project's."""
    limits: Limits | None = None
    """What they may use of the machine, in place of the project's."""
    readable: tuple[str, ...] = ()
    """What it may read besides its workspace, its own program and the system."""
    pass_env: tuple[str, ...] = ()
    """Names of variables that it gets besides PATH, HOME (its own), LANG, TERM and, for a known program, its own."""
    timeout: float | None = Field(default=None, gt=0)
    """Seconds that a session of it may take, where that is less than the phase's."""
    startup_timeout: float | None = Field(default=None, ge=0)
    """Seconds after its start without a sign of life, in place of the project's; 0 is no limit."""
    stall_timeout: float | None = Field(default=None, ge=0)
    """Seconds without a sign of life later, in place of the project's; 0 is no limit."""
    concurrency: int | None = Field(default=None, ge=1)
    """Sessions of it at once, over all jobs, where that is less than the jobs'."""
    price: Price | None = None
    """What its tokens cost, where it does not tell the cost."""

    @model_validator(mode="after")
    def _fits(self) -> AgentSettings:
        if self.command is not None and (self.kind or self.program or self.args):
            raise ValueError("`command` is a program of its own: leave `kind`, `program` and `args` out")
        if self.mode == "interactive" and self.command is not None and self.ready is None:
            raise ValueError("an interactive command needs `ready`: what its screen shows when it waits for input")
        for pattern in (self.ready, *(dialog.shows for dialog in self.dialogs)):
            try:
                re.compile(pattern or "")
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
        return self


_HOST = r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?$"


class ServeSettings(Frozen):
    """`[serve]`: the job service."""

    host: str = "127.0.0.1"
    """Address to listen at."""
    port: int = Field(default=8321, ge=0, le=65535)
    """Port; 0 takes a free one."""
    hosts: tuple[str, ...] = ()
    """Names by which it may be called, besides its address and `localhost`; `*` is any."""
    max_body_bytes: int = Field(default=1 << 20, ge=1024)
    """Largest request."""
    request_timeout: float = Field(default=30.0, gt=0)
    """Seconds in which a request has to be there."""
    heartbeat: float = Field(default=15.0, gt=0)
    """Seconds without an event after which a listener is told that there is none."""
    rate: str = Field(default="6000/minute", pattern=r"^([1-9]\d*/(second|minute|hour|day))?$")
    """Requests of one client in a time, `20/second` or `6000/minute`; empty is no limit."""
    tiers: dict[str, int] = Field(default_factory=dict)
    """Name of a user's tier to its priority in the queue: higher comes first, none is 0."""
    webhook_hosts: tuple[Annotated[str, Field(pattern=_HOST)], ...] = ()
    """Hosts that webhooks may go to whatever their address is, also without TLS: `name` for the ports 443 and 80,
    `name:port` for another."""


class ProjectSettings(Frozen):
    """What `supervisor.toml`, or `[tool.supervisor]` in `pyproject.toml`, may say."""

    agent: str | None = None
    """Agent where none is named on the command line."""
    model: str | None = None
    """Model that agents are asked for."""
    concurrency: int = Field(default=8, ge=1, le=10_000)
    """Sessions at once."""
    batch_size: int | None = Field(default=None, ge=1, le=100_000)
    """Items in a batch, in place of the phases' own."""
    max_attempts: int | None = Field(default=None, ge=1, le=100)
    """Attempts for a batch, in place of the phases' own."""
    timeout: float | None = Field(default=None, gt=0, le=7 * 86400)
    """Seconds that one session may take, in place of the phases' own."""
    strict: bool = False
    """Stop at the first batch that cannot be made to pass."""
    startup_timeout: float = Field(default=60.0, ge=0, le=7 * 86400)
    """Seconds after its start within which a session must print something or touch a file; 0 is no limit."""
    stall_timeout: float = Field(default=300.0, ge=0, le=7 * 86400)
    """Seconds that a session may later do neither; 0 is no limit."""
    sandbox: Literal["auto", "workspace", "bubblewrap"] = "auto"
    """How far sessions are kept apart; `auto` is the strongest level that works here."""
    network: Literal["on", "none"] | tuple[str, ...] = "on"
    """Whether sessions have a network, or which hosts of it."""
    limits: Limits = Limits()
    """What a session may use of the machine."""
    max_cost: float | None = Field(default=None, gt=0)
    """US dollars that a job may cost."""
    max_sessions: int | None = Field(default=None, ge=1)
    """Sessions that a job may start."""
    max_runtime: float | None = Field(default=None, gt=0)
    """Seconds that a job may be worked on."""
    quiet_period: float = Field(default=0.2, ge=0, le=60)
    """Seconds without a change after which a closed output counts as complete."""
    max_output_bytes: int = Field(default=16 * 1024 * 1024, ge=1)
    """Largest output that is read."""
    max_transcript_bytes: int = Field(default=8 * 1024 * 1024, ge=0)
    """What is kept of what a session printed."""
    min_free_bytes: int = Field(default=64 * 1024 * 1024, ge=0)
    """Room on the disk below which no session is started; 0 is no limit."""
    keep_sessions: float = Field(default=24 * 3600.0, ge=0)
    """Seconds after which the files of sessions that passed are deleted; those of failed ones are kept."""
    json_log: bool = False
    """Write `progress.jsonl` beside `progress.log`."""
    agents: dict[str, AgentSettings] = Field(default_factory=dict)
    """Agents, by name."""
    serve: ServeSettings = ServeSettings()
    """The job service."""


class Project:
    """A project directory and its settings."""

    def __init__(self, root: Path, settings: ProjectSettings, settings_file: Path, content: Path | None = None) -> None:
        """`content`: where pipelines, validators and prompts are, if not in the project itself."""
        self.root = root
        self.content = content or root
        self.settings = settings
        self.settings_file = settings_file
        self.state = root / "vfs" / ".supervisor"
        self.sessions = self.state / "sessions"
        self.store = self.state / "store.sqlite"

    @property
    def key(self) -> str:
        """Short name of this directory, for marking its processes."""
        return hashlib.sha256(str(self.root).encode()).hexdigest()[:16]

    def pipeline_folder(self, pipeline: str) -> Path:
        """Pipeline file, phase documents, `by` and `context` functions."""
        return self.content / "phase_intelligence" / pipeline

    def validator_folder(self, pipeline: str) -> Path:
        """Validators of a pipeline."""
        return self.content / "validators" / pipeline

    def prompt_folder(self, pipeline: str) -> Path:
        """Prompt templates of a pipeline."""
        return self.content / "prompts" / pipeline

    def with_content(self, content: Path) -> Project:
        """The same project with the pipelines, validators and prompts of another folder."""
        return Project(self.root, self.settings, self.settings_file, content)

    def results(self, collection: str, target: str) -> Path:
        """Main files and progress log of a target."""
        return self.root / "vfs" / collection / target

    def relative(self, path: Path) -> str:
        """The path as a person in the project directory would write it."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


def find_project(start: Path) -> Project:
    """The project of the nearest parent of `start` that has settings; ProjectError where none has."""
    start = start.resolve()
    if not start.is_dir():
        raise ProjectError("no such directory", where=str(start), remedy="Name an existing project with --project DIR.")
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            path = folder / SETTINGS_FILE
            return Project(folder, _settings(_read_toml(path), path), path)
        if (folder / PYPROJECT).is_file():
            path = folder / PYPROJECT
            table = _read_toml(path).get("tool", {})
            if isinstance(table, dict) and "supervisor" in table:
                return Project(folder, _settings(table["supervisor"], path), path)
    raise ProjectError(
        "no project here: neither it nor a folder above has supervisor.toml, or [tool.supervisor] in pyproject.toml",
        where=str(start),
        remedy="Make one with `supervisor init DIR`, or name one with --project DIR.",
    )


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"not TOML: {error}", where=str(path), remedy="Correct the file.") from error
    except OSError as error:
        raise ProjectError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _settings(table: Any, path: Path) -> ProjectSettings:
    try:
        return ProjectSettings.model_validate(table)
    except ModelError as error:
        section = "" if path.name == SETTINGS_FILE else " [tool.supervisor]"
        raise ProjectError(
            explain(error, ProjectSettings), where=f"{path}{section}", remedy="Correct the file."
        ) from error
