"""A line of Gemini CLI's output for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from supervisor.agents.gemini import gemini_failures
from supervisor.agents.json_lines_parser import as_event, words

_NOISE = re.compile(r"\s|[}\]]|\[STARTUP\]|Error when talking to|Error executing tool |YOLO mode is ")
"""How lines begin that belong to the picture of an object, or say what a line of JSON says too."""


def display_line(line: str) -> str:
    """What Gemini says, which tools it uses, and what goes wrong; empty for all else."""
    event = as_event(line)
    if event is None:
        return _text(line)
    kind = event.get("type")
    if kind == "message" and event.get("role") == "assistant":
        return words(event, "content") or ""
    if kind == "tool_use":
        return _tool(event)
    if kind == "tool_result" and event.get("status") == "error":
        return f"failed: {words(event, 'error', 'message') or words(event, 'output') or ''}"
    if kind == "error":
        return words(event, "message") or ""
    return _end(event) if kind == "result" else ""


def _end(event: Mapping[str, Any]) -> str:
    """Why it came to nothing; empty where it did not."""
    stats = event.get("stats")
    if event.get("status") != "success":
        return gemini_failures.said_in(words(event, "error", "message") or "")
    # With status "success" it also ends where it found the prompt too long, and sent nothing.
    asked = not isinstance(stats, Mapping) or stats.get("models") != {}
    return "" if asked else "the model was not asked: the prompt may be longer than it takes; make the batches smaller"


def _tool(event: Mapping[str, Any]) -> str:
    """The tool, and what it is used on."""
    given = event.get("parameters")
    path = words(given, "file_path") or words(given, "dir_path")
    on = words(given, "command") or words(given, "pattern") if path is None else Path(path).name
    return f"{words(event, 'tool_name') or 'tool'} {on or ''}".strip()


def _text(line: str) -> str:
    return "" if _NOISE.match(line) else gemini_failures.shown_report(line)
