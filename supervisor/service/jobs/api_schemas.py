"""What programs send to the service, and what they get for it, with examples."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from supervisor.model.job import ShownStatus
from supervisor.service.jobs.job_view import JobView

EXAMPLE_INPUT: dict[str, Any] = {
    "formData": {
        "scenarios": ["earthquake"],
        "location": {"city": "Riverside", "state": "California"},
        "familySize": 2,
        "durationDays": 7,
    }
}


class WorkflowRequest(BaseModel):
    """A job to be done."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"workflow_name": "mission_report", "input_data": EXAMPLE_INPUT}]},
    )

    workflow_name: str = Field(min_length=1, max_length=64, description="Name of a pipeline of the project.")
    input_data: dict[str, Any] = Field(
        description="What the workflow's input schema asks for; `GET /api/v1/workflows` shows it. Of a pipeline without"
        ' one: `{"target": "…"}`.'
    )
    user_tier: str | None = Field(
        default=None, max_length=64, description="One of the project's tiers; decides who comes first in the queue."
    )
    webhook_url: str | None = Field(
        default=None, max_length=2000, description="Told when the job has ended, signed as Standard Webhooks."
    )
    idempotency_key: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="The same request under the same key makes one job, however often it is sent.",
    )


class Accepted(BaseModel):
    """The job is queued, durably."""

    job_id: int = Field(examples=[7])
    status: ShownStatus = Field(examples=["queued"])
    workflow_name: str = Field(examples=["mission_report"])
    workflow_version: int | None = Field(examples=[1])
    job_url: str = Field(examples=["/api/v1/jobs/7"])
    events_url: str = Field(examples=["/api/v1/jobs/7/events"])


class JobList(BaseModel):
    """Jobs, newest first."""

    jobs: list[JobView]
    next_before: int | None = Field(description="`before` of the next page; null at the end.")


class WorkflowView(BaseModel):
    """A pipeline that jobs can be submitted for."""

    name: str
    version: int | None
    steps: list[str]
    input_schema: dict[str, Any] | None
    example: Any


class WorkflowList(BaseModel):
    """All of the project."""

    workflows: list[WorkflowView]


class BatchCell(BaseModel):
    """A batch, for the grid."""

    number: int
    status: Literal["waiting", "running", "retried", "done", "failed"]
    size: int
    sessions: int


class BatchGrid(BaseModel):
    """Batches of a step."""

    step: int
    batches: list[BatchCell]
    next_after: int | None


class Health(BaseModel):
    """The service runs."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """The service can take jobs."""

    status: Literal["ready"] = "ready"
    daemon: int | None = Field(description="Process that works on the project; null while there is nothing to do.")


class Redelivered(BaseModel):
    """How many messages are sent again."""

    deliveries: int
