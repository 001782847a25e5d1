"""What opencode prints as JSON lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from supervisor.agents.json_lines_parser import JsonLinesParser, count, dollars, words
from supervisor.agents.opencode.opencode_failures import from_error, from_retry, from_text
from supervisor.agents.used_sign_in import UsedSignIn
from supervisor.model.agent_report import AgentFailure, Usage

_CONTINUES = ("tool-calls", "unknown")


class OpencodeParser(JsonLinesParser):
    """Hears its lines, and those that the plugin adds: `model`, `retry`."""

    def __init__(
        self, sign_in_to: Callable[[str], UsedSignIn | None] = lambda _: None, clock: Callable[[], float] = time.time
    ) -> None:
        """`sign_in_to`: what the session is signed in to a provider by."""
        super().__init__(clock)
        self._sign_in_to = sign_in_to

    def event(self, event: Mapping[str, Any]) -> None:
        if self.heard.provider_session_id is None:
            self.note(provider_session_id=words(event, "sessionID"))
        match event.get("type"):
            case "model":
                self.note(model=words(event, "model"))
                self.sign_in = self._sign_in_to(words(event, "provider") or "")
            case "text":
                self.goes_well()
                self.said(words(event, "part", "text") or "")
            case "tool_use":
                self.goes_well()
            case "step_finish":
                self._finished_step(event.get("part"))
            case "retry":
                self._take(from_retry(event))
            case "error":
                self.note(last_message="")  # what it says last is the error
                self._take(from_error(event))

    def text(self, line: str) -> None:
        self._take(from_text(line))

    def _finished_step(self, part: Any) -> None:
        self.goes_well()
        if self.heard.model is None:
            self.failed(
                "set_up_wrongly",
                "this version of opencode does not work with the supervisor's plugin, so parts of prompts are lost",
                remedy="Install version 1.18.33: `npm install -g opencode-ai@1.18.33`.",
                is_final=True,
            )
        tokens = part.get("tokens") if isinstance(part, Mapping) else None
        said = [each for name in ("output", "reasoning") if (each := count(tokens, name)) is not None]
        self.spend(
            Usage(
                cost_usd=dollars(part, "cost") or None,  # 0: no price is known
                input_tokens=count(tokens, "input"),
                output_tokens=sum(said) if said else None,
                cache_read_tokens=count(tokens, "cache", "read"),
                cache_write_tokens=count(tokens, "cache", "write"),
            )
        )
        if words(part, "reason") not in _CONTINUES:
            self.note(ended=True)

    def _take(self, trouble: AgentFailure | None) -> None:
        known = self.heard.trouble
        if trouble is not None and (known is None or not known.needs_person):  # what follows that says less
            self.trouble(trouble)
