"""A job: one run of a pipeline over a target."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from pydantic import Field

from supervisor.model.frozen_model import FrozenModel
from supervisor.model.isolation import SandboxChoice

BatchStatus = Literal["pending", "running", "done", "failed"]
JobStatus = Literal[
    "queued",
    "running",
    "paused",
    "stopping",
    "stopped",
    "completed",
    "completed_with_gaps",
    "failed",
    "cancelled",
]
ShownStatus = Literal[JobStatus, "interrupted"]
"""As a job is shown: `interrupted` where a supervisor worked on it and none does now; the store does not have that."""
COMPLETED: frozenset[str] = frozenset({"completed", "completed_with_gaps"})
"""States of a job whose phases are at their end, and that made something."""
ENDED: frozenset[str] = frozenset({"completed", "completed_with_gaps", "failed", "cancelled", "stopped"})
"""States in which nothing of a job runs."""
AT_WORK: frozenset[str] = frozenset({"running", "paused", "stopping"})
"""States in which a supervisor works on a job, or did when it died."""


class JobOptions(FrozenModel):
    """How a job is to be run; nothing here decides what is to be done, so all of it may change on resume."""

    agent: str = Field(min_length=1)
    """Name of an agent, or several separated by commas: the later ones take over while the earlier cannot."""
    model: str | None = None
    concurrency: int = Field(default=8, ge=1)
    batch_size: int | None = Field(default=None, ge=1)
    max_attempts: int | None = Field(default=None, ge=1)
    timeout: float | None = Field(default=None, gt=0)
    strict: bool = False
    redo_changed: bool = False
    redo_unfinished: bool = False
    """Have those items done again, when it begins, whose answers are of sessions that did not come to their end."""
    allow_empty: bool = False
    """Whether a source may have no items, also where it had some before."""
    faults: float = Field(default=0.0, ge=0, le=1)
    seed: int = 0
    sandbox: SandboxChoice | None = None
    """How far sessions are kept apart, in place of what the project and its agents say."""
    max_cost: float | None = Field(default=None, gt=0)
    """US dollars that the job may cost in all."""
    max_sessions: int | None = Field(default=None, ge=1)
    """Sessions that it may start in all."""
    max_runtime: float | None = Field(default=None, gt=0)
    """Seconds that it may be worked on in all."""
    limits_given: tuple[str, ...] = ()
    """Names of those of the three limits that a command gave; they stay with the job until another one gives them."""
    limits_kept: tuple[str, ...] = ()
    """Names of those that the command before this one gave, or one before that."""

    def going_on_from(self, before: JobOptions) -> JobOptions:
        """With the limits that an earlier command gave to the job and that this one does not give."""
        kept = tuple(name for name in before.limits_given if name not in self.limits_given or name in self.limits_kept)
        return self.model_copy(
            update={
                **{name: getattr(before, name) for name in kept},
                "limits_given": tuple(dict.fromkeys((*kept, *self.limits_given))),
                "limits_kept": kept,
            }
        )

    @property
    def agents(self) -> tuple[str, ...]:
        """Names of the agents, the first choice first."""
        return tuple(name for word in self.agent.split(",") if (name := word.strip()))


class Job(FrozenModel):
    """A job as the store has it."""

    id: int
    pipeline: str
    collection: str
    target: str
    status: ShownStatus
    stop_request: Literal["stop", "cancel"] | None
    options: JobOptions
    created_at: float
    started_at: float | None
    ended_at: float | None
    elapsed_s: float
    """Seconds in which it was worked on, over all supervisors that did."""
    detail: str = ""
    definition: str | None = None
    """Fingerprint of the version of its pipeline that it keeps; None: it follows the project's files."""
    priority: int = 0

    @property
    def name(self) -> str:
        """`pipeline/target`."""
        return f"{self.pipeline}/{self.target}"

    @property
    def outcome(self) -> str:
        """Its status, and with gaps how much there is: `completed_with_gaps: 299 of 300 items`."""
        return f"{self.status}: {self.detail}" if self.status == "completed_with_gaps" and self.detail else self.status

    @property
    def goes_on(self) -> bool:
        """Whether a supervisor works on it, or will."""
        return self.status == "queued" or self.status in AT_WORK


class StoredBatch(NamedTuple):
    """A batch as the store has it; a hundred thousand of them may wait, so they are to be small."""

    id: int
    job: int
    phase: int
    number: int
    size: int
    status: BatchStatus


class StoredItem(FrozenModel):
    """An item of a batch as the store has it."""

    id: str
    status: str
    payload: Any
    digest: str
    value: Any = None
    unfinished: bool = False
    """Whether its value is of a session that did not come to its end by itself."""
