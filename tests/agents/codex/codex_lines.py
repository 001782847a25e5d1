"""Lines as Codex prints and records them; written here, so that no test needs the program."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from supervisor.agents.codex.codex_parser import CodexParser
from supervisor.model.agent_report import AgentReport

THREAD = '{"type":"thread.started","thread_id":"01a1fdae-3f0d-7242-9f18-397ddf6e2418"}'
TURN = '{"type":"turn.started"}'
COMMAND = (
    '{"type":"item.started","item":{"id":"item_0","type":"command_execution",'
    '"command":"/bin/bash -c \'echo out; exit 3\'","aggregated_output":"","exit_code":null,"status":"in_progress"}}'
)
FAILED = (
    '{"type":"item.completed","item":{"id":"item_0","type":"command_execution",'
    '"command":"/bin/bash -c \'echo out; exit 3\'","aggregated_output":"first\\nout\\n",'
    '"exit_code":3,"status":"failed"}}'
)
WROTE = (
    '{"type":"item.completed","item":{"id":"item_0","type":"file_change","changes":'
    '[{"path":"/s/workspace/out.json","kind":"add"},{"path":"/s/workspace/notes.md","kind":"update"}],'
    '"status":"completed"}}'
)
THOUGHT = '{"type":"item.completed","item":{"id":"item_0","type":"reasoning","text":"**Thinking** about it"}}'
SAID = '{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"hello there"}}'
WARNING = (
    '{"type":"item.completed","item":{"id":"item_0","type":"error","message":"Model metadata for `gpt-nope` not found.'
    ' Defaulting to fallback metadata; this can degrade performance and cause issues."}}'
)
COMPLETED = (
    '{"type":"turn.completed","usage":{"input_tokens":2000,"cached_input_tokens":1600,"cache_write_input_tokens":160,'
    '"output_tokens":100,"reasoning_output_tokens":20}}'
)
REFUSED = (
    "2026-11-21T10:47:47.789988Z ERROR codex_core::tools::router: error=patch rejected: writing outside of the project;"
    " rejected by user approval settings"
)
TOO_LONG = (
    "Error: turn/start: turn/start failed: Input exceeds the maximum length of 1048576 characters. (code -32602),"
    ' data: {"input_error_code":"input_too_large","max_chars":1048576,"actual_chars":1100000}'
)
NOON = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC).timestamp()


def error(message: str) -> str:
    return json.dumps({"type": "error", "message": message}, ensure_ascii=False)


def failed(message: str) -> str:
    return json.dumps({"type": "turn.failed", "error": {"message": message}}, ensure_ascii=False)


def retried(message: str) -> str:
    return error(f"Reconnecting... 1/5 ({message})")


def heard(*lines: str, now: float = NOON) -> AgentReport:
    """What the lines come to."""
    parser = CodexParser(lambda: now)
    for line in lines:
        parser.feed_line(line)
    return parser.heard


def at(text: str) -> float:
    return datetime.fromisoformat(f"{text}+00:00").timestamp()


def record(kind: str, payload: dict[str, Any]) -> str:
    return json.dumps(
        {"timestamp": "2026-11-21T10:54:17.516Z", "ordinal": 8, "type": kind, "payload": payload}, separators=(",", ":")
    )


def tokens(total: int) -> dict[str, int]:
    return {
        "input_tokens": 1000 * total,
        "cached_input_tokens": 400 * total,
        "cache_write_input_tokens": 80 * total,
        "output_tokens": 50 * total,
        "reasoning_output_tokens": 7 * total,
        "total_tokens": 1050 * total,
    }


CONTEXT = record("turn_context", {"turn_id": "t", "cwd": "/s/workspace", "model": "gpt-5.5"})
PROMPT = record(
    "response_item",
    {"type": "message", "content": [{"type": "input_text", "text": 'say "turn_context" and "token_count" ' * 9}]},
)
FIRST = record("token_usage_record", {"thread_id": "t", "usage": tokens(1), "thread_token_usage": tokens(1)})
