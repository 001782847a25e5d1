"""A session as a value in and a value out: no shared file system is assumed between the two."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from supervisor.model.base import Frozen

Level = Literal["workspace", "bubblewrap"]
"""How far a session is kept apart: a folder, home and environment of its own; or besides, it sees nothing else."""


class Limits(Frozen):
    """What a session may use of the machine; 0 is no limit."""

    memory: int = Field(default=0, ge=0)
    """Bytes of memory, of all its processes together where the system can count that, else of each."""
    processes: int = Field(default=0, ge=0)
    """Processes and threads at once."""
    open_files: int = Field(default=0, ge=0)
    """Files that each process may have open."""
    file_size: int = Field(default=1 << 30, ge=0)
    """Bytes that each file may grow to."""
    cpu: float = Field(default=0.0, ge=0)
    """Seconds of processor time, of each process."""


class Isolation(Frozen):
    """How far sessions are kept apart from the rest of the machine."""

    sandbox: Literal["auto", "workspace", "bubblewrap"] = "auto"
    """The level; `auto` is the strongest that works here."""
    network: Literal["on", "none"] | tuple[str, ...] = "on"
    """Whether there is a network, or which hosts of it."""
    limits: Limits = Limits()


class SessionSpec(Frozen):
    """All that an executor needs to run one agent session."""

    name: str
    """Folder-safe name, unique in the project, for example `job1-p3-b12-a2`."""
    agent: str
    """Name of the agent."""
    prompt: str
    """The whole prompt."""
    shared: int = 0
    """How many characters of it, from the first, are the same for all batches of the phase."""
    input_json: str
    """Content of the input file."""
    output_name: str
    """Name of the file that the agent has to write in its workspace."""
    attempt: int
    """Number of the session within its batch, from 1; told to the agent as `SUPERVISOR_ATTEMPT`."""
    model: str | None = None
    """Model to ask the agent for; None is the agent's own default."""
    timeout_s: float
    """Seconds until the session is ended."""
    startup_timeout_s: float | None = None
    """Seconds after the start within which it must print something or touch a file; None: it may be silent."""
    stall_timeout_s: float | None = None
    """Seconds that it may later do neither; None: it may be silent."""
    quiet_s: float = 0.2
    """Seconds without a change after which a closed output counts as complete."""
    max_output_bytes: int = 16 * 1024 * 1024
    """Largest output that is read."""
    isolation: Isolation = Isolation(sandbox="workspace")
    """How far it is kept apart from the rest of the machine."""
    max_transcript_bytes: int = 8 * 1024 * 1024
    """What is kept of what the session printed; the rest is counted only."""


class Usage(Frozen):
    """What a session cost, from the agent's own report; None is unknown, not nothing."""

    cost_usd: float | None = None
    input_tokens: int | None = None
    """Without those that came from a cache or went into one."""
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None

    def plus(self, other: Usage) -> Usage:
        """Both together; what only one of them knows is kept."""

        def add(first: Any, second: Any) -> Any:
            return second if first is None else first if second is None else first + second

        return Usage(**{name: add(getattr(self, name), getattr(other, name)) for name in Usage.model_fields})

    @property
    def tokens(self) -> int | None:
        """All tokens that are known; None where none is."""
        known = [
            count
            for count in (self.input_tokens, self.output_tokens, self.cache_read_tokens, self.cache_write_tokens)
            if count is not None
        ]
        return sum(known) if known else None


TroubleKind = Literal["rate_limit", "usage_limit", "overload", "not_signed_in", "wrong_model", "set_up_wrongly"]


class Trouble(Frozen):
    """What keeps an agent from working, as it said itself."""

    kind: TroubleKind
    """`rate_limit`: too many requests at the moment; `usage_limit`: what was paid for is used up; `overload`: the
    provider's fault, over in a moment; the others: no session of it can work until a person does something."""
    message: str
    """One line, in the agent's words."""
    until: float | None = None
    """Clock time (epoch seconds) at which it is over, as the agent told; None: it told none. Never guessed."""
    remedy: str = ""
    """What a person can do about it."""
    final: bool = False
    """Whether the session cannot get over it by itself."""

    @property
    def limits(self) -> bool:
        """Whether the agent asks for less of it: no session of it is started for a while."""
        return self.kind in ("rate_limit", "usage_limit")

    @property
    def hopeless(self) -> bool:
        """Whether it stays until a person does something."""
        return self.kind in ("not_signed_in", "wrong_model", "set_up_wrongly")


class Heard(Frozen):
    """What an agent's output meant so far."""

    usage: Usage = Usage()
    model: str | None = None
    """The model that answered, as the agent names it."""
    conversation: str | None = None
    """The agent's own id of the session."""
    trouble: Trouble | None = None
    """What keeps it from working now; None again once it got over it."""
    ended: bool = False
    """Whether it said that it is through."""


class Refusal(Frozen):
    """Why there is no output to judge, in words that the agent can act on."""

    kind: str
    message: str
    suggestion: str = ""


Ending = Literal["output", "exited", "timed_out", "stalled", "could_not_start", "troubled"]


class SessionResult(Frozen):
    """All that came of a session."""

    ending: Ending
    """`output`: ended by us after its output was complete; `exited`: by itself; `timed_out`: its time was over;
    `stalled`: ended by us after a long silence; `could_not_start`: no process came to be, or it was lost;
    `troubled`: without an output for a reason that is not the task's, see `heard.trouble`."""
    output: bytes | None = None
    """The output file's bytes, read safely; None where there is none to read."""
    refusal: Refusal | None = None
    """Why `output` is None."""
    exit_status: int | None = None
    """Exit status; negative is the signal that ended it; None is unknown."""
    heard: Heard = Heard()
    """What its output meant."""
    transcript_tail: str = ""
    """The last lines that it printed, as plain text."""
    duration_s: float = 0.0
    """Seconds from spawn to end."""
    output_complete_at: float | None = None
    """Clock time (epoch seconds) at which the output was seen complete."""


class SessionStarted(Frozen):
    """The process that a session runs in, recorded so that a later supervisor can find it."""

    pid: int
    started_ticks: int
    """Start time of the process as the system tells it, so that a reused pid is not taken for it."""
