"""A session as a value in and a value out: no shared file system is assumed between the two."""

from __future__ import annotations

from typing import Literal

from supervisor.model.agent_report import AgentReport
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.isolation import Isolation
from supervisor.model.json_document import JsonDocument
from supervisor.model.session_limit import SessionLimit


class SessionRequest(FrozenModel):
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
    limit: SessionLimit = SessionLimit()
    """What it may cost; over it, it is ended where it told so while it ran."""
    finish_timeout_s: float = 30.0
    """Seconds after which an answer that passes stands, though its session still runs: neither the output nor the
    terminal changed for so long."""
    max_output_bytes: int = 16 * 1024 * 1024
    """Largest output that is read."""
    isolation: Isolation = Isolation(sandbox="workspace")
    """How far it is kept apart from the rest of the machine."""
    max_transcript_bytes: int = 8 * 1024 * 1024
    """What is kept of what the session printed; the rest is counted only."""


class OutputRejection(FrozenModel):
    """Why there is no output to judge, in words that the agent can act on."""

    kind: str
    message: str
    suggestion: str = ""


_SHELL_S_SIGNALS = range(129, 129 + 64)
"""Exit statuses by which a shell says that a signal ended a process: 128 and its number."""

Ending = Literal["exited", "finished", "timed_out", "stalled", "over_limit", "troubled", "could_not_start", "cut_off"]


class SessionResult(FrozenModel):
    """All that came of a session."""

    ending: Ending
    """`exited`: by itself; `finished`: by us, after its turn was over or its answer stood; `timed_out`: its time
    was over; `stalled`: ended by us after a long silence; `over_limit`: ended by us since it cost too much; `troubled`:
    for a reason that is not the task's, see `heard.trouble`; `could_not_start`: no process came to be; `cut_off`: its
    supervisor, or what held it, ended."""
    output: JsonDocument | None = None
    """What the output file held at its end, read safely; None where there is none to read."""
    refusal: OutputRejection | None = None
    """Why `output` is None; of a session that did not come to its end by itself, what ended it."""
    exit_status: int | None = None
    """Exit status; negative is the signal that ended it; None is unknown."""
    heard: AgentReport = AgentReport()
    """What its output meant."""
    transcript_tail: str = ""
    """The last lines that it printed, as plain text."""
    duration_s: float = 0.0
    """Seconds from spawn to end."""
    output_changed_at: float | None = None
    """Clock time (epoch seconds) at which the output was changed last."""
    remarks: tuple[str, ...] = ()
    """What a person should know of how it came to this output, a line each."""

    @property
    def is_final(self) -> bool:
        """Whether what the session left is its answer: it came to its end, and nothing kept it from working.

        Else what it left is as far as it had come, also where a signal ended it, whoever sent that. One that is set up
        wrongly does not come to an answer: what has one all the same has it from work that was done.
        """
        status = self.exit_status or 0
        killed = self.ending == "exited" and (status < 0 or status in _SHELL_S_SIGNALS)
        kept_from_work = self.heard.trouble is not None and self.heard.trouble.kind != "set_up_wrongly"
        return self.ending in ("exited", "finished") and not killed and not kept_from_work

    def can_be_judged(self, *, takes_unfinished: bool) -> bool:
        """Whether there is an output that may be the answer; `takes_unfinished`: also where it need not be whole."""
        return self.output is not None and (self.is_final or takes_unfinished)
