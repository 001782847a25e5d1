"""A line of Codex's output for people."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from supervisor.agents.json_lines_parser import as_event, words

_CHANGED = {"add": "wrote", "update": "changed", "delete": "deleted"}


def display_line(line: str) -> str:
    """What Codex says, runs and writes, and what goes wrong; empty for all else."""
    event = as_event(line)
    if event is None:
        return line
    if event.get("type") == "error":
        return words(event, "message") or ""
    item = event.get("item")
    return _item(item, ended=event.get("type") == "item.completed") if isinstance(item, Mapping) else ""


def _item(item: Mapping[str, Any], *, ended: bool) -> str:
    kind = item.get("type")
    if kind == "command_execution":
        return _failure(item) if ended else _command(words(item, "command") or "")
    if not ended:
        return ""
    if kind == "agent_message":
        return words(item, "text") or ""
    if kind == "error":
        return f"warning: {words(item, 'message') or ''}"
    return _changes(item) if kind == "file_change" else ""


def _command(command: str) -> str:
    """Without the shell around it."""
    try:
        parts = shlex.split(command)
    except ValueError:
        parts = []
    return f"$ {parts[2] if len(parts) == 3 and parts[1] in ('-c', '-lc') else command}"


def _failure(item: Mapping[str, Any]) -> str:
    """How a command failed, with the last line that it printed; empty where it did not."""
    if item.get("status") == "completed":
        return ""
    status, said = item.get("exit_code"), (words(item, "aggregated_output") or "").strip()
    last = said.splitlines()[-1] if said else ""
    return f"{'failed' if status is None else f'exit status {status}'}{f': {last}' if last else ''}"


def _changes(item: Mapping[str, Any]) -> str:
    done, changes = item.get("status") == "completed", item.get("changes")
    return ", ".join(
        f"{_CHANGED.get(str(words(each, 'kind')), 'changed') if done else 'could not write'} {Path(path).name}"
        for each in (changes if isinstance(changes, list) else ())
        if (path := words(each, "path")) is not None
    )
