"""The web page: jobs, a job as it goes, what its sessions printed; its scripts use the endpoints of programs."""

from __future__ import annotations

import asyncio
from pathlib import Path as FilePath
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.staticfiles import StaticFiles

from supervisor.agents.agent_registry import shown_by
from supervisor.errors import SupervisorError
from supervisor.model.public_spelling import public_outcome
from supervisor.service.api.rest_api import Here, JobId, Known, own
from supervisor.service.auth.authentication import COOKIE
from supervisor.service.problem_details import Problem
from supervisor.service.web.ansi_html import as_html
from supervisor.store.database import Database
from supervisor.store.tables import attempts, batches, events
from supervisor.store.tables.api_clients import Client
from supervisor.workspaces.transcript_reader import last_line
from supervisor.workspaces.workspace_provider import Workspace

router = APIRouter(include_in_schema=False)
_ENVIRONMENT = Environment(
    loader=PackageLoader("supervisor.service.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_TEMPLATES = Jinja2Templates(env=_ENVIRONMENT)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_CELLS = 1200
"""Cells of a step's grid; a cell stands for several batches where there are more."""
_SESSIONS = 24
_LOG_LINES = 200
_MOST_TRANSCRIPT = 2 << 20

files = StaticFiles(directory=FilePath(__file__).parent / "static")


async def signed_in(request: Request, here: Here) -> Client:
    """Who looks at the page; a person who is not signed in is sent to where that is done."""
    client = await here.access.person(request)
    if client is None:
        raise NotSignedIn(request.url.path)
    return client


class NotSignedIn(Exception):
    """Somebody has to sign in first."""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted


Person = Annotated[Client, Depends(signed_in)]


def to_sign_in(request: Request, error: Exception) -> Response:
    """The answer to who is not signed in."""
    assert isinstance(error, NotSignedIn)
    return RedirectResponse(f"/sign-in?next={error.wanted}", 303)


async def told(request: Request, error: Exception) -> Response:
    """A problem as a page for people, and as what it is for programs."""
    assert isinstance(error, Problem)
    for_people = "text/html" in request.headers.get("Accept", "") and not request.url.path.startswith("/api/")
    if not for_people:
        return error.response()
    return _page(request, "problem.html", None, status=error.status_code, problem=error)


@router.get("/", response_class=HTMLResponse)
async def jobs_page(request: Request, here: Here, client: Person) -> Response:
    return _page(request, "jobs.html", client, root=here.project.root.name)


@router.get("/sign-in", response_class=HTMLResponse)
async def sign_in_page(request: Request, next: str = "/") -> Response:
    return _page(request, "sign_in.html", None, next=_local(next), wrong=False)


@router.post("/sign-in", response_class=HTMLResponse)
async def sign_in(request: Request, here: Here) -> Response:
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
    target = _local(form.get("next", "/"))
    response: Response = RedirectResponse(target, 303)
    if await here.access.sign_in(form.get("secret", "").strip(), response, secure=request.url.scheme == "https"):
        return response
    return _page(request, "sign_in.html", None, status=401, next=target, wrong=True)


@router.post("/sign-out")
async def sign_out(client: Known) -> Response:
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(COOKIE)
    return response


@router.get("/jobs/{job_id}", response_class=HTMLResponse)
async def job_page(job_id: JobId, request: Request, here: Here, client: Person) -> Response:
    job = await here.store.read(lambda database: own(database, job_id, client))
    return _page(request, "job.html", client, job=job, sees_all=client.sees_all)


@router.get("/jobs/{job_id}/sessions/{name}", response_class=HTMLResponse)
async def transcript_page(
    job_id: JobId, name: Annotated[str, Path(max_length=200)], request: Request, here: Here, client: Person
) -> Response:
    def look(database: Database) -> Any:
        job = own(database, job_id, client)
        return job, attempts.named(database, job_id, name)

    job, row = await here.store.read(look)
    if row is None:
        raise Problem(404, f"job {job_id} has no session {name}", "Its page lists them.")
    path = Workspace(here.project.sessions, row["name"]).transcript

    def render() -> Any:
        printed = _end_of(path)
        return None if printed is None else as_html(printed, _shown_by(here, row["agent"]))

    html = await here.rendering.run(render)
    session = {**dict(row), "outcome": public_outcome(row["outcome"])}
    return _page(request, "transcript.html", client, job=job, session=session, html=html)


@router.get("/page/jobs/{job_id}")
async def page_state(job_id: JobId, here: Here, client: Known) -> Any:
    """All that a job's page shows, in one answer."""

    def look(database: Database) -> dict[str, Any]:
        job = own(database, job_id, client)
        shown = here.view(database, job)
        return {
            "job": shown.model_dump(mode="json", exclude={"output"}),
            "events_from": events.before_the_last(database, job_id, _LOG_LINES),
            "grid": [{"step": step.id, **_grid(database, job_id, step.id, step.batches_total)} for step in shown.steps],
            "sessions": [
                {
                    "name": row["name"],
                    "step": row["phase"],
                    "batch": row["batch_number"],
                    "attempt": row["number"],
                    "agent": row["agent"],
                    "outcome": public_outcome(row["outcome"]),
                    "duration_s": row["duration_s"],
                    "files": bool(row["workspace_kept"]),
                }
                for row in attempts.latest(database, job_id, _SESSIONS)
            ],
        }

    found = await here.store.read(look)
    found["last_lines"] = await asyncio.to_thread(
        lambda: {
            each["name"]: last_line(
                Workspace(here.project.sessions, each["name"]).transcript, _shown_by(here, each["agent"])
            )
            for each in found["job"]["running"][:_SESSIONS]
        }
    )
    return found


@router.get("/page/jobs/{job_id}/batch")
async def sessions_of_batch(
    job_id: JobId, here: Here, client: Known, step: Annotated[int, Query(ge=0)], number: Annotated[int, Query(ge=1)]
) -> Any:
    """The sessions of one batch."""

    def look(database: Database) -> list[dict[str, Any]]:
        own(database, job_id, client)
        return [
            {
                "name": row["name"],
                "attempt": row["number"],
                "outcome": public_outcome(row["outcome"]),
                "agent": row["agent"],
            }
            for row in attempts.of_batch(database, job_id, number, step)
        ]

    return await here.store.read(look)


def _grid(database: Database, job: int, phase: int, total: int) -> dict[str, Any]:
    each = max(1, -(-total // _CELLS))
    return {"each": each, "cells": batches.grid(database, job, phase, each)}


def _shown_by(here: Any, agent: str) -> Any:
    try:
        return shown_by(here.project, agent)
    except SupervisorError:  # it is not known here any more
        return str


def _end_of(path: FilePath) -> bytes | None:
    try:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _MOST_TRANSCRIPT))
            return file.read()
    except OSError:
        return None


def _local(path: str) -> str:
    """A path of this service; what leads elsewhere is not followed."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


def _page(request: Request, name: str, client: Client | None, *, status: int = 200, **values: Any) -> Response:
    return _TEMPLATES.TemplateResponse(
        request, name, {"client": client, **values}, status_code=status, headers=_HEADERS
    )
