"""OpenAI's Responses API, as Codex speaks it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import ClassVar

from tests.support.model_server.modes import Trouble
from tests.support.model_server.openai_errors import openai_refusal
from tests.support.model_server.protocol import Refusal, joined, new_id, sse
from tests.support.model_server.turns import CACHED, INPUT, OUTPUT, STORED, THOUGHT, Json, Part, Say, Turn, tool_call


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
