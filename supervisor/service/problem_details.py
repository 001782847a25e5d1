"""What goes wrong with a request, as problem details (RFC 9457) that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from loguru import logger
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from supervisor.errors import CannotContinue, SupervisorError, UsageError
from supervisor.host.machine_errors import machine_error

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "Malformed request",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    408: "Request too slow",
    409: "Conflict",
    413: "Request too large",
    415: "Not JSON",
    422: "Invalid request",
    429: "Too many requests",
    500: "Fault of the service",
    503: "Cannot be done now",
}


class FieldError(BaseModel):
    """One member of a request that is wrong."""

    pointer: str = Field(description="JSON Pointer (RFC 6901) to it.", examples=["/input_data/formData/familySize"])
    detail: str = Field(examples=["25 is greater than the maximum of 20"])


class ProblemBody(BaseModel):
    """Problem details, RFC 9457."""

    type: str = Field(default="about:blank")
    title: str = Field(examples=["Invalid request"])
    status: int = Field(examples=[422])
    detail: str = Field(description="What is wrong, and where.")
    remedy: str = Field(default="", description="What to do.")
    errors: list[FieldError] = Field(default_factory=list, description="The members that are wrong.")


class Problem(HTTPException):
    """A request that is refused."""

    def __init__(
        self,
        status: int,
        detail: str,
        remedy: str = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, headers)
        self.remedy = remedy
        self.errors = errors

    def response(self) -> Response:
        """The answer."""
        body = ProblemBody(
            title=_TITLES.get(self.status_code, "Refused"),
            status=self.status_code,
            detail=self.detail,
            remedy=self.remedy,
            errors=list(self.errors),
        )
        return JSONResponse(
            body.model_dump(exclude_defaults=False),
            status_code=self.status_code,
            media_type=MEDIA_TYPE,
            headers=dict(self.headers or {}),
        )


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What an endpoint may answer besides its result, for OpenAPI; 503 is what a full disk makes of any."""
    return {
        status: {
            "description": _TITLES[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
        }
        for status in sorted({*statuses, 503})
    }


def of_error(error: SupervisorError) -> Problem:
    """An error of the supervisor as a problem."""
    status = 422 if isinstance(error, UsageError) else 503 if isinstance(error, CannotContinue) else 500
    headers = {"Retry-After": "30"} if status == 503 else None
    return Problem(status, f"{error.where}: {error.what}" if error.where else error.what, error.remedy, headers=headers)


def install(app: FastAPI) -> None:
    """Have every error of the app answered with a problem."""

    @app.exception_handler(Problem)
    async def _(request: Request, problem: Problem) -> Response:
        return problem.response()

    @app.exception_handler(SupervisorError)
    async def _(request: Request, error: SupervisorError) -> Response:
        return of_error(error).response()

    @app.exception_handler(RequestValidationError)
    async def _(request: Request, error: RequestValidationError) -> Response:
        errors = [_field_error(each) for each in error.errors()]
        if any(each["type"] == "json_invalid" for each in error.errors()):
            return Problem(400, "the body is not JSON", "Send a JSON object.", errors=errors).response()
        named = ", ".join(dict.fromkeys(each.pointer or "the whole" for each in errors))
        return Problem(422, f"it cannot be taken: {named}", "Correct what `errors` names.", errors=errors).response()

    @app.exception_handler(HTTPException)
    async def _(request: Request, error: HTTPException) -> Response:
        detail, remedy = str(error.detail), "`/openapi.json` tells what there is."
        if error.status_code == 400:
            detail, remedy = "the body is no JSON that can be read", "Send a JSON object, in UTF-8."
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(sorted(_methods(app, request.url.path))) or headers.get("Allow", "")
            detail = f"{request.method} cannot be done there; what can: {headers['Allow']}"
        return Problem(error.status_code, detail, remedy, headers=headers).response()

    @app.exception_handler(OSError)
    @app.exception_handler(sqlite3.Error)
    @app.exception_handler(Exception)
    async def _(request: Request, error: Exception) -> Response:
        fault = machine_error(error)
        if fault is not None:
            logger.error("{} {} was refused: {}", request.method, request.url.path, fault)
            headers = {"Retry-After": "30"}
            return Problem(
                503, f"this machine cannot do it now: {fault}", "Nothing is half done: send it again.", headers=headers
            ).response()
        logger.opt(exception=error).error("{} {} failed", request.method, request.url.path)
        return Problem(500, "the service failed; what it was doing is undone", "Its log says more.").response()


def _methods(app: FastAPI, path: str) -> set[str]:
    """All that can be done at an address: its endpoints are routes of one method each."""
    return {
        method.upper()
        for template, operations in app.openapi()["paths"].items()
        if compile_path(template)[0].match(path)
        for method in operations
    }


def _field_error(error: Mapping[str, Any]) -> FieldError:
    place = [str(part) for part in error["loc"]]
    if place and place[0] in ("body", "query", "path", "header"):
        place = place[1:] if place[0] == "body" else place
    pointer = "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in place)
    return FieldError(pointer=pointer, detail=str(error["msg"]))
