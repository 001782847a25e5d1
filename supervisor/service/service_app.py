"""The application: endpoints, guards, and what runs beside them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response

from supervisor import __version__
from supervisor.project.project import Project
from supervisor.service import problem_details
from supervisor.service.api import rest_api
from supervisor.service.api.request_limits import BodyLimit, HostCheck
from supervisor.service.jobs.api_schemas import Health, Readiness
from supervisor.service.problem_details import Problem, ProblemBody, documented
from supervisor.service.service_context import ServiceContext, service_of
from supervisor.service.web import web_pages

_LOCAL = ("127.0.0.1", "localhost", "[::1]")


def make_app(project: Project) -> FastAPI:
    """The service of a project, whose store is there."""
    settings = project.settings.serve
    app = FastAPI(
        title="supervisor",
        version=__version__,
        summary="Submits jobs to a supervisor, and follows them.",
        lifespan=_lifespan,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
    )
    app.state.service = ServiceContext(project)
    problem_details.install(app)
    app.include_router(rest_api.router)
    app.include_router(web_pages.router)
    app.mount("/static", web_pages.files)
    app.add_exception_handler(web_pages.NotSignedIn, web_pages.to_sign_in)
    app.add_exception_handler(Problem, web_pages.told)
    _add_health(app)
    app.add_middleware(BodyLimit, most_bytes=settings.max_body_bytes, most_s=settings.request_timeout)
    if "*" not in settings.hosts and settings.host in (*_LOCAL, "::1"):
        app.add_middleware(HostCheck, names=[*_LOCAL, *settings.hosts])
    _describe(app)
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: ServiceContext = app.state.service
    await asyncio.to_thread(service.warm)
    beside = [asyncio.create_task(each) for each in (service.keeper.run(), service.outbox.run())]
    try:
        yield
    finally:
        service.events.close()
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await asyncio.to_thread(service.store.close)


def _add_health(app: FastAPI) -> None:
    @app.get("/healthz", summary="Whether the service runs")
    async def healthz() -> Health:
        return Health()

    @app.get(
        "/metrics",
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **documented()},
        response_class=Response,
        summary="For Prometheus",
    )
    async def metrics(request: Request, here: Annotated[ServiceContext, Depends(service_of)]) -> Response:
        data, kind = await asyncio.to_thread(here.exposition, request.headers.get("accept", ""))
        return Response(data, headers={"Content-Type": kind})

    @app.get("/readyz", responses=documented(503), summary="Whether it can take jobs")
    async def readyz(here: Annotated[ServiceContext, Depends(service_of)]) -> Readiness:
        holder = here.keeper.holder()
        if holder is None and await here.keeper.work_is_left():
            here.keeper.queued()
            raise Problem(503, "jobs wait, and no daemon works on them yet", "It is being started; ask again.")
        return Readiness(daemon=None if holder is None else holder.pid)


def _describe(app: FastAPI) -> None:
    """Have OpenAPI tell how a client makes itself known, and what a problem looks like."""
    plain = app.openapi

    def described() -> dict[str, object]:
        if app.openapi_schema is None:
            schema = plain()
            components = schema.setdefault("components", {})
            components.setdefault("schemas", {}).update(_problem_schemas())
            components["securitySchemes"] = {
                "secret": {"type": "apiKey", "in": "header", "name": "X-API-Secret"},
                "bearer": {"type": "http", "scheme": "bearer"},
            }
            for path, operations in schema["paths"].items():
                for operation in operations.values():
                    if path.startswith("/api/"):
                        operation["security"] = [{"secret": []}, {"bearer": []}]
            app.openapi_schema = schema
        examples = app.state.service.workflows.examples()
        if examples:
            app.openapi_schema["components"]["schemas"]["WorkflowRequest"]["examples"] = examples
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _problem_schemas() -> dict[str, object]:
    schema = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs", {}), "ProblemBody": schema}
