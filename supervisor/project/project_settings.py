"""The settings of a project as values."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from supervisor.model.isolation import Limits, SandboxChoice
from supervisor.model.written_values import Seconds, Words, WrittenTable

_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"


class Price(WrittenTable):
    """What a model costs, in US dollars for a million tokens, for agents that tell tokens but no cost."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cache_read: float = Field(default=0.0, ge=0)
    cache_write: float = Field(default=0.0, ge=0)


class AnsweredDialog(WrittenTable):
    """A question on the screen of an interactive agent, and its answer."""

    shows: str
    """Regular expression, searched in the screen's text."""
    answer: str
    """What is typed, `\\r` for Enter."""


class AgentSettings(WrittenTable):
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
    executor: str | None = None
    """Executor that runs its sessions, in place of the program's own, `local`. One that starts no program needs neither
    `command` nor `kind`."""
    sandbox: SandboxChoice | None = None
    """How far its sessions are kept apart, in place of the project's."""
    network: Literal["on", "none"] | tuple[str, ...] | None = None
    """Whether they have a network, or which hosts of it, in place of the project's."""
    limits: Limits | None = None
    """What they may use of the machine, in place of the project's."""
    readable: tuple[str, ...] = ()
    """What it may read besides its workspace, its own program and the system."""
    writable: tuple[str, ...] = ()
    """What it may write besides its workspace and its home; it may read that, too."""
    pass_env: tuple[str, ...] = ()
    """Names of variables that it gets besides those of every session and, for a known program, its own."""
    env: dict[Annotated[str, Field(pattern=_VARIABLE)], str] = Field(default_factory=dict)
    """Variables that it gets, with their values; they go before all others, but those of the supervisor's own."""
    timeout: Seconds | None = Field(default=None, gt=0)
    """Seconds that a session of it may take, where that is less than the phase's."""
    startup_timeout: Seconds | None = Field(default=None, ge=0)
    """Seconds after its start without a sign of life, in place of the project's; 0 is no limit."""
    stall_timeout: Seconds | None = Field(default=None, ge=0)
    """Seconds without a sign of life later, in place of the project's; 0 is no limit."""
    finish_timeout: Seconds | None = Field(default=None, ge=0)
    """Seconds after which an answer of it stands, in place of the project's."""
    concurrency: int | None = Field(default=None, ge=1)
    """Sessions of it at once, over all jobs, where that is less than the jobs'."""
    max_session_cost: float | None = Field(default=None, ge=0)
    """US dollars that one session of it may cost, in place of the project's; 0 is no limit."""
    max_session_tokens: int | None = Field(default=None, ge=0)
    """Tokens that one session of it may use, in place of the project's; 0 is no limit."""
    price: Price | None = None
    """What its tokens cost, where it does not tell the cost."""

    @property
    def starts_no_program(self) -> bool:
        """Whether it is nothing but an executor's, which is not this machine's."""
        names_one = self.command or self.kind or self.program or self.args
        return self.executor not in (None, "local") and not names_one

    @model_validator(mode="after")
    def _fits(self) -> AgentSettings:
        if self.command is not None and (self.kind or self.program or self.args):
            raise ValueError("`command` is a program of its own: leave `kind`, `program` and `args` out")
        if self.mode == "interactive" and self.command is not None and self.ready is None:
            raise ValueError("an interactive command needs `ready`: what its screen shows when it waits for input")
        for name, value in self.env.items():
            if name.startswith("SUPERVISOR_"):
                raise ValueError(f"{name} in `env` is the supervisor's own")
            if "\0" in value:
                raise ValueError(f"the value of {name} in `env` holds a zero byte")
        for pattern in (self.ready, *(dialog.shows for dialog in self.dialogs)):
            try:
                re.compile(pattern or "")
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
        return self


