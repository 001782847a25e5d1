"""A server whose model first calls the tools that a test names, to see what comes of each call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from tests.support.model_server.modes import Mode
from tests.support.model_server.server import ModelServer
from tests.support.model_server.turns import Call, Part, Turn


class Scripted(ModelServer):
    """Before it does its work, the model calls these tools one after the other."""

    def __init__(self, *calls: Call) -> None:
        super().__init__()
        self.calls = calls

    async def _parts(self, mode: Mode, turn: Turn) -> AsyncIterator[Part]:
        if turn.results < len(self.calls):
            yield self.calls[turn.results]
            return
        after = turn.model_copy(update={"results": turn.results - len(self.calls)})
        async for part in super()._parts(mode, after):
            yield part

    def results(self) -> list[dict[str, Any]]:
        """What came of each call, in order, as `tool_result` blocks of Anthropic's protocol."""
        messages = self.requests[-1].body["messages"]
        contents = [message["content"] for message in messages if isinstance(message["content"], list)]
        blocks = [block for content in contents for block in content if block["type"] == "tool_result"]
        return blocks[: len(self.calls)]
