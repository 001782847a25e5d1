"""The endpoints under /api/v1: submit, look, follow, cancel, retry."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from supervisor.engine import job_control
from supervisor.errors import JobError
from supervisor.model.job import COMPLETED, ENDED, Job
from supervisor.model.public_spelling import public_batch_status
from supervisor.service.jobs.api_schemas import (
    Accepted,
    BatchCell,
    BatchGrid,
    JobList,
    Redelivered,
    WorkflowList,
    WorkflowRequest,
    WorkflowView,
)
from supervisor.service.jobs.job_view import JobView
from supervisor.service.problem_details import Problem, documented
from supervisor.service.service_context import ServiceContext, service_of
from supervisor.sinks import json_sink
from supervisor.store.database import Database
from supervisor.store.queries import merged_snapshot
from supervisor.store.tables import batches, jobs, submissions, webhook_deliveries
from supervisor.store.tables.api_clients import Client
from supervisor.store.transaction import StoreReader, Transaction

router = APIRouter(prefix="/api/v1")
_MOST_ID = 2**63 - 1
_LISTED = 20
_CELLS = 2000

Here = Annotated[ServiceContext, Depends(service_of)]
JobId = Annotated[int, Path(ge=1, le=_MOST_ID)]


async def known_client(request: Request, here: Here) -> Client:
    """Who asks, within its rate."""
    client = await here.access.client(request)
    here.rate.check(client.name)
    return client


Known = Annotated[Client, Depends(known_client)]


def own(database: StoreReader, job_id: int, client: Client) -> Job:
    """The job, where the client may see it; else it does not exist, for that client."""
    try:
        job = jobs.get(database, job_id)
    except JobError:
        job = None
    if job is not None and not client.sees_all:
        submitted = submissions.get(database, job_id)
        if submitted is None or submitted.owner != client.name:
            job = None
    if job is None:
        raise Problem(404, f"there is no job {job_id}", "`GET /api/v1/jobs` lists those that this client may see.")
    return job


@router.post(
    "/workflow",
    status_code=202,
    response_model=Accepted,
    responses=documented(400, 401, 403, 408, 409, 413, 422, 429, 503),
    summary="Submit a job",
)
async def submit(request: WorkflowRequest, response: Response, here: Here, client: Known) -> Accepted:
    """Answers 202 once the job is on the disk: whatever dies then, it is done."""
    if request.webhook_url is not None:
        here.check_webhook(request.webhook_url)
    job, version, made = await here.submitter.submit(request, client)
    here.keeper.queued()
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    if not made:
        response.headers["Idempotency-Replayed"] = "true"
    return Accepted(
        job_id=job.id,
        status=job.status,
        workflow_name=job.pipeline,
        workflow_version=version,
        job_url=f"/api/v1/jobs/{job.id}",
        events_url=f"/api/v1/jobs/{job.id}/events",
    )


@router.get("/workflows", response_model=WorkflowList, responses=documented(401, 429), summary="What can be submitted")
async def list_workflows(here: Here, client: Known) -> WorkflowList:
    """Pipelines of the project, with the schemas of their inputs."""
    found = await asyncio.to_thread(here.workflows.all)
    return WorkflowList(
        workflows=[
            WorkflowView(
                name=each.pipeline.name,
                version=each.pipeline.version,
                steps=[phase.name for phase in each.pipeline.phases],
                input_schema=each.schema,
                example=each.example,
            )
            for each in found
            if client.sees_all or each.schema is not None
        ]
    )


@router.get("/jobs", response_model=JobList, responses=documented(401, 422, 429), summary="List jobs")
async def list_jobs(
    here: Here,
    client: Known,
    before: Annotated[int | None, Query(ge=1, le=_MOST_ID, description="Only jobs with a lower number.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = _LISTED,
) -> JobList:
    """Newest first."""

    def look(database: Database) -> JobList:
        found = jobs.newest(database, limit + 1, before, None if client.sees_all else client.name)
        return JobList(
            jobs=[here.view(database, job) for job in found[:limit]],
            next_before=found[limit - 1].id if len(found) > limit else None,
        )

    return await here.store.read(look)


@router.get("/jobs/{job_id}", response_model=JobView, responses=documented(401, 404, 422, 429), summary="A job")
async def get_job(job_id: JobId, here: Here, client: Known) -> JobView:
    """How it stands, and what it made."""
    return await here.store.read(lambda database: here.view(database, own(database, job_id, client)))


@router.delete(
    "/jobs/{job_id}", response_model=JobView, responses=documented(401, 403, 404, 409, 422, 429), summary="Cancel a job"
)
async def cancel_job(job_id: JobId, here: Here, client: Known) -> JobView:
    """Ends its sessions; what is merged stays."""

    def cancel(database: Database) -> JobView:
        job = own(database, job_id, client)
        if job.status in ENDED - {"stopped", "cancelled"}:
            raise Problem(409, f"job {job_id} is {job.status} already", "There is nothing to be cancelled.")
        job_control.request_stop(database, job_id, "cancel", supervised=here.keeper.holder() is not None)
        return here.view(database, jobs.get(database, job_id))

    return await here.store.call(cancel)


@router.post(
    "/jobs/{job_id}/retry",
    status_code=202,
    response_model=JobView,
    responses=documented(401, 403, 404, 409, 422, 429),
    summary="Try a job again",
)
async def retry_job(job_id: JobId, here: Here, client: Known) -> JobView:
    """With the same input: failed items are done again, what is merged stays."""

    def again(database: Database) -> JobView:
        job = own(database, job_id, client)
        if job.goes_on:
            raise Problem(409, f"job {job_id} is {job.status}", "Wait for its end, or cancel it first.")
        if job.status == "completed":
            raise Problem(409, f"job {job_id} is completed", "Nothing of it failed; submit another job.")
        try:
            if not job_control.retry(database, job_id, item_ids=None, phase=None, supervised=True):
                job_control.resume(database, job_id, supervised=True, also_cancelled=True)
        except JobError as error:
            raise Problem(409, error.what, error.remedy) from error
        return here.view(database, jobs.get(database, job_id))

    found = await here.store.call(again)
    here.keeper.queued()
    return found


@router.get(
    "/jobs/{job_id}/events",
    responses={
        200: {
            "description": "Server-sent events: each has the number of the event as its id, and an object with `id`,"
            " `job`, `at`, `kind`, `level`, `text`, `data`.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **documented(401, 404, 422, 429),
    },
    response_class=StreamingResponse,
    summary="Follow a job",
)
async def follow_job(
    job_id: JobId,
    here: Here,
    client: Known,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", description="Goes on after this event; without it, from the first.")
    ] = None,
    after: Annotated[int, Query(ge=0, le=_MOST_ID, description="The same, where no header can be sent.")] = 0,
) -> StreamingResponse:
    """What happened and happens, in order, nothing left out and nothing twice; it does not end with the job."""
    await here.store.read(lambda database: own(database, job_id, client))
    number = int(last_event_id) if last_event_id and last_event_id.isdecimal() and len(last_event_id) < 19 else after
    return StreamingResponse(
        here.events.listen(job_id, number),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.get(
    "/jobs/{job_id}/output",
    responses={
        200: {"description": "The main file of the last step.", "content": {"application/json": {"schema": {}}}},
        **documented(401, 404, 409, 422, 429),
    },
    response_class=StreamingResponse,
    summary="What a job made",
)
async def get_output(job_id: JobId, here: Here, client: Known) -> StreamingResponse:
    """All of it, whatever its size."""

    def look(database: Database) -> merged_snapshot.ResultSnapshot:
        job = own(database, job_id, client)
        row = database.row("SELECT phase, merge FROM phases WHERE job = ? ORDER BY position DESC LIMIT 1", (job_id,))
        if row is None or job.status not in COMPLETED:
            raise Problem(409, f"job {job_id} is {job.status}", "Wait for its end.")
        return merged_snapshot.snapshot(database, job_id, row["phase"], row["merge"])

    taken = await here.store.read(look)

    def pieces() -> Iterator[bytes]:
        waiting: list[bytes] = []
        for piece in json_sink.rendered(taken):
            waiting.append(piece)
            if len(waiting) == 1000:
                yield b"".join(waiting)
                waiting.clear()
        yield b"".join(waiting)

    return StreamingResponse(pieces(), media_type="application/json")


@router.get(
    "/jobs/{job_id}/batches",
    response_model=BatchGrid,
    responses=documented(401, 404, 422, 429),
    summary="Batches of a step",
)
async def get_batches(
    job_id: JobId,
    here: Here,
    client: Known,
    step: Annotated[int, Query(ge=0, le=_MOST_ID)],
    after: Annotated[int, Query(ge=0, le=_MOST_ID, description="Only batches with a higher number.")] = 0,
) -> BatchGrid:
    """Each with how it stands, in order."""

    def look(database: Database) -> BatchGrid:
        own(database, job_id, client)
        rows = batches.cells(database, job_id, step, after, _CELLS + 1)
        return BatchGrid(
            step=step,
            batches=[
                BatchCell(
                    number=row["number"],
                    status="retried"
                    if row["status"] == "running" and row["counted"]
                    else public_batch_status(row["status"]),
                    size=row["size"],
                    sessions=row["sessions"],
                )
                for row in rows[:_CELLS]
            ],
            next_after=rows[_CELLS - 1]["number"] if len(rows) > _CELLS else None,
        )

    return await here.store.read(look)


@router.get(
    "/jobs/{job_id}/history",
    responses={200: {"content": {"application/json": {"schema": {}}}}, **documented(401, 404, 422, 429)},
    summary="Cost, tokens and items over time",
)
async def get_history(job_id: JobId, here: Here, client: Known) -> list[dict[str, Any]]:
    """A point for each of at most 300 moments at which a batch had ended."""

    def look(database: Database) -> list[dict[str, Any]]:
        own(database, job_id, client)
        return [
            {"at": row["at"], **json.loads(row["data"])}
            for row in database.rows(
                "SELECT at, data FROM (SELECT at, data, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS total"
                " FROM events WHERE job = ? AND kind = 'batch_ended')"
                " WHERE n = total OR n % (total / 300 + 1) = 0 ORDER BY at",
                (job_id,),
            )
        ]

    return await here.store.read(look)


@router.post(
    "/jobs/{job_id}/redeliver",
    response_model=Redelivered,
    responses=documented(401, 403, 404, 409, 422, 429),
    summary="Send a job's webhook again",
)
async def redeliver(job_id: JobId, here: Here, client: Known) -> Redelivered:
    """The last message, with its id."""

    def again(transaction: Transaction) -> int:
        own(transaction, job_id, client)
        return webhook_deliveries.redeliver(transaction, job_id)

    count = await here.store.write(again)
    if not count:
        raise Problem(409, f"job {job_id} has no message", "It has one once it ended, if it was given a webhook_url.")
    here.outbox.news()
    return Redelivered(deliveries=count)
