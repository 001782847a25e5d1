"""A connection of the service: ended when its client keeps it waiting, told what is wrong where it speaks no HTTP."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from supervisor.service.problem_details import Problem

_SILENT = logging.Logger("connections", logging.CRITICAL + 1)
"""What clients do wrong is told to them; what goes wrong here, the application tells."""
_CLOSE = {"Connection": "close"}


class Connection(H11Protocol):
    """Speaks HTTP/1.1. The body of a request that is being answered is waited for by the application."""

    most_s = 30.0
    """Seconds in which the head of a request has to be there, and the rest of one that was answered before its end."""

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self.logger = _SILENT
        self._waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def send_400_response(self, msg: str) -> None:
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._refuse(
                Problem(
                    400,
                    "this is not HTTP/1.1",
                    "Send what RFC 9112 says, with less than 64 KiB of headers.",
                    headers=_CLOSE,
                )
            )
        else:
            self.transport.close()

    def _look(self) -> None:
        """A client that has begun to say something is waited for once, however often it sends a little."""
        if self.conn.their_state is h11.IDLE:
            begun = bool(self.conn.trailing_data[0])
        else:
            begun = self.conn.their_state is h11.SEND_BODY and self.conn.our_state is h11.DONE
        if not begun or self.transport.is_closing():
            self._wait_no_more()
        elif self._waiting is None:
            self._wait()

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(self.most_s, self._end)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _end(self) -> None:
        self._waiting = None
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            self._refuse(
                Problem(408, f"the headers did not come within {self.most_s:g} s", "Send it again.", headers=_CLOSE)
            )
        else:
            self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        answer = problem.response()
        status = HTTPStatus(answer.status_code)
        head = h11.Response(status_code=status, headers=answer.raw_headers, reason=status.phrase.encode())
        for event in (head, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def connection(most_s: float) -> type[Connection]:
    """What the server makes for each connection."""
    return type("Connection", (Connection,), {"most_s": most_s})
