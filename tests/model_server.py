"""A scripted model server on 127.0.0.1 for real agent CLIs: the protocols of four providers, many ways to behave."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import socket
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from supervisor.model.base import Frozen

Json = Any
"""Any JSON value; what CLIs send is looked at only where it matters."""

# What every model turn is said to have cost, whatever was asked.
FRESH, CACHED, STORED = 120, 800, 80
"""Input tokens: read anew, read from the provider's cache, written to it."""
SPOKEN, THOUGHT = 40, 10
"""Output tokens: of the answer, of thinking before it."""
INPUT, OUTPUT = FRESH + CACHED + STORED, SPOKEN + THOUGHT


class Turn(Frozen):
    """What a request asks of the model, said the same way for all protocols."""

    prompt: str
    """All system and user text."""
    results: int
    """Tool results so far in the conversation."""
    tools: tuple[str, ...]
    """Names of the tools offered."""
    model: str

    @property
    def main(self) -> bool:
        """Whether it belongs to the work itself: titles, probes and summaries are asked without a tool to write."""
        return any(name in WRITING for name in self.tools)


class Say(NamedTuple):
    """Text of the model."""

    text: str


class Write(NamedTuple):
    """A call of whichever tool writes a file."""

    path: str
    content: str


class Run(NamedTuple):
    """A call of whichever tool runs a shell command."""

    command: str


Part = Say | Write | Run


# Tools ----------------------------------------------------------------------------------------------------------------


def _heredoc(path: str, content: str) -> str:
    return f"cat > '{path}' <<'END_OF_OUTPUT'\n{content}\nEND_OF_OUTPUT"


def _patch(path: str, content: str) -> str:
    lines = "\n".join(f"+{line}" for line in content.split("\n"))
    return f"*** Begin Patch\n*** Add File: {path}\n{lines}\n*** End Patch\n"


WRITING: dict[str, Callable[[str, str], Json]] = {
    "Write": lambda path, content: {"file_path": path, "content": content},
    "write_file": lambda path, content: {"file_path": path, "content": content},
    "write": lambda path, content: {"filePath": path, "content": content},
    "apply_patch": _patch,
    "exec_command": lambda path, content: {"cmd": _heredoc(path, content)},
    "shell_command": lambda path, content: {"command": _heredoc(path, content)},
    "shell": lambda path, content: {"command": ["sh", "-c", _heredoc(path, content)]},
}
"""Arguments of the tools that write files, by the CLIs' names for them; a text is a freeform tool's input."""

RUNNING: dict[str, Callable[[str], Json]] = {
    "Bash": lambda command: {"command": command, "description": "Run a command"},
    "run_shell_command": lambda command: {"command": command},
    "bash": lambda command: {"command": command, "description": "Run a command"},
    "exec_command": lambda command: {"cmd": command},
    "shell_command": lambda command: {"command": command},
    "shell": lambda command: {"command": ["sh", "-c", command]},
}

SHELL_BESIDE = {"Write": "Bash", "write_file": "run_shell_command", "write": "bash", "apply_patch": "exec_command"}
"""The shell tool that a CLI has, where it offers only the writing one."""


def tool_call(part: Write | Run, turn: Turn) -> tuple[str, Json]:
    """Name and arguments of the CLI's own tool for it."""
    writer = next(name for name in WRITING if name in turn.tools)
    if isinstance(part, Write):
        return writer, WRITING[writer](part.path, part.content)
    shell = next((name for name in RUNNING if name in turn.tools), SHELL_BESIDE.get(writer, writer))
    return shell, RUNNING[shell](part.command)


# Modes ----------------------------------------------------------------------------------------------------------------

Trouble = Literal[
    "rate_limit", "rate_limit_reset", "usage_limit", "no_credit", "overloaded", "unauthorized", "wrong_model"
]


