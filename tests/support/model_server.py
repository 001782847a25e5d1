"""A scripted model server on 127.0.0.1 for real agent CLIs: the protocols of four providers, many ways to behave."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
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

from supervisor.model.frozen_model import FrozenModel

Json = Any
"""What CLIs send and get; looked at only where it matters."""

FRESH, CACHED, STORED = 120, 800, 80
"""Input tokens of every request: read anew, read from the provider's cache, written to it."""
SPOKEN, THOUGHT = 40, 10
"""Output tokens of every request: said, and thought before."""
INPUT, OUTPUT = FRESH + CACHED + STORED, SPOKEN + THOUGHT


class Turn(FrozenModel):
    """What a request asks of the model, in the same words for all protocols."""

    prompt: str
    """All system and user text."""
    results: int
    """Tool results so far in the conversation."""
    tools: tuple[str, ...]
    model: str
    freeform: tuple[str, ...] = ()
    """Those of the tools that take a text in place of named arguments."""
    form: Json = None
    """The JSON schema that the answer is to have; none for text."""

    @property
    def main(self) -> bool:
        """Whether it belongs to the work: titles, probes and summaries are asked for without a tool that writes."""
        return any(name in self.tools for name in WRITING)


class Say(NamedTuple):
    text: str


class Write(NamedTuple):
    path: str
    content: str


class Run(NamedTuple):
    command: str


class Call(NamedTuple):
    tool: str
    arguments: Json


Part = Say | Write | Run | Call
"""What a model's answer is made of: text, a call of the tool that writes files, one of the tool that runs commands, one
of any tool by the CLI's own name for it."""

# Tools ------------------------------------------------------------------------------------------------------------


def here_document(path: str, content: str) -> str:
    return f"cat > '{path}' <<'END_OF_OUTPUT'\n{content}\nEND_OF_OUTPUT"


def patch(path: str, content: str) -> str:
    lines = "".join(f"+{line}\n" for line in content.split("\n"))
    return f"*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch\n"


WRITING: dict[str, Callable[[str, str], Json]] = {
    "Write": lambda path, content: {"file_path": path, "content": content},
    "write_file": lambda path, content: {"file_path": path, "content": content},
    "write": lambda path, content: {"filePath": path, "content": content},
    "apply_patch": patch,
    "exec": lambda path, content: f"text(await tools.apply_patch({json.dumps(patch(path, content))}))",
    "exec_command": lambda path, content: {"cmd": here_document(path, content)},
}
"""Arguments by the CLIs' names for the tool; a text is the input of a freeform tool. The first one offered is taken."""

RUNNING: dict[str, Callable[[str], Json]] = {
    "Bash": lambda command: {"command": command, "description": "Run a command"},
    "run_shell_command": lambda command: {"command": command},
    "bash": lambda command: {"command": command, "description": "Run a command"},
    "exec": lambda command: f"text(await tools.exec_command({json.dumps({'cmd': command})}))",
    "exec_command": lambda command: {"cmd": command},
}
SHELL_BESIDE = {"Write": "Bash", "write_file": "run_shell_command", "write": "bash"}
"""What a CLI calls its shell tool when it offers it."""


def tool_call(part: Write | Run | Call, turn: Turn) -> tuple[str, Json]:
    """Name and arguments of the CLI's own tool; the shell is called by its name though it be not offered."""
    if isinstance(part, Call):
        return part
    writer = next(name for name in WRITING if name in turn.tools)
    if isinstance(part, Write):
        return writer, WRITING[writer](part.path, part.content)
    shell = next((name for name in RUNNING if name in turn.tools), SHELL_BESIDE.get(writer, "exec_command"))
    return shell, RUNNING[shell](part.command)


# Modes ------------------------------------------------------------------------------------------------------------


class Batch(FrozenModel):
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


def connection_test(prompt: str) -> Write | None:
    """What `agents test` asks to be written; none where it is no such prompt."""
    asked = re.search(r"Write the JSON object (\{.*?\}) to this path[^\n]*\n\s*\n {4}(\S.*)", prompt)
    return None if asked is None else Write(asked[2].strip(), asked[1])


def right(batch: Batch) -> str:
    """The square of every item that has an `n`, an echo of every other."""
    squares = {name: item["n"] for name, item in batch.items.items() if isinstance(item, dict) and "n" in item}
    answers = {
        name: {"square": squares[name] ** 2} if name in squares else {"echo": item}
        for name, item in batch.items.items()
    }
    return json.dumps(answers, ensure_ascii=False, indent=1)


