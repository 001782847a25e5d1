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
    quiet_s: float = 0.2
    """Seconds without a change after which a closed output counts as complete."""
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


Ending = Literal["output", "exited", "timed_out", "stalled", "over_limit", "could_not_start", "troubled"]


class SessionResult(FrozenModel):
    """All that came of a session."""

    ending: Ending
    """`output`: ended by us after its output was complete; `exited`: by itself; `timed_out`: its time was over;
    `stalled`: ended by us after a long silence; `over_limit`: ended by us since it cost too much; `could_not_start`: no
    process came to be, or it was lost;
    `troubled`: without an output for a reason that is not the task's, see `heard.trouble`."""
    output: JsonDocument | None = None
    """What the output file held, read safely; None where there is none to read."""
    refusal: OutputRejection | None = None
    """Why `output` is None."""
    exit_status: int | None = None
    """Exit status; negative is the signal that ended it; None is unknown."""
    heard: AgentReport = AgentReport()
    """What its output meant."""
    transcript_tail: str = ""
    """The last lines that it printed, as plain text."""
    duration_s: float = 0.0
    """Seconds from spawn to end."""
    output_complete_at: float | None = None
    """Clock time (epoch seconds) at which the output was seen complete."""
