"""What every provider's protocol has to do for the server, and what several of them need for it."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import ClassVar, NamedTuple, Protocol

from tests.support.model_server.modes import Trouble
from tests.support.model_server.turns import Json, Part, Turn


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
