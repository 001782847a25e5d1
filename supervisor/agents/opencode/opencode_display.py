"""What people are shown of opencode's lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from supervisor.agents.json_lines_parser import as_event, words

_LOG_LINE = re.compile(r"timestamp=\S+ level=[A-Z]+ ")
_LOGGED_END = re.compile(r'message=failed .*?error="([^"]*)')
_PATCHED = re.compile(r"^\*\*\* (?:Add|Update|Delete) File: (.+)$", re.MULTILINE)


def display_line(line: str) -> str:
    """A line for people; empty where it says nothing to them."""
    event = as_event(line)
    if event is None:
        said = _LOGGED_END.search(line)
        return line if _LOG_LINE.match(line) is None else said[1] if said else ""
    match event.get("type"):
        case "text":
            return words(event, "part", "text") or ""
        case "tool_use":
            return _tool(event.get("part"))
        case "retry":
            return f"{words(event, 'status', 'message') or 'refused'}; it waits and tries again"
        case "error":
            if words(event, "error", "data", "ref") is not None:
                return ""  # an error of its own: its log says which
            return f"error: {words(event, 'error', 'data', 'message') or words(event, 'error', 'name') or line}"
        case "step_start" | "step_finish" | "reasoning" | "model":
            return ""
    return line


def _tool(part: Any) -> str:
    state = part.get("state") if isinstance(part, Mapping) else None
    path = words(state, "input", "filePath") or ", ".join(_PATCHED.findall(words(state, "input", "patchText") or ""))
    error = words(state, "error")
    return f"{words(part, 'tool') or 'a tool'} {path}".rstrip() + (f": {error}" if error else "")