def not_json(_: Batch) -> str:
    return "Here are the answers:\n- all of them are squares"


def with_gaps(batch: Batch) -> str:
    kept = {name: item for number, (name, item) in enumerate(batch.items.items(), start=1) if number % 3}
    return right(batch.model_copy(update={"items": kept}))


def at_first(wrong: Callable[[Batch], str]) -> Callable[[Batch], str]:
    """Wrong until the prompt says so."""
    return lambda batch: right(batch) if batch.retry else wrong(batch)


Trouble = Literal[
    "rate_limit", "rate_limit_reset", "usage_limit", "no_credit", "overloaded", "unauthorized", "wrong_model"
]


class Mode(NamedTuple):
    """One way to behave."""

    meaning: str
    content: Callable[[Batch], str] = right
    trouble: Trouble | None = None
    lasting: bool = False
    """Requests are refused for good, not only the first ones."""
    silent: bool = False
    held: bool = False
    command: str | None = None
    """What it runs before it writes."""


MODES = {
    "good": Mode("writes the right answers, says a sentence, ends"),
    "wrong_json": Mode("writes what is not JSON, until the prompt has a retry section", at_first(not_json)),
    "always_wrong_json": Mode("writes what is not JSON", not_json),
    "missing_items": Mode("leaves out every third item, until the prompt has a retry section", at_first(with_gaps)),
    "rate_limit": Mode("429 without a reset time at first, then good", trouble="rate_limit"),
    "rate_limit_reset": Mode("429 with the provider's reset times at first, then good", trouble="rate_limit_reset"),
    "usage_limit": Mode("the limit of the subscription is used up", trouble="usage_limit", lasting=True),
    "no_credit": Mode("the money of the account is used up", trouble="no_credit", lasting=True),
    "overloaded": Mode("529 or 503 at first, then good", trouble="overloaded"),
    "overloaded_always": Mode("529 or 503", trouble="overloaded", lasting=True),
    "unauthorized": Mode("the key is not known", trouble="unauthorized", lasting=True),
    "wrong_model": Mode("the model is not known", trouble="wrong_model", lasting=True),
    "never": Mode("takes requests and never answers", silent=True),
    "slow": Mode("says a word, waits for release(), goes on as good", held=True),
    "background": Mode("leaves a process in the background, then good", command="setsid sleep {nap} >/dev/null 2>&1 &"),
    "permission": Mode("runs a shell command, allowed or not, then good", command="sh -c 'echo ran > shell.txt'"),
}

# Protocols --------------------------------------------------------------------------------------------------------


class Refusal(NamedTuple):
    status: int
    body: Json
    headers: dict[str, str]


class Dialect(Protocol):
    """One provider's protocol."""

    name: str
    path: str
    """Where the model is asked, as a regular expression."""
    beside: ClassVar[dict[str, Json]]
    """Other places that a CLI asks, and what is answered there."""

    def turn(self, body: Json, path: str) -> Turn:
        """What a request asks."""

    def stream(self, turn: Turn, parts: AsyncIterator[Part]) -> AsyncIterator[str]:
        """The answer as server-sent events, each part as soon as it is there."""

    def whole(self, turn: Turn, parts: list[Part]) -> Json:
        """The answer in one piece."""

    def refusal(self, trouble: Trouble, model: str, wait: int) -> Refusal:
        """The provider's error; its limits are reset after `wait` seconds."""


def sse(data: Json, event: str = "") -> str:
    """One server-sent event."""
    return (f"event: {event}\n" if event else "") + f"data: {json.dumps(data)}\n\n"


def new_id(prefix: str = "") -> str:
    return prefix + uuid.uuid4().hex[:24]


def joined(contents: Iterable[Json]) -> str:
    """The text in contents that are text, or lists of blocks some of which have a `text`."""

    def texts(content: Json) -> Iterator[str]:
        blocks = [{"text": content}] if isinstance(content, str) else content or []
        return (block["text"] for block in blocks if isinstance(block.get("text"), str))

    return "\n\n".join(text for content in contents for text in texts(content))


