"""Everything that the endpoints work with."""

from __future__ import annotations

import contextlib
import threading

from fastapi import Request

from supervisor.errors import SupervisorError, UsageError
from supervisor.lifecycle.job_standing import as_it_stands
from supervisor.model.job import Job
from supervisor.project.project import Project
from supervisor.service.auth.authentication import Authentication
from supervisor.service.auth.rate_limit import RateLimiter
from supervisor.service.auth.service_key import service_key
from supervisor.service.event_stream import EventStream
from supervisor.service.jobs.daemon_launcher import DaemonLauncher
from supervisor.service.jobs.job_submission import JobSubmission
from supervisor.service.jobs.job_view import JobView, view
from supervisor.service.jobs.workflow_catalog import WorkflowCatalog
from supervisor.service.metrics import StoreCollector, exposition
from supervisor.service.problem_details import FieldError, Problem
from supervisor.service.web.transcript_rendering import Rendering
from supervisor.service.webhooks.ssrf_policy import check_url
from supervisor.service.webhooks.webhook_outbox import WebhookOutbox
from supervisor.service.webhooks.webhook_sender import WebhookSender
from supervisor.store.async_database import AsyncDatabase
from supervisor.store.database import Database


class ServiceContext:
    """The parts of one service."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.store = AsyncDatabase(project.store)
        self.access = Authentication(self.store, project.state)
        self.rate = RateLimiter(project.settings.serve.rate)
        self.rendering = Rendering()
        self.workflows = WorkflowCatalog(project)
        self.submitter = JobSubmission(project, self.store, self.workflows)
        self.events = EventStream(self.store, project.settings.serve.heartbeat)
        self.keeper = DaemonLauncher(project, self.store)
        self._collector: StoreCollector | None = None
        self._collecting = threading.Lock()
        self.outbox = WebhookOutbox(
            self.store, WebhookSender(service_key(project.state), project.settings.serve.webhook_hosts)
        )

    def warm(self) -> None:
        """Read what the first requests need: pipelines, and whether agents can work here."""
        for workflow in self.workflows.all():
            with contextlib.suppress(SupervisorError):  # who submits a job of it is told
                self.submitter.agents_work(self.workflows.options(workflow.pipeline))

    def view(self, database: Database, job: Job) -> JobView:
        """The job as it is now."""
        return view(database, as_it_stands(self.project, database, job), self.workflows)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """What Prometheus is answered, and its content type; it takes a while."""
        with self._collecting:
            if self._collector is None:
                self._collector = StoreCollector(self.store.another())
            return exposition(self._collector, accept)

    def check_webhook(self, url: str) -> None:
        """A Problem (422) where a webhook may not go there."""
        try:
            check_url(url, self.project.settings.serve.webhook_hosts)
        except UsageError as error:
            wrong = FieldError(pointer="/webhook_url", detail=error.what)
            raise Problem(
                422, f"the webhook cannot be sent there: {error.what}", error.remedy, errors=[wrong]
            ) from None


async def service_of(request: Request) -> ServiceContext:
    """The service that answers a request; `async`, since what is not is asked in a thread."""
    found: ServiceContext = request.app.state.service
    return found