_Host = Annotated[
    str,
    Field(pattern=r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?$"),
    Words("a host's name or address, perhaps with :port"),
]


class ServeSettings(WrittenTable):
    """`[serve]`: the job service."""

    host: str = "127.0.0.1"
    """Address to listen at."""
    port: int = Field(default=8321, ge=0, le=65535)
    """Port; 0 takes a free one."""
    hosts: tuple[str, ...] = ()
    """Names by which it may be called, besides its address and `localhost`; `*` is any."""
    max_body_bytes: int = Field(default=1 << 20, ge=1024)
    """Largest request."""
    request_timeout: Seconds = Field(default=30.0, gt=0)
    """Seconds in which a request has to be there."""
    heartbeat: Seconds = Field(default=15.0, gt=0)
    """Seconds without an event after which a listener is told that there is none."""
    rate: Annotated[
        str, Field(pattern=r"^([1-9]\d*/(second|minute|hour|day))?$"), Words('text like "20/second" or "6000/minute"')
    ] = "6000/minute"
    """Requests of one client in a time, `20/second` or `6000/minute`; empty is no limit."""
    tiers: dict[str, int] = Field(default_factory=dict)
    """Name of a user's tier to its priority in the queue: higher comes first, none is 0."""
    webhook_hosts: tuple[_Host, ...] = ()
    """Hosts that webhooks may go to whatever their address is, also without TLS: `name` for the ports 443 and 80,
    `name:port` for another."""


class ProjectSettings(WrittenTable):
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
    timeout: Seconds | None = Field(default=None, gt=0, le=7 * 86400)
    """Seconds that one session may take, in place of the phases' own."""
    strict: bool = False
    """Stop at the first batch that cannot be made to pass."""
    startup_timeout: Seconds = Field(default=60.0, ge=0, le=7 * 86400)
    """Seconds after its start within which a session must print something or touch a file; 0 is no limit.

    Where nobody wrote it, it is not for commands of a project's own, nor is `stall_timeout`."""
    stall_timeout: Seconds = Field(default=300.0, ge=0, le=7 * 86400)
    """Seconds that a session may later do neither; 0 is no limit."""
    sandbox: SandboxChoice = "auto"
    """How far sessions are kept apart; `auto` is the strongest level that works here."""
    network: Literal["on", "none"] | tuple[str, ...] = "on"
    """Whether sessions have a network, or which hosts of it."""
    limits: Limits = Limits()
    """What a session may use of the machine."""
    max_cost: float | None = Field(default=None, gt=0)
    """US dollars that a job may cost."""
    max_sessions: int | None = Field(default=None, ge=1)
    """Sessions that a job may start."""
    max_runtime: Seconds | None = Field(default=None, gt=0)
    """Seconds that a job may be worked on."""
    max_session_cost: float = Field(default=0.0, ge=0)
    """US dollars that one session may cost; 0 is no limit."""
    max_session_tokens: int = Field(default=0, ge=0)
    """Tokens that one session may use; 0 is no limit."""
    breaker: int | None = Field(default=None, ge=0)
    """Sessions in a row that failed in the same way after which a job stops; by default the larger of 5 and the
    sessions at once, 0 is never."""
    finish_timeout: Seconds = Field(default=30.0, ge=0, le=7 * 86400)
    """Seconds after which an answer that passes stands, though its session still runs: neither the output nor the
    terminal changed for so long."""
    unfinished: Literal["accept", "retry"] = "accept"
    """Whether answers are taken of sessions that were ended before they came to their end, where a validator passes
    them."""
    max_output_bytes: int = Field(default=16 * 1024 * 1024, ge=1)
    """Largest output that is read."""
    max_transcript_bytes: int = Field(default=8 * 1024 * 1024, ge=0)
    """What is kept of what a session printed."""
    min_free_bytes: int = Field(default=64 * 1024 * 1024, ge=0)
    """Room on the disk below which no session is started; 0 is no limit."""
    known_answers: tuple[str, ...] = ()
    """Places that installed packages offer, where answers are looked up before a session starts, in this order."""
    keep_sessions: Seconds = Field(default=24 * 3600.0, ge=0)
    """Seconds after which the files of sessions that passed are deleted; those of failed ones are kept."""
    json_log: bool = False
    """Write `progress.jsonl` beside `progress.log`."""
    agents: dict[str, AgentSettings] = Field(default_factory=dict)
    """Agents, by name."""
    serve: ServeSettings = ServeSettings()
    """The job service."""
