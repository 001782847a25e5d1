"""A real HTTP server on loopback that gets webhooks, and answers them as a test says."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from standardwebhooks import Webhook

Answerer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Received(NamedTuple):
    """One request."""

    line: str
    headers: dict[str, str]
    body: bytes
    server_name: str | None = None
    """As TLS asked for it."""

    def verified(self, secret: str) -> object:
        """The message, if the library finds its signature right."""
        return Webhook(secret).verify(self.body, self.headers)


def status(line: str, *headers: str, body: str = "") -> Answerer:
    """Answer with a status such as `200 OK`."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        lines = (f"HTTP/1.1 {line}", f"Content-Length: {len(body)}", *headers, "", body)
        writer.write("\r\n".join(lines).encode())
        await writer.drain()

    return answer


OK = status("204 No Content")


class Receiver:
    """`async with Receiver(...)`: it answers the first requests with `answers` in turn, all others with the last."""

    def __init__(
        self, *answers: Answerer, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self._answers = list(answers) or [OK]
        self._tls = tls
        self._at = host, port
        self._server_name: str | None = None
        self._received: asyncio.Queue[Received] = asyncio.Queue()
        self._talks: set[asyncio.Task[None]] = set()
        self.count = 0
        self.connections = 0
        if tls is not None:
            tls.sni_callback = self._note_name

    async def __aenter__(self) -> Receiver:
        self._server = await asyncio.start_server(self._talk, *self._at, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}/hook"

    async def got(self) -> Received:
        """The next request."""
        return await asyncio.wait_for(self._received.get(), 60)

    def _note_name(self, _: object, name: str | None, __: object) -> None:
        self._server_name = name

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        self.connections += 1
        try:
            line, *headers = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            named = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in headers)}
            body = await reader.readexactly(int(named.get("content-length", "0")))
            self.count += 1
            await self._received.put(Received(line, named, body, self._server_name))
            await self._answers[min(self.count, len(self._answers)) - 1](writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._talks.discard(task)
            writer.close()
