"""Who makes a request: a program by its secret, a person by the cookie that the page gave for one."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from fastapi import Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

from supervisor.service.auth.service_key import derived, service_key
from supervisor.service.problem_details import Problem
from supervisor.store.async_database import AsyncDatabase
from supervisor.store.tables import api_clients
from supervisor.store.tables.api_clients import Client

COOKIE = "supervisor_session"
COOKIE_S = 30 * 24 * 3600
"""Seconds that a person stays signed in."""
_SAFE = ("GET", "HEAD", "OPTIONS")
_HOW = "Send a secret as `X-API-Secret` or `Authorization: Bearer`; `supervisor tokens add NAME` makes one."


class Authentication:
    """Knows clients by what their requests carry."""

    def __init__(self, store: AsyncDatabase, state: Path) -> None:
        self._store = store
        self._cookies = URLSafeTimedSerializer(derived(service_key(state), "cookies"), salt="page")

    async def client(self, request: Request) -> Client:
        """Who makes this request; a Problem (401, 403) where nobody is known by it."""
        secret = _secret(request)
        if secret is not None:
            found = await self._store.read(lambda database: api_clients.find(database, secret))
            if found is None:
                raise Problem(401, "the secret is not known, or was taken back", _HOW, headers=_challenge())
            return found
        found = await self.person(request)
        if found is None:
            raise Problem(401, "no secret was sent", _HOW, headers=_challenge())
        if request.method not in _SAFE and not _of_this_page(request):
            raise Problem(403, "a signed-in browser was sent here by another site", "Use the page of this service.")
        return found

    async def person(self, request: Request) -> Client | None:
        """Who is signed in with this browser."""
        try:
            name, created_at = self._cookies.loads(request.cookies.get(COOKIE, ""), max_age=COOKIE_S)
        except (BadSignature, ValueError, TypeError):
            return None
        found = await self._store.read(lambda database: api_clients.named(database, name))
        return found if found is not None and found.created_at == created_at else None

    async def sign_in(self, secret: str, response: Response, *, secure: bool) -> bool:
        """Give a browser the cookie of a secret's owner; whether the secret is known."""
        found = await self._store.read(lambda database: api_clients.find(database, secret))
        if found is None:
            return False
        response.set_cookie(
            COOKIE,
            self._cookies.dumps([found.name, found.created_at]),
            max_age=COOKIE_S,
            httponly=True,
            samesite="strict",
            secure=secure,
        )
        return True


def _secret(request: Request) -> str | None:
    secret = request.headers.get("X-API-Secret")
    if secret is not None:
        return secret
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def _of_this_page(request: Request) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc == request.headers.get("Host")


def _challenge() -> dict[str, str]:
    return {"WWW-Authenticate": 'Bearer realm="supervisor"'}
