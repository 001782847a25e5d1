"""Bytes on a connection to the service, as no library would send them."""

from __future__ import annotations

import json
import socket
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.support.served_project import Served
from tests.support.waiting import PATIENCE_S


class Answer(NamedTuple):
    """What came back until the connection ended."""

    status: int
    headers: dict[str, str]
    body: bytes

    def problem(self) -> dict[str, Any]:
        """The problem details that it holds, which say what to do."""
        assert self.headers["content-type"] == "application/problem+json", self
        found: dict[str, Any] = json.loads(self.body)
        assert found["status"] == self.status and found["remedy"], self
        return found


def connect(served: Served) -> socket.socket:
    """A new connection."""
    address = urlsplit(served.address)
    return socket.create_connection((address.hostname, address.port), PATIENCE_S)


def head(served: Served, *lines: str, target: str = "/api/v1/workflow", method: str = "POST") -> bytes:
    """The head of a request by the operator, without the empty line at its end."""
    first = [f"{method} {target} HTTP/1.1", f"X-API-Secret: {served.operator}", "Content-Type: application/json"]
    host = [] if any(line.startswith("Host:") for line in lines) else ["Host: 127.0.0.1"]
    return "".join(f"{line}\r\n" for line in (*first, *host, *lines)).encode()


def rest(connection: socket.socket) -> Answer | None:
    """The answer, read to the end of the connection; None where it ended without one."""
    data = b""
    while piece := connection.recv(1 << 16):
        data += piece
    if not data:
        return None
    top, _, body = data.partition(b"\r\n\r\n")
    first, *lines = top.decode("ascii").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Answer(int(first.split()[1]), headers, body)


def told(served: Served, request: bytes) -> Answer | None:
    """What a request is answered that has the connection closed."""
    with connect(served) as connection:
        connection.sendall(request)
        return rest(connection)
