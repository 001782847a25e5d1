"""When a limit is over is believed within bounds: what is no time, or far away, is as if it were untold."""

from __future__ import annotations

import json
import math

import pytest

from supervisor.agents.bounded_report import LONGEST_LIMIT_S, believed_end
from supervisor.agents.claude.claude_parser import ClaudeParser
from supervisor.agents.claude.claude_terminal import TerminalParser
from supervisor.agents.codex.codex_parser import CodexParser
from supervisor.agents.command_cli import CommandParser
from supervisor.agents.gemini.gemini_parser import GeminiParser
from supervisor.agents.json_lines_parser import JsonLinesParser
from supervisor.agents.opencode.opencode_parser import OpencodeParser
from supervisor.model.agent_report import AgentFailure

NOW = 1795000000.0
TURNED_AWAY = json.dumps(
    {
        "type": "error",
        "timestamp": NOW * 1000,
        "error": {
            "name": "APIError",
            "data": {
                "message": "usage limit",
                "statusCode": 429,
                "responseBody": '{"error":{"resets_at":1795000000000}}',
            },
        },
    }
)
LATE = "Wed, 01 Jan 9999 00:00:00 GMT"
BY_HEADER = TURNED_AWAY.replace("resets_at", "resets").replace(
    '"statusCode"', f'"responseHeaders": {{"retry-after": "{LATE}"}}, "statusCode"'
)
FAR_AWAY = {
    "claude": (
        "claude",
        '{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":1795000000000}}',
    ),
    "claude's words": (
        "claude",
        '{"type":"assistant","error":"billing_error","message":{"content":[{"type":"text","text":"You have reached your'
        ' specified API usage limits. You will regain access on 9999-12-01 at 00:00 UTC."}]}}',
    ),
    "a date of claude's that is none": (
        "claude",
        '{"type":"assistant","error":"billing_error","message":{"content":[{"type":"text","text":"You have reached your'
        ' specified API usage limits. You will regain access on 2026-99-99 at 99:99 UTC."}]}}',
    ),
    "codex": (
        "codex",
        '{"type":"turn.failed","error":{"message":"You\'ve hit your usage limit. Try again in 99999 days."}}',
    ),
    "codex's date": (
        "codex",
        '{"type":"turn.failed","error":{"message":"You\'ve hit your usage limit. Try again at Nov 1st, 9999 3:00 PM"}}',
    ),
    "command": ("command", '{"type":"supervisor_limit","until":1795000000000}'),
    "gemini": (
        "gemini",
        '{"type":"result","status":"error","error":{"message":"You have exhausted your daily quota. Please retry in '
        + "9" * 400
        + 's."}}',
    ),
    "opencode": ("opencode", TURNED_AWAY),
    "opencode's header": ("opencode", BY_HEADER),
}


def trouble(name: str, *lines: str) -> AgentFailure:
    parsers: dict[str, JsonLinesParser] = {
        "claude": ClaudeParser(lambda: NOW),
        "codex": CodexParser(lambda: NOW),
        "command": CommandParser(lambda: NOW),
        "gemini": GeminiParser(lambda: NOW),
        "opencode": OpencodeParser(clock=lambda: NOW),
    }
    for line in lines:
        parsers[name].feed_line(line)
    found = parsers[name].heard.trouble
    assert found is not None
    return found


@pytest.mark.parametrize(("name", "line"), FAR_AWAY.values(), ids=FAR_AWAY)
def test_an_end_that_is_far_away_is_untold(name: str, line: str) -> None:
    found = trouble(name, line)
    assert found.is_rate_limited
    assert found.until is None


@pytest.mark.parametrize("until", ["1795000000000", "-1", "NaN", "Infinity", "-Infinity", "1e300", "9" * 401, '"soon"'])
def test_what_is_no_time_is_untold(until: str) -> None:
    assert trouble("command", f'{{"type":"supervisor_limit","until":{until}}}').until is None


def test_thirty_days_are_believed_and_no_more() -> None:
    assert trouble("command", f'{{"type":"supervisor_limit","until":{NOW + 86400}}}').until == NOW + 86400
    assert believed_end(NOW + LONGEST_LIMIT_S, NOW) == NOW + LONGEST_LIMIT_S
    assert believed_end(NOW + LONGEST_LIMIT_S + 1, NOW) is None
    assert believed_end(math.nan, NOW) is None


def test_what_codex_wrote_down_in_milliseconds_is_untold() -> None:
    parser = CodexParser(lambda: NOW)
    parser.feed_line('{"type":"turn.failed","error":{"message":"You\'ve hit your usage limit."}}')
    limits = {"primary": {"used_percent": 100, "resets_at": int(NOW * 1000)}}
    parser.feed_record([json.dumps({"type": "event_msg", "payload": {"type": "token_count", "rate_limits": limits}})])
    assert parser.heard.trouble is not None
    assert parser.heard.trouble.until is None


def test_a_wait_without_end_on_the_screen_has_no_known_end() -> None:
    parser = TerminalParser(lambda: NOW)
    parser.feed_screen(f"✻ Usage limit reached · Retrying in {'9' * 400}s · attempt 1/10")
    assert parser.heard.trouble is not None
    assert parser.heard.trouble.until is None
