"""Everything that the endpoints work with."""

from __future__ import annotations

import contextlib
import threading

from fastapi import Request

from supervisor.content.project import Project
from supervisor.errors import SupervisorError, UsageError
from supervisor.service.access import Access
from supervisor.service.address_guard import check_url
from supervisor.service.daemon_keeper import DaemonKeeper
from supervisor.service.event_stream import EventStream
from supervisor.service.guards import RateGuard
from supervisor.service.key_file import service_key
from supervisor.service.metrics import StoreCollector, exposition
from supervisor.service.outbox import Outbox
from supervisor.service.problems import FieldError, Problem
from supervisor.service.sending import Sender
from supervisor.service.store_access import StoreAccess
from supervisor.service.submitting import Submitter
from supervisor.service.workflows import Workflows


class Service:
    """The parts of one service."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.store = StoreAccess(project.store)
        self.access = Access(self.store, project.state)
        self.rate = RateGuard(project.settings.serve.rate)
        self.workflows = Workflows(project)
        self.submitter = Submitter(project, self.store, self.workflows)
        self.events = EventStream(self.store, project.settings.serve.heartbeat)
        self.keeper = DaemonKeeper(project, self.store)
        self._collector: StoreCollector | None = None
        self._collecting = threading.Lock()
        self.outbox = Outbox(self.store, Sender(service_key(project.state), project.settings.serve.webhook_hosts))

    def warm(self) -> None:
        """Read what the first requests need: pipelines, and whether agents can work here."""
        for workflow in self.workflows.all():
            with contextlib.suppress(SupervisorError):  # who submits a job of it is told
                self.submitter.agents_work(self.workflows.options(workflow.pipeline))

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


async def service_of(request: Request) -> Service:
    """The service that answers a request; `async`, since what is not is asked in a thread."""
    found: Service = request.app.state.service
    return found
