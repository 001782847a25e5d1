"""Lines as Gemini CLI prints them; written here, so that no test needs the program."""

from __future__ import annotations

import json

from supervisor.agents.gemini.gemini_parser import GeminiParser
from supervisor.model.agent_report import AgentReport

NOW = 1795260000.0
INIT = (
    '{"type":"init","timestamp":"2026-11-21T11:08:10.675Z","session_id":"910a42e4-6378-42a1-bf46-38b1898b69e8",'
    '"model":"gemini-2.5-pro"}'
)
ASKED = (
    '{"type":"message","timestamp":"2026-11-21T11:08:10.678Z","role":"user",'
    '"content":"Do now all that the task above asks."}'
)
WROTE = (
    '{"type":"tool_use","timestamp":"2026-11-21T10:38:22.391Z","tool_name":"write_file",'
    '"tool_id":"write_file__write_file_1795257502148_0","parameters":{"file_path":"/s/out.txt","content":"hello\\n"}}'
)
WRITTEN = (
    '{"type":"tool_result","timestamp":"2026-11-21T10:38:22.420Z","tool_id":"write_file__write_file_1795257502148_0",'
    '"status":"success"}'
)
REFUSED = (
    '{"type":"tool_result","timestamp":"2026-11-21T10:45:31.279Z","tool_id":"run_shell_command__1_0",'
    '"status":"error","output":"Tool \\"run_shell_command\\" not found.","error":{"type":"tool_not_registered",'
    '"message":"Tool \\"run_shell_command\\" not found."}}'
)
SAID = '{"type":"message","timestamp":"2026-11-21T10:38:22.453Z","role":"assistant","content":"All done.","delta":true}'
RESULT = (
    '{"type":"result","timestamp":"2026-11-21T10:38:22.460Z","status":"success","stats":{"total_tokens":2474,'
    '"input_tokens":2400,"output_tokens":60,"cached":400,"input":2000,"duration_ms":388,"tool_calls":1,'
    '"models":{"gemini-2.5-pro":{"total_tokens":2474,"input_tokens":2400,"output_tokens":60,"cached":400,"input":2000}}}}'
)
BUSY = (
    'Attempt 1 failed with status 503. Retrying with backoff... _ApiError: {"error":{"code":503,"message":"The model is'
    ' overloaded. Please try again later.","status":"UNAVAILABLE"}}'
)
MINUTE = (
    "Attempt 1 failed: You exceeded your current quota, please check your plan and billing details. For more"
    " information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. ",
    "* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 5,"
    " model: gemini-2.5-pro",
    "Please retry in 30.5s.",
    "Suggested retry after 30s.. Retrying after 34523ms...",
)
HOURS = (
    "Attempt 1 failed: You have exhausted your capacity on this model. Your quota will reset after 3h14m12s.. Retrying"
    " after 13633155ms..."
)
PICTURE = (
    "    at throwErrorIfNotOK (file:///cli/bundle/chunk.js:267833:24)",
    "  status: 429",
    "}",
)


def result(message: str, tokens: int = 0) -> str:
    """The last line of a session that failed."""
    counts = {"total_tokens": tokens, "input_tokens": tokens, "cached": 0}
    error = {"type": "unknown", "message": message}
    stats = {**counts, "models": {"gemini-2.5-pro": counts}}
    return json.dumps({"type": "result", "status": "error", "error": error, "stats": stats})


def heard(*lines: str) -> AgentReport:
    """What the lines come to."""
    parser = GeminiParser(lambda: NOW)
    for line in lines:
        parser.feed_line(line)
    return parser.heard


KEY = (
    '[API Error: {"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":'
    '"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}]'
)
