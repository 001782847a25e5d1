"""One try to deliver a webhook: signed by Standard Webhooks, bounded in time and size, and what came of it in words."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import responses
from typing import NamedTuple

import certifi
import httpcore

from supervisor import __version__
from supervisor.errors import UsageError
from supervisor.service.webhooks.ssrf_network import SsrfSafeNetwork
from supervisor.service.webhooks.ssrf_policy import destination
from supervisor.service.webhooks.webhook_signing import signed, webhook_secret
from supervisor.store.tables.webhook_deliveries import Delivery

PATIENCE_S = 15.0
"""Seconds for all of a try, from the name to the end of what is read of the answer."""
RETRY_AFTER_MOST_S = 3600.0
_READ_MOST = 8192
"""Bytes of an answer that are taken, so that its sender can end in peace; nothing of them is kept."""


class Answer(NamedTuple):
    """What came of a try."""

    said: str
    delivered: bool = False
    unwanted: bool = False
    """Whether the receiver wants it never again."""
    wait_s: float = 0.0
    """How long the receiver asked to be left alone, within bounds."""


class WebhookSender:
    """Sends messages, each over a connection of its own."""

    def __init__(
        self,
        key: bytes,
        allowed: Collection[str] = (),
        *,
        network: httpcore.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
        now: Callable[[], float] = time.time,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """`key`: the service's; `allowed`: hosts that may have any address, see `address_guard.destination`."""
        self._key = key
        self._allowed = allowed
        self._network = network or SsrfSafeNetwork(allowed)
        self._tls = tls or _known_authorities()
        self._now = now
        self._patience_s = patience_s

    async def send(self, message: Delivery) -> Answer:
        """Try once; whatever goes wrong on the way is an answer too."""
        answer = None
        try:
            async with asyncio.timeout(self._patience_s), self._post(message) as response:
                answer = self._understood(response)
                await _drain(response)
        except UsageError as error:
            return Answer(f"not sent: {error.what}")
        except (OSError, httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            return answer or Answer(self._trouble(error))
        return answer

    @asynccontextmanager
    async def _post(self, message: Delivery) -> AsyncIterator[httpcore.Response]:
        there = destination(message.url, self._allowed)
        body = message.payload.encode()
        headers = {
            "Host": there.place,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "User-Agent": f"phase-supervisor/{__version__}",
            "Connection": "close",
            **signed(webhook_secret(self._key, message.owner), message.id, self._now(), message.payload),
        }
        url = httpcore.URL(
            scheme=there.scheme.encode(), host=there.host.encode(), port=there.port, target=there.target.encode()
        )
        async with (
            httpcore.AsyncConnectionPool(ssl_context=self._tls, network_backend=self._network) as pool,
            pool.stream("POST", url, headers=list(headers.items()), content=body) as response,
        ):
            yield response

    def _understood(self, response: httpcore.Response) -> Answer:
        status = response.status
        said = f"answered {status} {responses.get(status, '')}".strip()
        if 200 <= status < 300:
            return Answer(said, delivered=True)
        if 300 <= status < 400:
            return Answer(f"{said}; redirects are not followed")
        if status == HTTPStatus.GONE:
            return Answer(said, unwanted=True)
        if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
            return Answer(said, wait_s=self._asked_wait(response))
        return Answer(said)

    def _asked_wait(self, response: httpcore.Response) -> float:
        """Seconds that the header Retry-After asks for; 0 where there is none that can be understood."""
        text = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"").decode(
            "latin-1"
        )
        if re.fullmatch(r"[0-9]{1,9}", text.strip()):
            wait = float(text)
        else:
            try:
                wait = parsedate_to_datetime(text).timestamp() - self._now()
            except (ValueError, OverflowError):
                return 0.0
        return min(max(wait, 0.0), RETRY_AFTER_MOST_S)

    def _trouble(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"no answer within {self._patience_s:g} s"
        for cause in _causes(error):
            if isinstance(cause, ssl.SSLCertVerificationError):
                return f"its certificate is not accepted: {cause.verify_message}"
            if isinstance(cause, ssl.SSLError):
                return "no TLS connection could be made"
            if isinstance(cause, httpcore.ProtocolError):
                return "what it answered is not HTTP"
            if isinstance(cause, socket.gaierror):
                return "its name has no address, or cannot be asked for now"
            if isinstance(cause, OSError) and cause.errno:
                return f"no connection: {os.strerror(cause.errno)}"  # its own words may tell an inner address
        connected = not isinstance(error, httpcore.ConnectError | httpcore.ConnectTimeout | OSError)
        return "the connection was lost" if connected else "no connection"


def _known_authorities() -> ssl.SSLContext:
    """Those of the system, and Mozilla's, since some systems bring none for Python."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


async def _drain(response: httpcore.Response) -> None:
    taken = 0
    async for piece in response.aiter_stream():
        taken += len(piece)
        if taken >= _READ_MOST:
            return


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and those that led to it, the latest first."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        if isinstance(seen, BaseExceptionGroup):
            yield from _causes(seen.exceptions[0])
        seen = seen.__cause__ or seen.__context__