class Batch(Frozen):
    """What a prompt of this project asks for."""

    items: dict[str, Json]
    output: str
    retry: bool

    @classmethod
    def find(cls, prompt: str) -> Batch | None:
        """The last batch in the text; none where it is not such a prompt."""
        items = re.findall(r"The items, id to content:\s+(`{3,})json\n(.*?)\n\1", prompt, re.DOTALL)
        output = re.findall(r"Write the output as one JSON file to this path[^\n]*\n\s*\n {4}(\S.*)", prompt)
        if not items or not output:
            return None
        retry = re.search(r"^# RETRY\b", prompt, re.MULTILINE) is not None
        return cls(items=json.loads(items[-1][1]), output=output[-1].strip(), retry=retry)


def right(batch: Batch) -> str:
    """The square of every item that has an `n`, an echo of every other."""
    answers = {
        name: {"square": item["n"] ** 2} if isinstance(item, dict) and "n" in item else {"echo": item}
        for name, item in batch.items.items()
    }
    return json.dumps(answers, ensure_ascii=False, indent=1)


def not_json(_: Batch) -> str:
    return "Here are the answers:\n- all of them are squares"


def with_gaps(batch: Batch) -> str:
    kept = {name: item for number, (name, item) in enumerate(batch.items.items(), start=1) if number % 3}
    return right(batch.model_copy(update={"items": kept}))


def at_first(wrong: Callable[[Batch], str]) -> Callable[[Batch], str]:
    """Wrong until the prompt says what was wrong."""
    return lambda batch: right(batch) if batch.retry else wrong(batch)


class Mode(NamedTuple):
    """How the model behaves."""

    meaning: str
    content: Callable[[Batch], str] = right
    trouble: Trouble | None = None
    """With what requests are refused."""
    lasting: bool = False
    """Refused for good, not only the first `failures` times."""
    silent: bool = False
    held: bool = False
    command: str | None = None
    """What it runs in a shell before it writes."""


MODES = {
    "good": Mode("writes the right answers, says a sentence, ends"),
    "wrong_json": Mode("writes what is not JSON, until the prompt has a retry section", at_first(not_json)),
    "always_wrong_json": Mode("writes what is not JSON, always", not_json),
    "missing_items": Mode("leaves out every third item, until the prompt has a retry section", at_first(with_gaps)),
    "rate_limit": Mode("429 without a reset time at first, then good", trouble="rate_limit"),
    "rate_limit_reset": Mode("429 with the provider's reset times at first, then good", trouble="rate_limit_reset"),
    "usage_limit": Mode("the limit of the subscription is used up", trouble="usage_limit", lasting=True),
    "no_credit": Mode("the money of the account is used up", trouble="no_credit", lasting=True),
    "overloaded": Mode("529 or 503 at first, then good", trouble="overloaded"),
    "overloaded_always": Mode("529 or 503, always", trouble="overloaded", lasting=True),
    "unauthorized": Mode("the key is not known", trouble="unauthorized", lasting=True),
    "wrong_model": Mode("the model is not known", trouble="wrong_model", lasting=True),
    "never": Mode("takes requests and never answers", silent=True),
    "slow": Mode("says a word, waits for release(), goes on as good", held=True),
    "background": Mode("leaves a process in the background, then good", command="setsid sleep {nap} >/dev/null 2>&1 &"),
    "permission": Mode("runs a shell command, allowed or not, then good", command="echo from the shell > shell.txt"),
}

# Protocols ------------------------------------------------------------------------------------------------------------


class Refusal(NamedTuple):
    """An answer that is an error."""

    status: int
    body: Json
    headers: dict[str, str]


class Dialect(Protocol):
    """One provider's protocol."""

    name: ClassVar[str]
    path: ClassVar[str]
    """Where the model is asked, as a regular expression."""
    beside: ClassVar[dict[str, Json]]
    """Other places, and what is answered there."""

    def turn(self, body: Json, path: str) -> Turn:
        """What a request asks."""

    def streams(self, body: Json, path: str) -> bool:
        """Whether the answer is asked for as server-sent events."""

    def stream(self, turn: Turn, parts: AsyncIterator[Part]) -> AsyncIterator[str]:
        """The answer as server-sent events, each part sent as soon as it is there."""

    def whole(self, turn: Turn, parts: list[Part]) -> Json:
        """The answer in one piece."""

    def refusal(self, trouble: Trouble, turn: Turn, wait: int) -> Refusal:
        """The provider's error; `wait` is the seconds until its limit is reset."""


