"""A line of Claude Code's output for people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from supervisor.agents.json_lines_parser import amount, as_event, count, dollars, words

_FURNITURE = re.compile(r"^\s*(❯|─+|⏵⏵ .*|.* · /effort)?\s*$")
"""What its screen has at all times."""


def display_line(line: str) -> str:
    """What it says, reads and writes, what goes wrong, and what it cost; empty for all else."""
    event = as_event(line)
    if event is None:
        return "" if _FURNITURE.match(line) else line
    kind, subtype = event.get("type"), event.get("subtype")
    if kind in ("assistant", "user"):
        return "\n".join(_blocks(event.get("message")))
    if kind == "result":
        return _result(event)
    if kind == "rate_limit_event":
        info = event.get("rate_limit_info")
        return f"{limit_name(info)} is used up" if rejected(info) else ""
    if subtype == "init":
        return f"Claude Code {words(event, 'claude_code_version') or ''} with {words(event, 'model') or ''}"
    if subtype == "api_retry":
        wait_s = (amount(event, "retry_delay_ms") or 0.0) / 1000
        return f"{turned_away(event)}; try {count(event, 'attempt')} of {count(event, 'max_retries')} in {wait_s:.0f} s"
    return words(event, "content") or "" if subtype == "model_fallback" else ""


def rejected(info: Any) -> bool:
    """Whether what it tells of a limit is that it is used up, and that no paid usage beyond it goes on."""
    return words(info, "status") == "rejected" and not (isinstance(info, Mapping) and info.get("isUsingOverage"))


def limit_name(info: Any) -> str:
    """`the limit (five hour)`, by the name that it has in what it tells of a limit."""
    name = words(info, "rateLimitType")
    return "the limit" if name is None else f"the limit ({name.replace('_', ' ')})"


def turned_away(event: Mapping[str, Any]) -> str:
    """Why it tries a request again: `429 rate limit`."""
    status = count(event, "error_status")
    return "no answer" if status is None else f"{status} {(words(event, 'error') or '').replace('_', ' ')}"


def _blocks(message: Any) -> Iterator[str]:
    content = message.get("content") if isinstance(message, Mapping) else None
    for block in content if isinstance(content, list) else ():
        kind = words(block, "type")
        if kind == "text" and words(message, "role") == "assistant":
            yield words(block, "text") or ""
        elif kind == "tool_use":
            path, command = words(block, "input", "file_path"), words(block, "input", "command")
            yield f"{words(block, 'name')} {command or Path(path or '').name}"
        elif kind == "tool_result" and block.get("is_error"):
            yield f"failed: {words(block, 'content') or 'it did not work'}"


def _result(event: Mapping[str, Any]) -> str:
    cost = dollars(event, "total_cost_usd")
    how = f"{count(event, 'num_turns')} turns" + ("" if cost is None else f", ${cost:.4f}")
    if not event.get("is_error"):
        return f"ended: {how}"
    errors = event.get("errors")  # what is not in them was said before
    return f"ended with an error: {f'{errors[0]}, ' if isinstance(errors, list) and errors else ''}{how}"
