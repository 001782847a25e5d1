"""What Gemini CLI prints as JSON lines, and what its records add to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from supervisor.agents.gemini import gemini_failures
from supervisor.agents.json_lines_parser import JsonLinesParser, count, words
from supervisor.model.agent_report import LONGEST_MESSAGE, FailureKind, Usage

_LONGEST_WAIT_S = 60.0
"""A session that is to wait for longer is ended: the gate waits, which holds no process."""


class GeminiParser(JsonLinesParser):
    """Hears the lines of one `gemini --output-format stream-json`, and what it recorded of its conversation."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)
        self._complaint = ""
        self._failed = ""
        """What is known of a failed request whose report is not whole yet."""
        self._pieces: list[str] = []
        """What the model says now, as it came so far."""
        self._pieces_length = 0

    def event(self, event: Mapping[str, Any]) -> None:
        self._failed = ""
        kind = event.get("type")
        if kind == "init":
            self.note(model=words(event, "model"), provider_session_id=words(event, "session_id"))
        elif kind == "error":
            self._complaint = words(event, "message") or ""
        elif kind == "result":
            self._result(event)
        elif kind in ("tool_use", "tool_result"):
            self.goes_well()
        elif words(event, "role") == "assistant":
            self.goes_well()
            self._says(words(event, "content") or "")
            return
        self._has_said()

    def _says(self, piece: str) -> None:
        """Take a piece of what the model says; where there are too many, only their end."""
        self._pieces += [piece] if piece else []
        self._pieces_length += len(piece)
        if self._pieces_length > 2 * LONGEST_MESSAGE:
            self._pieces = ["".join(self._pieces)[-LONGEST_MESSAGE:]]
            self._pieces_length = len(self._pieces[0])

    def _has_said(self) -> None:
        self.said("".join(self._pieces))
        self._pieces, self._pieces_length = [], 0

    def text(self, line: str) -> None:
        if gemini_failures.begins_report(line):
            self._failed = line
        elif self._failed:
            self._failed += f"\n{line}"
        elif self.heard.provider_session_id is None and gemini_failures.is_refusal(line):
            self._trouble(line, "set_up_wrongly", is_final=True)
        else:
            self._complaint = gemini_failures.fatal(line) or self._complaint
        if self._failed and gemini_failures.ends_report(line):
            self._trouble(self._failed, "overload", is_final=False)
            self._failed = ""

    def finish(self, exit_status: int | None, last_lines: str) -> None:
        if self.heard.provider_session_id is not None or self.heard.trouble is not None or (exit_status or 0) <= 0:
            return
        lines = last_lines.splitlines() or ["it ended at once and said nothing"]
        telling = (line for line in lines if gemini_failures.read(line, None).kind is not None)
        message = self._complaint or next(telling, lines[-1])
        self._trouble(message, "set_up_wrongly", is_final=True, context=last_lines)

    def feed_record(self, record: str) -> None:
        """Take why its sign-in did not work: what it prints is the same for a refusal and for a lost network."""
        self._has_said()
        outage = gemini_failures.outage(record)
        if outage and self.heard.trouble is not None and self.heard.trouble.kind == "not_signed_in":
            self.failed("overload", f"the sign-in could not be checked: {outage}", is_final=True)

    def feed_answers(self, answers: list[Mapping[str, Any]]) -> None:
        """Take the model's answers as they were recorded, of a session that ended before it told what they cost."""
        for answer in answers:
            self.spend(_usage(answer.get("tokens"), "total", "input"))
            self.note(model=words(answer, "model") or self.heard.model)

    def _result(self, event: Mapping[str, Any]) -> None:
        stats = event.get("stats")
        models = stats.get("models") if isinstance(stats, Mapping) else None
        named = models if isinstance(models, Mapping) else {}
        served = [name for name, told in named.items() if count(told, "total_tokens")]
        self.note(
            usage=_usage(stats, "total_tokens", "input_tokens"),
            model=", ".join(served) or self.heard.model,
            ended=True,
        )
        if event.get("status") == "success":
            self.goes_well()
        else:
            self._trouble(words(event, "error", "message") or self._complaint, None, is_final=True)

    def _trouble(self, message: str, otherwise: FailureKind | None, *, is_final: bool, context: str = "") -> None:
        """Note what a message means; `otherwise` where that is not known, and nothing without that."""
        told = gemini_failures.read(message, otherwise, context)
        if told.kind is None:
            self.goes_well()
            return
        limited = told.kind in ("rate_limit", "usage_limit")
        until = None if told.wait_s is None or not limited else self._clock() + told.wait_s
        lasts = told.kind not in ("rate_limit", "overload") or (told.wait_s or 0.0) > _LONGEST_WAIT_S
        self.failed(told.kind, told.said, until=until, remedy=told.remedy, is_final=is_final or lasts)


def _usage(told: Any, total: str, asked: str) -> Usage:
    """Tokens by their kinds: its input has the cached ones in it, and its output lacks the thinking, which is paid."""
    every, given, cached = count(told, total), count(told, asked), count(told, "cached") or 0
    if every is None or given is None:
        return Usage()
    return Usage(input_tokens=max(0, given - cached), output_tokens=max(0, every - given), cache_read_tokens=cached)
