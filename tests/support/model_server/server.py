"""A scripted model server on 127.0.0.1, which real agent CLIs ask in the protocols of four providers."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from supervisor.model.frozen_model import FrozenModel
from tests.support.model_server.anthropic_messages import Anthropic
from tests.support.model_server.gemini_api import Gemini
from tests.support.model_server.modes import MODES, Batch, Mode, connection_test
from tests.support.model_server.openai_chat import Chat
from tests.support.model_server.openai_responses import Responses
from tests.support.model_server.protocol import Dialect
from tests.support.model_server.turns import Json, Part, Run, Say, Turn, Write

DIALECTS: tuple[Dialect, ...] = (Anthropic(), Responses(), Chat(), Gemini())


def example(schema: Json) -> Json:
    """The simplest value of a JSON schema's form."""
    if "enum" in schema:
        return schema["enum"][0]
    properties = schema.get("properties") or {}
    values = {"string": "A batch of answers", "integer": 1, "number": 1, "boolean": False, "array": []}
    return values.get(schema["type"].lower(), {name: example(inner) for name, inner in properties.items()})


class Record(FrozenModel):
    """One request and what was done with it."""

    protocol: str
    """Empty where the path is unknown."""
    method: str
    path: str
    """With its query."""
    headers: dict[str, str]
    """By names in lower case, but for keys and tokens."""
    body: Json
    turn: Turn | None
    """None where nothing is asked of a model."""
    decision: str
    """`answer`, `aside` (not part of the work), `beside` (counts, lists), `never`, `unknown`, or a trouble's name."""
    time: float

    @property
    def begins(self) -> bool:
        """Whether the work of a session begins with it."""
        return self.turn is not None and self.turn.main and self.turn.results == 0


SECRETS = ("authorization", "x-api-key", "x-goog-api-key", "cookie")


class ModelServer:
    """Runs in a thread while the `with` block does; `mode`, `failures`, `wait` may be changed meanwhile."""

    def __init__(self, mode: str | Mode = "good", *, failures: int = 1, wait: int = 30, port: int = 0) -> None:
        """A mode by its name, or one of the test's own.

        `failures`: requests of the work that are refused, or broken off, at first; `wait`: seconds until limits end.
        """
        self.mode, self.failures, self.wait = mode, failures, wait
        self.nap = f"1000.{uuid.uuid4().int % 10**9:09d}"
        """Seconds that the process in the background sleeps: an argument that no other process has."""
        self.requests: list[Record] = []
        self._news = threading.Condition()
        self._socket = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._released, self._closing, self._started = asyncio.Event(), asyncio.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self.release()
        self._server.should_exit = True
        self._thread.join()

    def release(self) -> None:
        """Let the model go on where `slow` holds it; from now on it is held no more."""
        self._loop.call_soon_threadsafe(self._released.set)

    def wait_for(self, wanted: int | Callable[[Record], bool], timeout: float = 30) -> Record:
        """The request of that number (from 1), or the first that is as wanted; TimeoutError where none comes."""

        def found() -> Record | None:
            if isinstance(wanted, int):
                return self.requests[wanted - 1] if len(self.requests) >= wanted else None
            return next((record for record in self.requests if wanted(record)), None)

        with self._news:
            record = self._news.wait_for(found, timeout)
        if record is None:
            raise TimeoutError(f"not asked for in {timeout} s; there were {[seen.path for seen in self.requests]}")
        return record

    def prompts(self) -> list[str]:
        """The prompts of the work, one a conversation; those that were refused are not among them."""
        begun = [record for record in self.requests if record.begins and record.decision in ("answer", "never")]
        return [record.turn.prompt for record in begun if record.turn is not None]

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        routes = [Route("/{path:path}", self._respond, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])]
        # Its errors are those of requests cut short when it closes.
        config = uvicorn.Config(
            Starlette(routes=routes), lifespan="off", log_level="critical", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._started.set()
        await self._server.serve(sockets=[self._socket])

    async def _respond(self, request: Request) -> Response:
        path, raw = request.url.path, await request.body()
        body = json.loads(raw) if raw.startswith(b"{") else None
        for dialect in DIALECTS:
            if body is not None and re.search(dialect.path, path):
                return await self._model(dialect, request, body)
            for pattern, fixed in dialect.beside.items():
                if re.search(pattern, path):
                    self._note(request, body, "beside", dialect.name)
                    return JSONResponse(fixed)
        self._note(request, body, "unknown")
        # Codex first tries a WebSocket; this status makes it turn to plain requests at once.
        status = 426 if request.headers.get("upgrade") == "websocket" else 404
        return JSONResponse({"error": {"message": f"nothing is at {path}"}}, status)

    async def _model(self, dialect: Dialect, request: Request, body: Json) -> Response:
        """What the mode makes of a request to the model."""
        mode = self.mode if isinstance(self.mode, Mode) else MODES[self.mode]
        turn = dialect.turn(body, request.url.path)
        if mode.trouble is not None and (mode.lasting or self.failures > 0):
            if turn.main and not mode.lasting:
                self.failures -= 1
            self._note(request, body, mode.trouble, dialect.name, turn)
            refusal = dialect.refusal(mode.trouble, turn.model, self.wait)
            return JSONResponse(refusal.body, refusal.status, refusal.headers)
        if mode.silent:
            self._note(request, body, "never", dialect.name, turn)
            await self._closing.wait()
            return Response(status_code=503)
        self._note(request, body, "answer" if turn.main else "aside", dialect.name, turn)
        parts = self._parts(mode, turn)
        if body.get("stream") or ":stream" in request.url.path:
            return StreamingResponse(dialect.stream(turn, parts), media_type="text/event-stream")
        return JSONResponse(dialect.whole(turn, [part async for part in parts]))

    async def _parts(self, mode: Mode, turn: Turn) -> AsyncIterator[Part]:
        """What the model says and does in one turn."""
        batch = Batch.find(turn.prompt) if turn.main else None
        test = connection_test(turn.prompt) if turn.main and batch is None else None
        if test is not None:
            yield test if turn.results == 0 else Say("The answer is in the file.")
            return
        if batch is None:
            yield Say("A batch of answers" if turn.form is None else json.dumps(example(turn.form)))
            return
        if mode.question is not None and not batch.retry:
            yield Say(mode.question)
            return
        if mode.breaks_off and turn.results == 0 and self.failures > 0:
            self.failures -= 1
            yield Say("Well")
            raise ConnectionAbortedError("it breaks off")
        if mode.held and turn.results == 0:
            yield Say("Well")
            await self._released.wait()
            if self._closing.is_set():
                raise ConnectionAbortedError("the server closes")
        if mode.command is not None and turn.results == 0:
            yield Run(mode.command.format(nap=self.nap))
        elif turn.results == (0 if mode.command is None else 1):
            yield Write(batch.output, mode.content(batch))
        else:
            yield Say("The answers are in the file.")

    def _note(self, request: Request, body: Json, decision: str, protocol: str = "", turn: Turn | None = None) -> None:
        record = Record(
            protocol=protocol,
            method=request.method,
            path=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            headers={name: value for name, value in request.headers.items() if name not in SECRETS},
            body=body,
            turn=turn,
            decision=decision,
            time=time.time(),
        )
        with self._news:
            self.requests.append(record)
            self._news.notify_all()
