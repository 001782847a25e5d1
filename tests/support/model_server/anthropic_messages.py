"""Anthropic's Messages API, as Claude Code speaks it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import ClassVar

from tests.support.model_server.modes import Trouble
from tests.support.model_server.protocol import Refusal, joined, new_id, sse
from tests.support.model_server.turns import CACHED, FRESH, INPUT, OUTPUT, STORED, Json, Part, Say, Turn, tool_call


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
