"""Connections to public addresses only: a name is resolved once, and what was checked is what is connected to."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any

import httpcore

from supervisor.errors import UsageError
from supervisor.service.webhooks.ssrf_policy import is_allowed, literal, refusal

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a name, the preferred one first; OSError where it has none."""
CONNECT_S = 5.0
_MOST_ADDRESSES = 4
"""Addresses of one name that are tried."""


class SsrfSafeNetwork(httpcore.AsyncNetworkBackend):
    """What httpcore connects with. Nothing is connected to where a single address of a name is not public."""

    def __init__(
        self,
        allowed: Collection[str] = (),
        resolve: Resolve | None = None,
        inner: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        """`allowed`: hosts that may have any address, see `address_guard.destination`."""
        self._allowed = allowed
        self._resolve = resolve or system_resolve
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first checked address that answers; UsageError where the name is refused."""
        within = CONNECT_S if timeout is None else min(timeout, CONNECT_S)
        trouble: Exception | None = None
        for address in (await self._addresses(host, port))[:_MOST_ADDRESSES]:
            try:
                return await self._inner.connect_tcp(address, port, within, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
        raise trouble or httpcore.ConnectError("the name has no address")

    async def _addresses(self, host: str, port: int) -> list[str]:
        found = [host] if literal(host) is not None else await self._resolve(host, port)
        if is_allowed(host, port, self._allowed):
            return found
        for each in found:
            try:
                kind = refusal(ipaddress.ip_address(each))
            except ValueError:
                kind = "none"
            if kind is not None:
                raise UsageError(f"an address of {host} is {kind}", where="webhook_url")
        return found


async def system_resolve(host: str, port: int) -> list[str]:
    """What this machine takes the name for.

    In a thread of its own: a name server that does not answer holds up neither other work in the loop's threads nor
    the end of the process.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def tell(addresses: list[str], error: OSError | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(addresses)
        else:
            answer.set_exception(error)

    def ask() -> None:
        addresses: list[str] = []
        trouble: OSError | None = None
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        except OSError as error:
            trouble = error
        except UnicodeError:
            trouble = OSError(f"{host} is no name")
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell, addresses, trouble)

    threading.Thread(target=ask, name="name of a webhook", daemon=True).start()
    return await answer
