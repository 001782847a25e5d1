"""Taking a job: checked, then queued durably, once for each idempotency key."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from typing import NamedTuple

from supervisor.engine import preflight
from supervisor.errors import AgentError
from supervisor.model.job import Job, JobOptions
from supervisor.project.pipeline_loader import read_target
from supervisor.project.project import Project
from supervisor.service.jobs.api_schemas import WorkflowRequest
from supervisor.service.jobs.workflow_catalog import Workflow, WorkflowCatalog
from supervisor.service.problem_details import FieldError, Problem, of_error
from supervisor.store.async_database import AsyncDatabase
from supervisor.store.tables import events, jobs, pipeline_versions, submissions
from supervisor.store.tables.api_clients import Client
from supervisor.store.tables.submissions import Submission
from supervisor.store.transaction import StoreReader, Transaction
from supervisor.text.strict_json import in_order

AGENTS_LOOKED_AT_S = 10.0
"""How long it is remembered that an agent can work here, or cannot."""


class SubmittedJob(NamedTuple):
    """A job that is queued."""

    job: Job
    version: int | None
    """Of the pipeline, as the job keeps it."""
    made: bool
    """Whether this request made it; one before, under the same key, did otherwise."""


class JobSubmission:
    """Makes jobs of requests."""

    def __init__(self, project: Project, store: AsyncDatabase, workflows: WorkflowCatalog) -> None:
        self._project = project
        self._store = store
        self._workflows = workflows
        self._agents: dict[str, tuple[float, AgentError | None]] = {}

    async def submit(self, request: WorkflowRequest, client: Client) -> SubmittedJob:
        """The queued job, on the disk; else a Problem."""
        workflow, options, target = await asyncio.to_thread(self._checked, request, client)
        told = in_order(request.model_dump(exclude={"idempotency_key"}))
        mark = hashlib.sha256(told.encode()).hexdigest()
        return await self._store.write(
            lambda transaction: self._queue(transaction, request, client, workflow, options, target, mark)
        )

    def _checked(self, request: WorkflowRequest, client: Client) -> tuple[Workflow, JobOptions, str]:
        workflow = self._workflows.get(request.workflow_name)
        pipeline = workflow.pipeline
        self._check_tier(request.user_tier)
        if workflow.schema is None:
            target = self._named_target(workflow, request, client)
        else:
            self._check_input(workflow, request)
            target = f"r{secrets.token_hex(10)}"
        options = self._workflows.options(pipeline)
        if (error := self.agents_work(options)) is not None:
            raise of_error(error)
        return workflow, options, target

    def _check_input(self, workflow: Workflow, request: WorkflowRequest) -> None:
        wrong = workflow.refusals(request.input_data)
        if wrong:
            errors = [FieldError(pointer=f"/input_data{each.pointer}", detail=each.message) for each in wrong]
            named = ", ".join(dict.fromkeys(each.pointer for each in errors))
            raise Problem(
                422,
                f"the input is not what {workflow.pipeline.name} takes: {named}",
                "Correct what `errors` names; `GET /api/v1/workflows` shows the schema.",
                errors=errors,
            )

    def _named_target(self, workflow: Workflow, request: WorkflowRequest, client: Client) -> str:
        """The target of a pipeline that takes no input: its results are shared with the command line."""
        if not client.sees_all:
            raise Problem(
                403,
                f"{workflow.pipeline.name} takes no input of a client's own",
                "Ask an operator to start it, or submit a workflow that has an input schema.",
            )
        target = request.input_data.get("target")
        if not isinstance(target, str) or set(request.input_data) != {"target"}:
            error = FieldError(pointer="/input_data/target", detail="the name of a target, and nothing else, is needed")
            raise Problem(422, "the input names no target", 'Send {"target": "…"}.', errors=[error])
        return read_target(workflow.pipeline, target).name

    def _check_tier(self, tier: str | None) -> None:
        tiers = self._project.settings.serve.tiers
        if tier is not None and tier not in tiers:
            known = ", ".join(tiers) or "none"
            error = FieldError(pointer="/user_tier", detail=f"there is no tier {tier!r}; there are: {known}")
            raise Problem(422, error.detail, "Name one of these, or leave it out.", errors=[error])

    def agents_work(self, options: JobOptions) -> AgentError | None:
        """Why no agent can run a job; None where one can. It is found out anew now and then."""
        at, error = self._agents.get(options.agent, (float("-inf"), None))
        if time.monotonic() - at > AGENTS_LOOKED_AT_S:
            try:
                preflight.check_agents(self._project, options)
                error = None
            except AgentError as found:
                error = found
            self._agents[options.agent] = (time.monotonic(), error)
        return error

    def _queue(
        self,
        transaction: Transaction,
        request: WorkflowRequest,
        client: Client,
        workflow: Workflow,
        options: JobOptions,
        target: str,
        mark: str,
    ) -> SubmittedJob:
        if request.idempotency_key is not None:
            before = submissions.with_key(transaction, client.name, request.idempotency_key)
            if before is not None:
                if before.request_hash != mark:
                    raise Problem(
                        409,
                        f"the idempotency key was used for another request, which made job {before.job}",
                        "Use a key of its own for each job.",
                    )
                return _taken(transaction, before.job, made=False)
        pipeline = workflow.pipeline
        live = jobs.live(transaction, pipeline.name, target)
        if live is not None:
            raise Problem(
                409,
                f"job {live.id} of that target is {live.status}",
                f"See /api/v1/jobs/{live.id}; `POST /api/v1/jobs/{live.id}/retry` goes on with one that ended early.",
            )
        priority = self._project.settings.serve.tiers.get(request.user_tier or "", 0)
        job = jobs.add(transaction, pipeline, target, options, workflow.definition, priority)
        submissions.add(
            transaction,
            Submission(
                job=job,
                owner=client.name,
                input=request.input_data,
                tier=request.user_tier,
                webhook_url=request.webhook_url,
                idempotency_key=request.idempotency_key,
                request_hash=mark,
            ),
        )
        events.record(transaction, job, "job_queued", f"job {job} {pipeline.name}/{target} is queued")
        return _taken(transaction, job, made=True)


def _taken(database: StoreReader, job_id: int, *, made: bool) -> SubmittedJob:
    job = jobs.get(database, job_id)
    return SubmittedJob(job, pipeline_versions.version(database, job.definition), made)
