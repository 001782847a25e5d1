"""OpenAI's Chat Completions API, as opencode speaks it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import ClassVar

from tests.support.model_server.modes import Trouble
from tests.support.model_server.openai_errors import openai_refusal
from tests.support.model_server.protocol import Refusal, joined, new_id, sse
from tests.support.model_server.turns import CACHED, INPUT, OUTPUT, STORED, THOUGHT, Json, Part, Say, Turn, tool_call


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
