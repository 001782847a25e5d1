"""What keeps requests from costing too much: a largest size, a longest time, and a rate for each client."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from supervisor.service.problem_details import Problem

_PORT = re.compile(r":\d*$")
_CLOSE = {"Connection": "close"}
"""The rest of the body is not taken."""
_LAST_S = 2.0
"""How long what a refused client still sends is thrown away: cut off at once, it would not see the answer."""


class BodyLimit:
    """Refuses bodies that are too large (413) or come too slowly (408), whatever their headers say."""

    def __init__(self, app: ASGIApp, most_bytes: int, most_s: float) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._most_s = most_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")

        async def give(message: Message) -> None:
            last = message["type"] == "http.response.body" and not message.get("more_body", False)
            if not last or whole or not refused:
                await send(message)
                return
            await send({**message, "more_body": True})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST_S):
                    while (await receive()).get("more_body", False):
                        pass
            await send({"type": "http.response.body"})

        whole = refused = False
        if announced.isdigit() and int(announced) > self._most_bytes:
            refused = True
            await self._too_large().response()(scope, receive, give)
            return
        deadline = asyncio.get_running_loop().time() + self._most_s
        taken = 0

        async def take() -> Message:
            nonlocal taken, whole, refused
            if whole:  # what comes then is that the client is gone, whenever that may be
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise Problem(
                    408, f"the body did not come within {self._most_s:g} s", "Send it again.", headers=_CLOSE
                ) from None
            taken += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if taken > self._most_bytes:
                refused = True
                raise self._too_large()
            return message

        await self._app(scope, take, give)

    def _too_large(self) -> Problem:
        return Problem(
            413, f"the body has more than {self._most_bytes:,} bytes", "Send less in one request.", headers=_CLOSE
        )


class HostCheck:
    """Refuses requests to names that are not the service's: a page may have its own lead here (DNS rebinding)."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
            if _PORT.sub("", host).lower() not in self._names:
                remedy = "Call it by its address, or add the name to `hosts` under [serve] in the project's settings."
                await Problem(400, "this service is not called that", remedy).response()(scope, receive, send)
                return
        await self._app(scope, receive, send)
