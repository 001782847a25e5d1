"""What Codex prints as JSON lines, and what its records add to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from supervisor.agents.codex import codex_failures
from supervisor.agents.json_lines_parser import JsonLinesParser, as_event, count, words
from supervisor.model.agent_report import Usage

LARGEST_RECORD_BYTES = 64 << 20


class CodexParser(JsonLinesParser):
    """Hears the lines of one `codex exec --json`, and what that wrote down of its session."""

    def event(self, event: Mapping[str, Any]) -> None:
        kind = event.get("type")
        if kind == "thread.started":
            self.note(provider_session_id=words(event, "thread_id"))
        elif kind == "error":
            self._error(words(event, "message") or "")
        elif kind == "turn.failed":
            self._error(words(event, "error", "message") or "")
            self.note(ended=True)
        elif kind == "turn.completed":
            self.goes_well()
            self.spend(_usage(event.get("usage")))
            self.note(ended=True)
        elif words(event, "item", "type") not in (None, "error"):  # an item `error` is a warning
            self.goes_well()
            if kind == "item.completed" and words(event, "item", "type") == "agent_message":
                self.said(words(event, "item", "text") or "")

    def text(self, line: str) -> None:
        meaning = codex_failures.meaning_of_line(line)
        if meaning is not None:
            self.failed(meaning.kind, line, remedy=meaning.remedy, is_final=True)

    def _error(self, message: str) -> None:
        said, tries_again = codex_failures.without_retry(message)
        meaning = codex_failures.meaning_of(said)
        if meaning is None:
            return
        until = codex_failures.ends_at(said, self._clock()) if meaning.kind in ("rate_limit", "usage_limit") else None
        is_final = meaning.lasts or not tries_again
        told = codex_failures.without_address(said) if meaning.kind == "not_signed_in" else said
        self.failed(meaning.kind, told, until=until, remedy=meaning.remedy, is_final=is_final)

    def feed_record(self, lines: Iterable[str]) -> None:
        """Take what Codex wrote down: the model, the tokens where it ended before it told them, the end of a limit."""
        spent: Any = None
        for line in lines:
            head = line[:200]
            if '"turn_context"' in head:
                self.note(model=words(as_event(line), "payload", "model") or self.heard.model)
            elif '"token_usage_record"' in head:
                spent = _inner(as_event(line), "payload", "thread_token_usage") or spent
            elif '"token_count"' in head:
                payload = _inner(as_event(line), "payload")
                spent = _inner(payload, "info", "total_token_usage") or spent
                self._limits(_inner(payload, "rate_limits"))
        if self.heard.usage.tokens is None:
            self.spend(_usage(spent))

    def _limits(self, limits: Any) -> None:
        """Take when the limits that are used up end, where the message of a usage limit told no time."""
        trouble = self.heard.trouble
        if trouble is None or trouble.until is not None or "hit your usage limit" not in trouble.message:
            return
        windows = [_inner(limits, name) or {} for name in ("primary", "secondary")]
        full = [each for each in windows if isinstance(used := each.get("used_percent"), (int, float)) and used >= 100]
        until = max((float(end) for each in full if (end := count(each, "resets_at")) is not None), default=None)
        self.note(trouble=trouble.model_copy(update={"until": until}))


def _usage(told: Any) -> Usage:
    """Tokens by their kinds: what Codex calls input is all of it, what it calls output has the reasoning in it."""
    total, spoken = count(told, "input_tokens"), count(told, "output_tokens")
    if not total and not spoken:
        return Usage()  # as it says where the provider told nothing
    cached, stored = count(told, "cached_input_tokens") or 0, count(told, "cache_write_input_tokens") or 0
    return Usage(
        input_tokens=max(0, (total or 0) - cached - stored),
        output_tokens=spoken,
        cache_read_tokens=cached,
        cache_write_tokens=stored,
    )


def _inner(table: Any, *names: str) -> dict[str, Any] | None:
    """The object at a path of member names; None where there is none."""
    for name in names:
        table = table.get(name) if isinstance(table, Mapping) else None
    return table if isinstance(table, dict) else None
