"""Hears what `claude -p` prints, one JSON object a line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from supervisor.agents.claude.claude_display import limit_name, rejected, turned_away
from supervisor.agents.claude.claude_failures import (
    LONGEST_WAIT_S,
    NOT_SIGNED_IN,
    OVERLOAD,
    RATE_LIMIT,
    SETTINGS,
    USAGE_LIMIT,
    Meaning,
    meaning_of,
    regained_at,
    why_not_started,
)
from supervisor.agents.json_lines_parser import JsonLinesParser, amount, count, dollars, words
from supervisor.model.agent_report import Usage

BY_MODEL = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")
ANSWER = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


class ClaudeParser(JsonLinesParser):
    """Hears the lines of one `claude -p --output-format stream-json --include-partial-messages`."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)
        self._by_key = False
        self._turns: dict[str, dict[str, int]] = {}
        """What each answer of the model cost so far, by its id; the last one is the one that comes now."""
        self._attempt, self._turned_away_s = 0, 0.0

    def event(self, event: Mapping[str, Any]) -> None:
        kind, subtype = event.get("type"), event.get("subtype")
        if subtype == "init":
            self._by_key = words(event, "apiKeySource") not in (None, "none")
            self.note(model=words(event, "model"), provider_session_id=words(event, "session_id"))
        elif subtype == "api_retry":
            self._retry(event)
        elif kind == "rate_limit_event":
            self._limit(event.get("rate_limit_info"))
        elif kind == "stream_event":
            self._part(event.get("event"))
        elif kind == "assistant" and words(event, "error") is not None:
            self._failed(event)
        elif kind == "assistant":
            if words(event, "parent_tool_use_id") is None:  # else a subagent's
                self.said(text_of(event.get("message")))
            self._spent(event.get("message"), known=False)
        elif kind == "result":
            self._result(event)
        elif kind == "user" or subtype == "thinking_tokens":
            self.goes_well()

    def goes_well(self) -> None:
        self._attempt, self._turned_away_s = 0, 0.0
        super().goes_well()

    def finish(self, exit_status: int | None, last_lines: str) -> None:
        if self.heard.provider_session_id is None and self.heard.trouble is None and (exit_status or 0) > 0:
            self.failed("set_up_wrongly", why_not_started(last_lines), remedy=SETTINGS, is_final=True)

    def _part(self, part: Any) -> None:
        kind = words(part, "type")
        if kind == "message_start":
            self._spent(part.get("message"), known=True)
        elif kind == "message_delta" and self._turns:
            self._add(list(self._turns)[-1], part.get("usage"))
        self.goes_well()

    def _spent(self, message: Any, *, known: bool) -> None:
        """Take what an answer cost; one that came in parts is `known` from its first, and told less at its end."""
        name = words(message, "id")
        if name is not None and (known or name not in self._turns):
            self._turns.pop(name, None) if known else None
            self._add(name, message.get("usage"))
            self.note(model=words(message, "model") or self.heard.model)
        self.goes_well()

    def _add(self, name: str, told: Any) -> None:
        turn = self._turns.setdefault(name, {})
        turn.update({each: found for each in ANSWER if (found := count(told, each)) is not None})
        self.note(usage=sum_of(self._turns.values(), ANSWER))

    def _retry(self, event: Mapping[str, Any]) -> None:
        if self.heard.trouble is not None and self.heard.trouble.is_final:
            return
        status, error = count(event, "error_status"), words(event, "error") or ""
        attempt = count(event, "attempt") or 1
        wait_s = (amount(event, "retry_delay_ms") or 0.0) / 1000
        self._turned_away_s += wait_s if attempt != self._attempt else 0.0
        self._attempt = attempt
        if meaning_of(error, "") == NOT_SIGNED_IN or status == 401:
            # A sign-in is renewed and tried once more, a key stays what it is.
            self._noted(NOT_SIGNED_IN, turned_away(event), is_final=self._by_key or attempt > 1)
            return
        limited = status == 429 or error == "rate_limit"
        # What it waits by itself begins with half a second, is doubled up to 32, and made longer by a quarter at most.
        told = wait_s > 1.25 * 0.5 * 2 ** min(6, attempt - 1)
        self._noted(
            RATE_LIMIT if limited else OVERLOAD,
            turned_away(event),
            until=self._clock() + wait_s if limited and told else None,
            is_final=self._turned_away_s > LONGEST_WAIT_S,
        )

    def _limit(self, info: Any) -> None:
        if not rejected(info):
            return
        until = amount(info, "resetsAt")
        meaning = USAGE_LIMIT if until is not None or words(info, "rateLimitType") is not None else RATE_LIMIT
        self._noted(meaning, f"{limit_name(info)} is used up", until=until, is_final=True)

    def _failed(self, event: Mapping[str, Any]) -> None:
        """Take the error that a session ends with, and which limit it was where that was told before."""
        message, before = text_of(event.get("message"), " "), self.heard.trouble
        self.said(message)
        meaning = meaning_of(words(event, "error") or "", message)
        no_answer = meaning is None and count(event, "api_error_status") is None
        if before is not None and (no_answer or (before.is_rate_limited and meaning == RATE_LIMIT)):
            self.failed(before.kind, message, until=before.until, remedy=before.remedy, is_final=True)
        elif meaning is not None:
            self._noted(meaning, message, until=regained_at(message), is_final=True)
        else:  # the request itself was wrong
            self.goes_well()

    def _noted(self, meaning: Meaning, message: str, *, until: float | None = None, is_final: bool) -> None:
        self.failed(meaning.kind, message, until=until, remedy=meaning.remedy, is_final=is_final)

    def _result(self, event: Mapping[str, Any]) -> None:
        by_model = event.get("modelUsage")
        told = sum_of(by_model.values(), BY_MODEL) if isinstance(by_model, Mapping) else Usage()
        usage = self.heard.usage if told.tokens is None else told
        self.note(usage=usage.model_copy(update={"cost_usd": dollars(event, "total_cost_usd")}), ended=True)
        if not event.get("is_error"):
            self.goes_well()


def sum_of(tables: Iterable[Any], names: tuple[str, str, str, str]) -> Usage:
    """All tokens of some tables that have members of those names: input, output, read from the cache, written to it."""
    total = Usage()
    for table in tables:
        spent, spoken, cached, stored = (count(table, name) for name in names)
        total = total.plus(
            Usage(input_tokens=spent, output_tokens=spoken, cache_read_tokens=cached, cache_write_tokens=stored)
        )
    return total


def text_of(message: Any, between: str = "\n") -> str:
    """What a message of the model's has of text; empty where it has none."""
    content = message.get("content") if isinstance(message, Mapping) else None
    blocks = content if isinstance(content, list) else []
    return between.join(text for block in blocks if (text := words(block, "text")))