def sse(data: Json, event: str | None = None) -> str:
    """One server-sent event."""
    return (f"event: {event}\n" if event else "") + f"data: {json.dumps(data)}\n\n"


def new_id(prefix: str) -> str:
    return f"{prefix}{uuid.uuid4().hex[:24]}"


def texts(content: Json) -> Iterator[str]:
    """The texts of a content that is a text, or a list of texts and blocks with a `text`."""
    for block in [content] if isinstance(content, str) else content or []:
        if isinstance(block, str):
            yield block
        elif isinstance(block.get("text"), str):
            yield block["text"]


def joined(contents: Iterable[Json]) -> str:
    return "\n\n".join(text for content in contents for text in texts(content))


class Anthropic:
    """Messages, as Claude Code speaks it."""

    name = "anthropic"
    path = "/messages$"
    beside: ClassVar[dict[str, Json]] = {"/messages/count_tokens$": {"input_tokens": INPUT}}

    def turn(self, body: Json, path: str) -> Turn:
        asked = [message["content"] for message in body["messages"] if message["role"] != "assistant"]
        blocks = [block for content in asked if isinstance(content, list) for block in content]
        return Turn(
            prompt=joined([body.get("system"), *asked]),
            results=sum(block["type"] == "tool_result" for block in blocks),
            tools=tuple(tool["name"] for tool in body.get("tools") or ()),
            model=body["model"],
        )

    def streams(self, body: Json, path: str) -> bool:
        return bool(body.get("stream"))

    async def stream(self, turn: Turn, parts: AsyncIterator[Part]) -> AsyncIterator[str]:
        yield self._event("message_start", message=self._message(turn))
        index, block = -1, {"type": "text"}
        async for part in parts:
            index, block = index + 1, self._block(part, turn)
            delta: Json = {"type": "text_delta", "text": block.get("text")}
            empty = {**block, "text": ""}
            if block["type"] == "tool_use":
                delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
                empty = {**block, "input": {}}
            yield self._event("content_block_start", index=index, content_block=empty)
            yield self._event("content_block_delta", index=index, delta=delta)
            yield self._event("content_block_stop", index=index)
        end = {"stop_reason": "tool_use" if block["type"] == "tool_use" else "end_turn", "stop_sequence": None}
        usage = self._message(turn)["usage"] | {"output_tokens": OUTPUT}
        yield self._event("message_delta", delta=end, usage=usage)
        yield self._event("message_stop")

    def whole(self, turn: Turn, parts: list[Part]) -> Json:
        blocks = [self._block(part, turn) for part in parts]
        message = self._message(turn)
        message["usage"]["output_tokens"] = OUTPUT
        return message | {"content": blocks, "stop_reason": blocks[-1]["type"].replace("text", "end_turn")}

    def _event(self, kind: str, **more: Json) -> str:
        return sse({"type": kind, **more}, kind)

    def _message(self, turn: Turn) -> dict[str, Json]:
        return {
            "id": new_id("msg_"),
            "type": "message",
            "role": "assistant",
            "model": turn.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {
                "input_tokens": FRESH,
                "cache_creation_input_tokens": STORED,
                "cache_read_input_tokens": CACHED,
                "output_tokens": 1,
            },
        }

    def _block(self, part: Part, turn: Turn) -> dict[str, Json]:
        if isinstance(part, Say):
            return {"type": "text", "text": part.text}
        name, arguments = tool_call(part, turn)
        return {"type": "tool_use", "id": new_id("toolu_"), "name": name, "input": arguments}

    def refusal(self, trouble: Trouble, turn: Turn, wait: int) -> Refusal:
        reset = time.time() + wait
        status, kind, message = {
            "rate_limit": (429, "rate_limit_error", "This request would exceed your organization's rate limit."),
            "rate_limit_reset": (429, "rate_limit_error", "This request would exceed your organization's rate limit."),
            "usage_limit": (429, "rate_limit_error", "This request would exceed your account's rate limit."),
            "no_credit": (
                400,
                "invalid_request_error",
                "Your credit balance is too low to access the Anthropic API. "
                "Please go to Plans & Billing to upgrade or purchase credits.",
            ),
            "overloaded": (529, "overloaded_error", "Overloaded"),
            "unauthorized": (401, "authentication_error", "invalid x-api-key"),
            "wrong_model": (404, "not_found_error", f"model: {turn.model}"),
        }[trouble]
        headers: dict[str, str] = {}
        if trouble == "rate_limit_reset":
            at = datetime.fromtimestamp(reset, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            headers = {"retry-after": str(wait)}
            for what, limit in (("requests", "50"), ("input-tokens", "30000"), ("output-tokens", "8000")):
                prefix = f"anthropic-ratelimit-{what}"
                headers |= {f"{prefix}-limit": limit, f"{prefix}-remaining": "0", f"{prefix}-reset": at}
        if trouble == "usage_limit":
            headers = {
                "retry-after": str(wait),
                "anthropic-ratelimit-unified-status": "rejected",
                "anthropic-ratelimit-unified-reset": str(int(reset)),
                "anthropic-ratelimit-unified-representative-claim": "five_hour",
                "anthropic-ratelimit-unified-5h-status": "rejected",
                "anthropic-ratelimit-unified-5h-reset": str(int(reset)),
                "anthropic-ratelimit-unified-5h-utilization": "1.0",
                "anthropic-ratelimit-unified-overage-status": "rejected",
                "anthropic-ratelimit-unified-overage-disabled-reason": "org_level_disabled",
            }
        request_id = new_id("req_")
        body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}
        return Refusal(status, body, {**headers, "request-id": request_id})