class Anthropic:
    """Messages, as Claude Code speaks it."""

    name, path = "anthropic", "/messages$"
    beside: ClassVar[dict[str, Json]] = {"/messages/count_tokens$": {"input_tokens": INPUT}}

    def turn(self, body: Json, path: str) -> Turn:
        asked = [message["content"] for message in body["messages"] if message["role"] != "assistant"]
        blocks = [block for content in asked if isinstance(content, list) for block in content]
        return Turn(
            prompt=joined([body.get("system"), *asked]),
            results=sum(block["type"] == "tool_result" for block in blocks),
            tools=tuple(tool["name"] for tool in body.get("tools") or ()),
            model=body["model"],
            form=((body.get("output_config") or {}).get("format") or {}).get("schema"),
        )

    async def stream(self, turn: Turn, parts: AsyncIterator[Part]) -> AsyncIterator[str]:
        def event(kind: str, **more: Json) -> str:
            return sse({"type": kind, **more}, kind)

        opening = self.whole(turn, []) | {"stop_reason": None}
        yield event("message_start", message=opening | {"usage": opening["usage"] | {"output_tokens": 1}})
        said: list[Part] = []
        async for part in parts:
            block, index = self._block(part, turn), len(said)
            empty: Json = {"text": ""}
            delta: Json = {"type": "text_delta", "text": block.get("text")}
            if not isinstance(part, Say):
                empty, delta = {"input": {}}, {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            yield event("content_block_start", index=index, content_block=block | empty)
            yield event("content_block_delta", index=index, delta=delta)
            yield event("content_block_stop", index=index)
            said.append(part)
        closing = self.whole(turn, said)
        end = {"stop_reason": closing["stop_reason"], "stop_sequence": None}
        yield event("message_delta", delta=end, usage=closing["usage"])
        yield event("message_stop")

    def whole(self, turn: Turn, parts: list[Part]) -> Json:
        return {
            "id": new_id("msg_"),
            "type": "message",
            "role": "assistant",
            "model": turn.model,
            "content": [self._block(part, turn) for part in parts],
            "stop_reason": "tool_use" if any(not isinstance(part, Say) for part in parts) else "end_turn",
            "stop_sequence": None,
            "usage": {
                "input_tokens": FRESH,
                "cache_read_input_tokens": CACHED,
                "cache_creation_input_tokens": STORED,
                "output_tokens": OUTPUT,
            },
        }

    def _block(self, part: Part, turn: Turn) -> dict[str, Json]:
        if isinstance(part, Say):
            return {"type": "text", "text": part.text}
        name, arguments = tool_call(part, turn)
        return {"type": "tool_use", "id": new_id("toolu_"), "name": name, "input": arguments}

    def refusal(self, trouble: Trouble, model: str, wait: int) -> Refusal:
        limit = (429, "rate_limit_error", "This request would exceed your account's rate limit.")
        no_credit = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."
        status, kind, message = {
            "no_credit": (400, "invalid_request_error", no_credit),
            "overloaded": (529, "overloaded_error", "Overloaded"),
            "unauthorized": (401, "authentication_error", "invalid x-api-key"),
            "wrong_model": (404, "not_found_error", f"model: {model}"),
        }.get(trouble, limit)
        headers, reset, prefix = {"request-id": new_id("req_")}, time.time() + wait, "anthropic-ratelimit"
        if trouble == "rate_limit_reset":
            stamp = datetime.fromtimestamp(reset, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            headers["retry-after"] = str(wait)
            for what in ("requests", "input-tokens", "output-tokens"):
                headers |= {f"{prefix}-{what}-remaining": "0", f"{prefix}-{what}-reset": stamp}
        if trouble == "usage_limit":
            claim = {"status": "rejected", "reset": str(int(reset))}
            headers |= {f"{prefix}-unified-{window}{name}": claim[name] for window in ("", "5h-") for name in claim}
            headers |= {f"{prefix}-unified-representative-claim": "five_hour", "retry-after": str(wait)}
            headers |= {f"{prefix}-unified-5h-utilization": "1.0", f"{prefix}-unified-overage-status": "rejected"}
        error = {"type": kind, "message": message}
        return Refusal(status, {"type": "error", "error": error, "request_id": headers["request-id"]}, headers)


def openai_refusal(trouble: Trouble, model: str, wait: int) -> Refusal:
    """Errors of OpenAI's API."""
    busy = "The server is currently overloaded with other requests. Sorry about that! Please try again later."
    limit = f"Rate limit reached for {model} in organization org-1 on requests per min (RPM): Limit 3, Used 3."
    quota = "You exceeded your current quota, please check your plan and billing details."
    unknown = f"The model `{model}` does not exist or you do not have access to it."
    status, kind, code, message = {
        "rate_limit": (429, "requests", "rate_limit_exceeded", limit),
        "rate_limit_reset": (429, "requests", "rate_limit_exceeded", f"{limit} Please try again in {wait}s."),
        "overloaded": (503, "server_error", "server_is_overloaded", busy),
        "unauthorized": (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided: dummy."),
        "wrong_model": (404, "invalid_request_error", "model_not_found", unknown),
    }.get(trouble, (429, "insufficient_quota", "insufficient_quota", quota))
    headers = {"x-request-id": new_id("req_")}
    if trouble == "rate_limit_reset":
        headers |= {"retry-after": str(wait), "x-ratelimit-remaining-requests": "0"}
        headers |= {"x-ratelimit-limit-requests": "3", "x-ratelimit-reset-requests": f"{wait}s"}
    return Refusal(status, {"error": {"message": message, "type": kind, "param": None, "code": code}}, headers)


class Responses:
    """OpenAI Responses, as Codex speaks it."""

    name, path = "responses", "/responses$"
    beside: ClassVar[dict[str, Json]] = {"/models$": {"object": "list", "data": [], "models": []}}

    def turn(self, body: Json, path: str) -> Turn:
        items = [{"role": "user", "content": body["input"]}] if isinstance(body["input"], str) else body["input"]
        # Some models are offered their tools in an item, and grouped.
        tools = [*(body.get("tools") or ()), *(tool for item in items for tool in item.get("tools") or ())]
        tools += [inner for tool in tools for inner in tool.get("tools") or ()]
        asked = [item.get("content") for item in items if item.get("role") in ("user", "developer", "system")]
        return Turn(
            prompt=joined([body.get("instructions"), *asked]),
            results=sum(item.get("type") in ("function_call_output", "custom_tool_call_output") for item in items),
            tools=tuple(tool.get("name", tool["type"]) for tool in tools),
            model=body["model"],
            freeform=tuple(tool["name"] for tool in tools if tool["type"] == "custom"),
            form=((body.get("text") or {}).get("format") or {}).get("schema"),
        )

    async def stream(self, turn: Turn, parts: AsyncIterator[Part]) -> AsyncIterator[str]:
        def event(kind: str, **more: Json) -> str:
            return sse({"type": kind, **more}, kind)

        response, output = self.whole(turn, []), list[Json]()
        yield event("response.created", response=response | {"status": "in_progress", "usage": None})
        async for part in parts:
            item, index = self._item(part, turn), len(output)
            yield event("response.output_item.added", output_index=index, item=item | {"status": "in_progress"})
            if isinstance(part, Say):
                place = {"item_id": item["id"], "output_index": index, "content_index": 0}
                yield event("response.output_text.delta", delta=part.text, **place)
                yield event("response.output_text.done", text=part.text, **place)
            yield event("response.output_item.done", output_index=index, item=item)
            output.append(item)
        yield event("response.completed", response=response | {"output": output})

    def whole(self, turn: Turn, parts: list[Part]) -> Json:
        return {
            "id": new_id("resp_"),
            "object": "response",
            "created_at": int(time.time()),
            "model": turn.model,
            "status": "completed",
            "output": [self._item(part, turn) for part in parts],
            "usage": {
                "input_tokens": INPUT,
                "input_tokens_details": {"cached_tokens": CACHED, "cache_write_tokens": STORED},
                "output_tokens": OUTPUT,
                "output_tokens_details": {"reasoning_tokens": THOUGHT},
                "total_tokens": INPUT + OUTPUT,
            },
        }

    def _item(self, part: Part, turn: Turn) -> dict[str, Json]:
        if isinstance(part, Say):
            content = [{"type": "output_text", "text": part.text, "annotations": []}]
            return {"type": "message", "id": new_id("msg_"), "role": "assistant", "content": content}
        name, given = tool_call(part, turn)
        call = {"id": new_id("fc_"), "call_id": new_id("call_"), "name": name, "status": "completed"}
        if isinstance(given, str) and name in turn.freeform:
            return call | {"type": "custom_tool_call", "input": given}
        arguments = {"patchText": given} if isinstance(given, str) else given
        return call | {"type": "function_call", "arguments": json.dumps(arguments)}

    def refusal(self, trouble: Trouble, model: str, wait: int) -> Refusal:
        if trouble != "usage_limit":
            return openai_refusal(trouble, model, wait)
        reset = int(time.time()) + wait
        error = {"type": "usage_limit_reached", "message": "The usage limit has been reached", "plan_type": "plus"}
        headers = {"x-codex-primary-used-percent": "100", "x-codex-primary-reset-at": str(reset)}
        headers["x-codex-primary-window-minutes"] = "300"
        return Refusal(429, {"error": error | {"resets_at": reset, "resets_in_seconds": wait}}, headers)


class Chat:
    """OpenAI Chat Completions, as opencode speaks it."""

    name, path = "chat", "/chat/completions$"
    beside: ClassVar[dict[str, Json]] = {}

    def turn(self, body: Json, path: str) -> Turn:
        messages = body["messages"]
        return Turn(
            prompt=joined(message["content"] for message in messages if message["role"] not in ("assistant", "tool")),
            results=sum(message["role"] == "tool" for message in messages),
            tools=tuple(tool["function"]["name"] for tool in body.get("tools") or ()),
            model=body["model"],
            form=((body.get("response_format") or {}).get("json_schema") or {}).get("schema"),
        )

    async def stream(self, turn: Turn, parts: AsyncIterator[Part]) -> AsyncIterator[str]:
        whole, said = self.whole(turn, []), list[Part]()
        chunk = whole | {"object": "chat.completion.chunk", "usage": None}
        async for part in parts:
            delta = self._message([part], turn)
            for call in delta.get("tool_calls", ()):
                call["index"] = sum(not isinstance(earlier, Say) for earlier in said)
            yield sse(chunk | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
            said.append(part)
        reason = self.whole(turn, said)["choices"][0]["finish_reason"]
        yield sse(chunk | {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        yield sse(chunk | {"choices": [], "usage": whole["usage"]})
        yield "data: [DONE]\n\n"

    def whole(self, turn: Turn, parts: list[Part]) -> Json:
        message = self._message(parts, turn)
        reason = "tool_calls" if "tool_calls" in message else "stop"
        return {
            "id": new_id("chatcmpl-"),
            "object": "chat.completion",
            "created": int(time.time()),
            "model": turn.model,
            "choices": [{"index": 0, "message": message, "finish_reason": reason}],
            "usage": {
                "prompt_tokens": INPUT,
                "prompt_tokens_details": {"cached_tokens": CACHED, "cache_write_tokens": STORED},
                "completion_tokens": OUTPUT,
                "completion_tokens_details": {"reasoning_tokens": THOUGHT},
                "total_tokens": INPUT + OUTPUT,
            },
        }

    def _message(self, parts: list[Part], turn: Turn) -> dict[str, Json]:
        text = "".join(part.text for part in parts if isinstance(part, Say))
        calls = []
        for name, given in (tool_call(part, turn) for part in parts if not isinstance(part, Say)):
            arguments = json.dumps({"patchText": given} if isinstance(given, str) else given)
            calls.append(
                {"id": new_id("call_"), "type": "function", "function": {"name": name, "arguments": arguments}}
            )
        message: dict[str, Json] = {"role": "assistant", "content": text or None}
        return message | ({"tool_calls": calls} if calls else {})

    def refusal(self, trouble: Trouble, model: str, wait: int) -> Refusal:
        return openai_refusal(trouble, model, wait)


class Gemini:
    """Gemini API, as Gemini CLI speaks it."""

    name, path = "gemini", ":(g|streamG)enerateContent$"
    beside: ClassVar[dict[str, Json]] = {":countTokens$": {"totalTokens": INPUT}}

    def turn(self, body: Json, path: str) -> Turn:
        asked = [content["parts"] for content in body["contents"] if content.get("role") != "model"]
        declared = [tool.get("functionDeclarations") or [] for tool in body.get("tools") or ()]
        return Turn(
            prompt=joined([(body.get("systemInstruction") or {}).get("parts"), *asked]),
            results=sum("functionResponse" in part for parts in asked for part in parts),
            tools=tuple(function["name"] for functions in declared for function in functions),
            model=path.rpartition("/")[2].partition(":")[0],
            form=(body.get("generationConfig") or {}).get("responseJsonSchema"),
        )

    async def stream(self, turn: Turn, parts: AsyncIterator[Part]) -> AsyncIterator[str]:
        async for part in parts:
            chunk = self.whole(turn, [part])
            del chunk["candidates"][0]["finishReason"], chunk["usageMetadata"]
            yield sse(chunk)
        yield sse(self.whole(turn, [Say("")]))

    def whole(self, turn: Turn, parts: list[Part]) -> Json:
        content = {"role": "model", "parts": [self._part(part, turn) for part in parts]}
        return {
            "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {
                "promptTokenCount": INPUT,
                "cachedContentTokenCount": CACHED,
                "candidatesTokenCount": SPOKEN,
                "thoughtsTokenCount": THOUGHT,
                "totalTokenCount": INPUT + OUTPUT,
            },
            "modelVersion": turn.model,
            "responseId": new_id(),
        }

    def _part(self, part: Part, turn: Turn) -> dict[str, Json]:
        if isinstance(part, Say):
            return {"text": part.text}
        name, arguments = tool_call(part, turn)
        return {"functionCall": {"name": name, "args": arguments}}

    def refusal(self, trouble: Trouble, model: str, wait: int) -> Refusal:
        quota = "You exceeded your current quota, please check your plan and billing details."
        spent = "Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing."
        unknown = f"models/{model} is not found for API version v1beta, or is not supported for generateContent."
        status, code, message = {
            "rate_limit": (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
            "rate_limit_reset": (429, "RESOURCE_EXHAUSTED", f"{quota}\nPlease retry in {wait}.0s."),
            "usage_limit": (429, "RESOURCE_EXHAUSTED", quota),
            "no_credit": (429, "RESOURCE_EXHAUSTED", spent),
            "overloaded": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
            "unauthorized": (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
            "wrong_model": (404, "NOT_FOUND", unknown),
        }[trouble]

        def detail(kind: str, **more: Json) -> Json:
            return {"@type": f"type.googleapis.com/google.rpc.{kind}", **more}

        details = []
        if trouble in ("rate_limit_reset", "usage_limit"):
            span = "Day" if trouble == "usage_limit" else "Minute"
            metric = "generativelanguage.googleapis.com/generate_content_free_tier_requests"
            violation = {"quotaMetric": metric, "quotaId": f"GenerateRequestsPer{span}PerProjectPerModel-FreeTier"}
            details.append(detail("QuotaFailure", violations=[violation]))
        if trouble == "rate_limit_reset":
            details.append(detail("RetryInfo", retryDelay=f"{wait}s"))
        if trouble == "unauthorized":
            details.append(detail("ErrorInfo", reason="API_KEY_INVALID", domain="googleapis.com"))
        error = {"code": status, "message": message, "status": code}
        return Refusal(status, {"error": error | ({"details": details} if details else {})}, {})


DIALECTS: tuple[Dialect, ...] = (Anthropic(), Responses(), Chat(), Gemini())


def example(schema: Json) -> Json:
    """The simplest value of a JSON schema's form."""
    if "enum" in schema:
        return schema["enum"][0]
    properties = schema.get("properties") or {}
    values = {"string": "A batch of answers", "integer": 1, "number": 1, "boolean": False, "array": []}
    return values.get(schema["type"].lower(), {name: example(inner) for name, inner in properties.items()})


# The server -------------------------------------------------------------------------------------------------------


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


SECRETS = ("authorization", "x-api-key", "x-goog-api-key", "cookie")


class ModelServer:
    """Runs in a thread while the `with` block does; `mode`, `failures`, `wait` may be changed meanwhile."""

    def __init__(self, mode: str | Mode = "good", *, failures: int = 1, wait: int = 30, port: int = 0) -> None:
        """A mode by its name, or one of the test's own.

        `failures`: requests of the work that are refused at first; `wait`: seconds until limits are reset.
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
        turns = [record.turn for record in self.requests if record.decision in ("answer", "never")]
        return [turn.prompt for turn in turns if turn is not None and turn.main and turn.results == 0]

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


def main() -> None:
    """Serve until interrupted, for trying things by hand."""
    modes = "\n".join(f"  {name:18}{mode.meaning}" for name, mode in MODES.items())
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, epilog=f"modes:\n{modes}", formatter_class=form)
    parser.add_argument("--mode", choices=MODES, default="good", metavar="MODE")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--failures", type=int, default=1, help="requests of the work that are refused at first")
    parser.add_argument("--wait", type=int, default=30, help="seconds until limits are reset")
    parser.add_argument("--record", type=argparse.FileType("w"), help="where to write all requests, one a line")
    options = parser.parse_args()
    with ModelServer(options.mode, failures=options.failures, wait=options.wait, port=options.port) as server:
        print(server.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            for number in itertools.count(1):
                record = server.wait_for(number, timeout=threading.TIMEOUT_MAX)
                if options.record:
                    print(record.model_dump_json(), file=options.record, flush=True)
                print(record.method, record.path, record.decision, flush=True)


if __name__ == "__main__":
    main()
