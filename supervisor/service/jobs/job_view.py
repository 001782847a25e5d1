"""A job as the service tells of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from supervisor.errors import sentences
from supervisor.model.bounded_errors import within
from supervisor.model.job import COMPLETED, Job, ShownStatus
from supervisor.service.jobs.workflow_catalog import WorkflowCatalog
from supervisor.store.database import Database
from supervisor.store.queries.job_numbers import PhaseSummary, Summary
from supervisor.store.queries.job_summary import failed_items, summarise
from supervisor.store.tables import pipeline_versions, submissions
from supervisor.text.plain_text import plain_line

BEGUN = 5
"""Progress, in percent, of a job that has begun."""
MOST_OUTPUT = 1 << 20
"""Characters of an output that is told with its job; a larger one has an address of its own."""
_MOST_FAILED = 100
_MOST_ERROR_CHARS = 2000
_ITEM_ERROR_BYTES = 4096
"""Of what is told of one item that failed; `supervisor status --json` has more."""


class Step(BaseModel):
    """A phase of the workflow."""

    id: int
    name: str
    status: Literal["waiting", "running", "completed", "completed_with_gaps", "failed"]
    batches_total: int
    batches_done: int
    items_total: int
    items_merged: int
    items_failed: int
    cost_usd: float | None


class Session(BaseModel):
    """A session that runs now."""

    name: str
    step: int
    batch: int
    attempt: int
    agent: str
    age_s: float


class FailedItem(BaseModel):
    """An item that was given up."""

    step: int
    id: str
    errors: list[dict[str, Any]]


class JobView(BaseModel):
    """A job."""

    job_id: int = Field(examples=[7])
    workflow_name: str = Field(examples=["mission_report"])
    workflow_version: int | None = Field(description="The version that it began with, and keeps.", examples=[1])
    target: str = Field(description="Folder of its results.")
    owner: str | None = Field(description="Client that submitted it; null for one of the command line.")
    user_tier: str | None
    status: ShownStatus = Field(
        description="`completed_with_gaps`: at its end with some items missing; `failed`: with none at all."
        " `interrupted`: its supervisor died, and the service has another go on with it within some seconds."
    )
    progress: int = Field(ge=0, le=100, description="Percent: 0 while it is queued, 5 when it has begun.")
    current_step: Step | None
    steps: list[Step]
    output: Any = Field(description="What the last step made, once the job is completed: id to value.")
    output_url: str | None = Field(description="Where the output is, also one that is too large to be told here.")
    error_message: str | None
    detail: str = Field(description="Why it has its status: when a pause ends, how many items failed.")
    cost_usd: float | None = Field(description="As far as the agents told; null where none did.")
    projected_cost_usd: float | None
    tokens: int | None
    sessions: int
    retries: int
    unfinished_items: int = Field(description="Answers of sessions that did not come to their end by themselves.")
    mended_outputs: int = Field(description="Sessions in whose output a harmless deviation was mended.")
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    elapsed_s: float
    eta_s: float | None
    running: list[Session]
    failed_items: list[FailedItem]
    failed_items_total: int


def view(database: Database, job: Job, workflows: WorkflowCatalog) -> JobView:
    """The job as it is now."""
    summary = summarise(database, job)
    steps = [_step(phase) for phase in summary.phases]
    submitted = submissions.get(database, job.id)
    failed = failed_items(database, job) if any(step.items_failed for step in steps) else []
    done = job.status in COMPLETED
    return JobView(
        job_id=job.id,
        workflow_name=job.pipeline,
        workflow_version=pipeline_versions.version(database, job.definition),
        target=job.target,
        owner=None if submitted is None else submitted.owner,
        user_tier=None if submitted is None else submitted.tier,
        status=job.status,
        progress=progress(job.status, summary.phases, workflows.shares(database, job)),
        current_step=None if done else next((step for step in steps if step.status in ("running", "waiting")), None),
        steps=steps,
        output=_output(database, job, summary.phases) if done else None,
        output_url=f"/api/v1/jobs/{job.id}/output" if done else None,
        error_message=_error(job, failed),
        detail=job.detail,
        cost_usd=summary.usage.cost_usd,
        projected_cost_usd=summary.projected_usd,
        tokens=summary.usage.tokens,
        sessions=summary.sessions,
        retries=summary.retries,
        unfinished_items=summary.unfinished,
        mended_outputs=summary.mended,
        created_at=_time(job.created_at),
        started_at=None if job.started_at is None else _time(job.started_at),
        ended_at=None if job.ended_at is None else _time(job.ended_at),
        elapsed_s=round(summary.elapsed_s, 3),
        eta_s=_eta(job, summary),
        running=[
            Session(
                name=each.name,
                step=each.phase,
                batch=each.batch,
                attempt=each.attempt,
                agent=each.agent,
                age_s=round(each.age_s, 1),
            )
            for each in summary.running
        ],
        failed_items=[
            FailedItem(step=e["phase"], id=e["id"], errors=within(e["errors"], _ITEM_ERROR_BYTES))
            for e in failed[:_MOST_FAILED]
        ],
        failed_items_total=len(failed),
    )


def progress(status: str, phases: Sequence[PhaseSummary], shares: Mapping[int, int | None]) -> int:
    """Percent of a job: each step leads from the progress of the one before to its own, by the batches that are done.

    A step of which the pipeline does not say it gets an even share; 100 is reached when the job is completed.
    """
    if status in COMPLETED:
        return 100
    if not phases:
        return 0
    reached = float(BEGUN)
    for number, phase in enumerate(phases, 1):
        even = BEGUN + (100 - BEGUN) * number / len(phases)
        end = max(reached, float(shares.get(phase.id) or even))
        if phase.status in ("completed", "completed_with_gaps", "failed"):
            reached = end
            continue
        total = phase.batches_total
        return min(99, int(reached + (end - reached) * (phase.batches_done / total if total else 0.0)))
    return min(99, int(reached))


def _step(phase: PhaseSummary) -> Step:
    return Step(
        id=phase.id,
        name=phase.name,
        status=phase.status,  # type: ignore[arg-type]
        batches_total=phase.batches_total,
        batches_done=phase.batches_done,
        items_total=phase.items_total,
        items_merged=phase.items.get("merged", 0),
        items_failed=phase.items.get("quarantined", 0),
        cost_usd=phase.usage.cost_usd,
    )


def _output(database: Database, job: Job, phases: Sequence[PhaseSummary]) -> Any:
    """What the last phase made; None where that is too much to be told in one piece."""
    if not phases:
        return None
    last = job.id, phases[-1].id
    size = database.value(
        "SELECT sum(length(value)) FROM items WHERE job = ? AND phase = ? AND status = 'merged'", last
    )
    if (size or 0) > MOST_OUTPUT:
        return None
    rows = database.rows(
        "SELECT id, value FROM items WHERE job = ? AND phase = ? AND status = 'merged' ORDER BY position, id", last
    )
    return {row["id"]: json.loads(row["value"]) for row in rows}


def _error(job: Job, failed: Sequence[Mapping[str, Any]]) -> str | None:
    """What went wrong with it, in one line."""
    if job.status == "cancelled":
        return "it was cancelled"
    if job.status not in ("failed", "stopped", "completed_with_gaps"):
        return None
    first = next((error for item in failed for error in item["errors"]), None)
    told = "" if first is None else f": {first.get('type')}: {first.get('message')}"
    return plain_line(sentences(*f"{job.detail or job.status}{told}".splitlines()), _MOST_ERROR_CHARS)


def _eta(job: Job, summary: Summary) -> float | None:
    return None if summary.eta_s is None or not job.goes_on else round(summary.eta_s, 1)


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