# The server -----------------------------------------------------------------------------------------------------------


class Record(Frozen):
    """One request and what was done with it."""

    protocol: str
    """Empty where the path is unknown."""
    method: str
    path: str
    """With its query."""
    headers: dict[str, str]
    """Names in lower case; keys and tokens are left out."""
    body: Json
    turn: Turn | None
    """None where nothing is asked of a model."""
    decision: str
    """`answer`, `aside` (no part of the work), `beside` (counts, lists of models), `never`, `unknown`, or a trouble."""
    time: float


SECRET = ("authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie")


class ModelServer:
    """Runs in a thread while the `with` block does; `mode` may be changed meanwhile."""

    def __init__(self, mode: str = "good", *, failures: int = 1, wait: int = 30, port: int = 0) -> None:
        """`failures`: how many requests of the work are refused at first; `wait`: seconds until limits are reset."""
        self.mode, self.failures, self.wait = mode, failures, wait
        self.nap = f"1000.{uuid.uuid4().int % 10**9:09d}"
        """How long the process in the background sleeps: an argument that no other process has."""
        self.requests: list[Record] = []
        self._news = threading.Condition()
        self._socket = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._released, self._closing, self._started = asyncio.Event(), asyncio.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> ModelServer:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self.release()
        self._server.should_exit = True
        self._thread.join()

    def release(self) -> None:
        """Let the model go on, where `slow` holds it; from now on it is held no more."""
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
            raise TimeoutError(f"no such request in {timeout} s, but {[seen.path for seen in self.requests]}")
        return record

    def prompts(self) -> list[str]:
        """The prompts of the work, one a conversation; what was refused is not among them."""
        taken = [record.turn for record in self.requests if record.decision in ("answer", "never") and record.turn]
        return [turn.prompt for turn in taken if turn.results == 0]

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        self._server = uvicorn.Server(
            uvicorn.Config(
                Starlette(routes=[Route("/{path:path}", self._respond, methods=methods)]),
                lifespan="off",
                log_level="critical",
                access_log=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._started.set()
        await self._server.serve(sockets=[self._socket])

    async def _respond(self, request: Request) -> Response:
        path, raw = request.url.path, await request.body()
        body = json.loads(raw) if raw.lstrip()[:1] in (b"{", b"[") else None
        for dialect in DIALECTS:
            if request.method == "POST" and re.search(dialect.path, path):
                return await self._model(dialect, request, body)
            for pattern, fixed in dialect.beside.items():
                if re.search(pattern, path):
                    self._note(request, body, "beside", dialect)
                    return JSONResponse(fixed)
        self._note(request, body, "unknown")
        return JSONResponse({"error": {"message": f"nothing is at {path}"}}, status_code=404)

    async def _model(self, dialect: Dialect, request: Request, body: Json) -> Response:
        """What the mode says to a request that asks the model."""
        mode, turn = MODES[self.mode], dialect.turn(body, request.url.path)
        if mode.trouble is not None and (mode.lasting or self.failures > 0):
            self.failures -= turn.main and not mode.lasting
            self._note(request, body, mode.trouble, dialect, turn)
            refusal = dialect.refusal(mode.trouble, turn, self.wait)
            return JSONResponse(refusal.body, refusal.status, refusal.headers)
        if mode.silent:
            self._note(request, body, "never", dialect, turn)
            await self._closing.wait()
            return Response(status_code=503)
        self._note(request, body, "answer" if turn.main else "aside", dialect, turn)
        parts = self._parts(mode, turn)
        if dialect.streams(body, request.url.path):
            return StreamingResponse(dialect.stream(turn, parts), media_type="text/event-stream")
        return JSONResponse(dialect.whole(turn, [part async for part in parts]))

    async def _parts(self, mode: Mode, turn: Turn) -> AsyncIterator[Part]:
        """What the model says and does in one turn."""
        batch = Batch.find(turn.prompt) if turn.main else None
        if batch is None:
            yield Say("A batch of answers")
            return
        if mode.held and turn.results == 0:
            yield Say("Well")
            await self._released.wait()
            if self._closing.is_set():
                raise ConnectionAbortedError("the server closes")
        before = 1 if mode.command else 0
        if mode.command and turn.results == 0:
            yield Run(mode.command.format(nap=self.nap))
        elif turn.results == before:
            yield Write(batch.output, mode.content(batch))
        else:
            yield Say("The answers are in the file.")

    def _note(
        self, request: Request, body: Json, decision: str, dialect: Dialect | None = None, turn: Turn | None = None
    ) -> None:
        record = Record(
            protocol=dialect.name if dialect else "",
            method=request.method,
            path=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            headers={name: value for name, value in request.headers.items() if name not in SECRET},
            body=body,
            turn=turn,
            decision=decision,
            time=time.time(),
        )
        with self._news:
            self.requests.append(record)
            self._news.notify_all()


DIALECTS: tuple[Dialect, ...] = (Anthropic(),)


def main() -> None:
    """Serve until interrupted, for trying things by hand."""
    modes = "\n".join(f"  {name:20}{mode.meaning}" for name, mode in MODES.items())
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=f"modes:\n{modes}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mode", choices=MODES, default="good")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--failures", type=int, default=1, help="how many requests are refused at first")
    parser.add_argument("--wait", type=int, default=30, help="seconds until a limit is reset")
    words = parser.parse_args()
    with ModelServer(words.mode, failures=words.failures, wait=words.wait, port=words.port) as server:
        print(server.url, flush=True)
        seen = 0
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                seen += 1
                record = server.wait_for(seen, timeout=threading.TIMEOUT_MAX)
                print(record.method, record.path, record.decision, flush=True)


if __name__ == "__main__":
    main()
