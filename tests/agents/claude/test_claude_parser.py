"""What Claude Code's lines, screens and records mean, and what its sessions are given, without it."""

from __future__ import annotations

import json
import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from supervisor.agents.agent_registry import make_agent
from supervisor.agents.claude import claude_terminal
from supervisor.agents.claude.claude_display import display_line
from supervisor.agents.claude.claude_driver import ClaudeDriver
from supervisor.agents.claude.claude_failures import next_time_of_day
from supervisor.agents.claude.claude_parser import ClaudeParser
from supervisor.agents.claude.claude_terminal import TerminalParser
from supervisor.agents.terminal_dialogs import TerminalProtocol
from supervisor.errors import AgentError
from supervisor.model.agent_report import AgentFailure, AgentReport, Usage
from supervisor.model.isolation import Isolation
from supervisor.model.session import SessionRequest
from supervisor.project.project import Project
from supervisor.project.project_settings import AgentSettings, AnsweredDialog, Price, ProjectSettings
from supervisor.workspaces.session_paths import SessionPaths

NOW = datetime(2026, 11, 21, 10, 42, tzinfo=UTC).timestamp()
RESETS = 1795264975

INIT = (
    '{"type":"system","subtype":"init","cwd":"/s/ws","session_id":"734f240a-2eb7","tools":["Read","Write"],'
    '"mcp_servers":[],"model":"claude-sonnet-5-5","permissionMode":"acceptEdits","slash_commands":[],'
    '"apiKeySource":"ANTHROPIC_API_KEY","claude_code_version":"2.1.330","output_style":"default","skills":[]}'
)
BY_SIGN_IN = INIT.replace('"apiKeySource":"ANTHROPIC_API_KEY"', '"apiKeySource":"none"')
REQUESTING = '{"type":"system","subtype":"status","status":"requesting","session_id":"734f240a-2eb7"}'
STARTED = (
    '{"type":"stream_event","event":{"type":"message_start","message":{"id":"msg_01","type":"message","role":'
    '"assistant","model":"claude-sonnet-5-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":'
    '{"input_tokens":11,"cache_creation_input_tokens":22,"cache_read_input_tokens":33,"output_tokens":1}}},'
    '"session_id":"734f240a-2eb7","parent_tool_use_id":null,"ttft_ms":23,"api_message_id":"msg_01"}'
)
DELTA = (
    '{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta",'
    '"partial_json":"{\\"file_path\\": \\"/s/ws/out.json\\""}},"session_id":"734f240a-2eb7"}'
)
WROTE = (
    '{"type":"assistant","message":{"id":"msg_01","type":"message","role":"assistant","model":"claude-sonnet-5-5",'
    '"content":[{"type":"tool_use","id":"toolu_01","name":"Write","input":{"file_path":"/s/ws/out.json","content":'
    '"{\\"a\\":1}\\n"}}],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":11,'
    '"cache_creation_input_tokens":22,"cache_read_input_tokens":33,"output_tokens":1},"context_management":null},'
    '"parent_tool_use_id":null,"session_id":"734f240a-2eb7","request_id":"req_test"}'
)
COUNTED = (
    '{"type":"stream_event","event":{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},'
    '"usage":{"output_tokens":44}},"session_id":"734f240a-2eb7","parent_tool_use_id":null}'
)
WRITTEN = (
    '{"type":"user","message":{"role":"user","content":[{"tool_use_id":"toolu_01","type":"tool_result","content":'
    '"File created successfully at: /s/ws/out.json"}]},"parent_tool_use_id":null,"session_id":"734f240a-2eb7"}'
)
REFUSED = (
    '{"type":"user","message":{"role":"user","content":[{"type":"tool_result","content":"/etc/hostname is outside'
    ' /s/ws; --restricted confines the file tools to the working directory.","is_error":true,"tool_use_id":'
    '"toolu_12"}]},"parent_tool_use_id":null,"session_id":"734f240a-2eb7"}'
)
SAID = (
    '{"type":"assistant","message":{"id":"msg_02","type":"message","role":"assistant","model":"claude-sonnet-5-5",'
    '"content":[{"type":"text","text":"All done."}],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":11,'
    '"cache_creation_input_tokens":22,"cache_read_input_tokens":33,"output_tokens":1}},"session_id":"734f240a-2eb7"}'
)
THINKS = '{"type":"system","subtype":"thinking_tokens","estimated_tokens":50,"estimated_tokens_delta":50}'
RESULT = (
    '{"duration_api_ms":64,"stop_reason":"end_turn","session_id":"734f240a-2eb7","total_cost_usd":0.0010406,"usage":'
    '{"input_tokens":22,"cache_creation_input_tokens":44,"cache_read_input_tokens":66,"output_tokens":88},"modelUsage":'
    '{"claude-sonnet-5-5":{"inputTokens":22,"outputTokens":88,"cacheReadInputTokens":66,"cacheCreationInputTokens":44,'
    '"webSearchRequests":0,"costUSD":0.0010406},"claude-haiku-5-5":{"inputTokens":1,"outputTokens":2,'
    '"cacheReadInputTokens":0,"cacheCreationInputTokens":0}},"permission_denials":[],"terminal_reason":"completed",'
    '"is_error":false,"num_turns":2,"subtype":"success","api_error_status":null,"result":"All done.","type":"result"}'
)
FAILED = (
    '{"duration_api_ms":0,"session_id":"734f240a-2eb7","total_cost_usd":0,"usage":{"input_tokens":0,"output_tokens":0},'
    '"modelUsage":{},"terminal_reason":"api_error","is_error":true,"num_turns":1,"subtype":"success",'
    '"api_error_status":429,"result":"It did not work","type":"result"}'
)
USED_UP = (
    '{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":1795264975,"rateLimitType":'
    '"five_hour","overageStatus":"rejected","overageDisabledReason":"org_level_disabled","isUsingOverage":false,'
    '"unifiedWindows":{"five_hour":{"utilization":1,"resetsAt":1795264975,"status":"rejected"}}}}'
)
NEARLY = (
    '{"type":"rate_limit_event","rate_limit_info":{"status":"allowed_warning","resetsAt":1795264975,"rateLimitType":'
    '"five_hour","utilization":0.92,"isUsingOverage":false,"surpassedThreshold":0.9}}'
)
FINE = '{"type":"rate_limit_event","rate_limit_info":{"status":"allowed","isUsingOverage":false}}'
PAID_BEYOND = USED_UP.replace('"isUsingOverage":false', '"isUsingOverage":true')
ESC = "\x1b[?25h"


def failed(error: str, text: str, status: int | None = None) -> str:
    """The line before the last one, of a session that an error ended."""
    message = {
        "id": "f377f204",
        "model": "<synthetic>",
        "role": "assistant",
        "content": [{"type": "text", "text": text}],
    }
    known = {} if status is None else {"api_error_status": status}
    return json.dumps({"type": "assistant", "message": message, "error": error, "is_api_error_message": True, **known})


def retry(status: int | None, error: str, attempt: int, wait_ms: float) -> str:
    line = {"attempt": attempt, "max_retries": 10, "retry_delay_ms": wait_ms, "error_status": status, "error": error}
    return json.dumps({"type": "system", "subtype": "api_retry", **line})


def heard(*lines: str) -> AgentReport:
    parser = ClaudeParser(lambda: NOW)
    for line in lines:
        parser.feed_line(line)
    return parser.heard


def trouble(*lines: str) -> AgentFailure:
    found = heard(*lines).trouble
    assert found is not None
    return found


# Lines ------------------------------------------------------------------------------------------------------------


def test_a_session_that_went_well_tells_its_id_its_model_its_cost_and_its_end() -> None:
    found = heard(INIT, REQUESTING, STARTED, DELTA, WROTE, COUNTED, WRITTEN, SAID, RESULT, ESC)
    assert (found.provider_session_id, found.model) == ("734f240a-2eb7", "claude-sonnet-5-5")
    assert found.usage == Usage(
        cost_usd=0.0010406, input_tokens=23, output_tokens=90, cache_read_tokens=66, cache_write_tokens=44
    )
    assert found.ended
    assert found.trouble is None


def test_one_that_is_cut_off_tells_the_tokens_of_the_answers_so_far_and_no_cost() -> None:
    asked = Usage(input_tokens=11, output_tokens=1, cache_read_tokens=33, cache_write_tokens=22)
    assert heard(INIT, STARTED, DELTA).usage == asked
    assert heard(INIT, STARTED, DELTA, WROTE).usage == asked
    whole = asked.model_copy(update={"output_tokens": 44})
    assert heard(INIT, STARTED, DELTA, WROTE, COUNTED, WRITTEN).usage == whole
    next_one = STARTED.replace("msg_01", "msg_02")
    assert heard(INIT, STARTED, WROTE, COUNTED, WRITTEN, next_one, SAID).usage == whole.plus(asked)
    assert not heard(INIT, STARTED, WROTE).ended


def test_an_answer_that_did_not_come_in_parts_counts_too() -> None:
    assert heard(INIT, STARTED, WROTE, COUNTED, SAID).usage.output_tokens == 45


def test_the_model_that_answered_is_told_not_the_one_that_was_asked_for() -> None:
    assert heard(INIT).model == "claude-sonnet-5-5"
    assert heard(INIT, STARTED.replace("claude-sonnet-5-5", "claude-haiku-5-5")).model == "claude-haiku-5-5"
    assert heard(INIT, failed("server_error", "API Error: 500", 500)).model == "claude-sonnet-5-5"


def test_a_session_that_failed_keeps_the_tokens_that_it_told_before() -> None:
    found = heard(INIT, STARTED, COUNTED, FAILED)
    assert found.usage == Usage(
        cost_usd=0.0, input_tokens=11, output_tokens=44, cache_read_tokens=33, cache_write_tokens=22
    )
    assert found.ended


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "{}",
        ESC,
        '{"type":7}',
        '{"type":"stream_event"}',
        '{"type":"stream_event","event":{"type":"message_delta"}}',
        '{"type":"assistant","message":7}',
        '{"type":"rate_limit_event","rate_limit_info":null}',
        '[claude-code:unrecognized_model] {"model":"x","query_source":"sdk"}',
    ],
)
def test_lines_that_say_nothing_do_no_harm(line: str) -> None:
    assert heard(line) == AgentReport()


@pytest.mark.parametrize("line", ['{"type":"result","modelUsage":{"m":7},"total_cost_usd":"1"}', '{"type":"result"}'])
def test_an_end_without_counts_is_an_end(line: str) -> None:
    assert heard(line) == AgentReport(ended=True)


# Troubles ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "text", "status", "kind"),
    [
        ("authentication_failed", "Not logged in · Please run /login", None, "not_signed_in"),
        ("authentication_failed", "Failed to authenticate. API Error: 403 No permission.", 403, "not_signed_in"),
        ("account_on_hold", "Your account is on hold", 403, "set_up_wrongly"),
        ("billing_error", "Credit balance is too low", 400, "usage_limit"),
        ("rate_limit", "API Error: Request rejected (429) · rate limited", 429, "rate_limit"),
        ("server_error", "API Error: Repeated 529 Overloaded errors. The API is at capacity", 529, "overload"),
        ("model_not_found", "There's an issue with the selected model (claude-nonesuch).", 404, "wrong_model"),
    ],
)
def test_the_error_that_ends_a_session_says_what_kept_it_from_working(
    error: str, text: str, status: int | None, kind: str
) -> None:
    found = trouble(INIT, failed(error, text, status), FAILED, ESC)
    assert (found.kind, found.message, found.until, found.is_final) == (kind, text, None, True)
    assert found.remedy if found.needs_person else True


@pytest.mark.parametrize(
    ("error", "text", "status"),
    [
        ("unknown", "API Error: 400 messages: text content blocks must be non-empty", 400),
        ("invalid_request", "Prompt is too long · 1200000 tokens", 400),
        ("max_output_tokens", "API Error: Claude's response exceeded the 64000 output token maximum.", None),
    ],
)
def test_what_is_the_batch_s_own_fault_is_no_trouble_of_the_agent(error: str, text: str, status: int | None) -> None:
    found = heard(INIT, failed(error, text, status), FAILED)
    assert found.trouble is None
    assert found.ended


def test_what_the_model_says_of_limits_is_no_limit() -> None:
    said = SAID.replace("All done.", "You've hit your 5-hour limit · resets 3pm. API Error: 429")
    assert heard(INIT, said, RESULT.replace("All done.", "usage limit reached|1795264984")).trouble is None


def test_the_limit_of_a_subscription_ends_when_it_says() -> None:
    found = trouble(BY_SIGN_IN, USED_UP)
    assert (found.kind, found.until, found.is_final) == ("usage_limit", RESETS, True)
    assert found.message == "the limit (five hour) is used up"
    text = "You've hit your 5-hour limit · resets 12:42pm (UTC)"
    after = trouble(BY_SIGN_IN, USED_UP, failed("rate_limit", text, 429), FAILED)
    assert (after.kind, after.until, after.message) == ("usage_limit", RESETS, text)
    assert trouble(BY_SIGN_IN, USED_UP, retry(429, "rate_limit", 1, 7199424)) == found


def test_a_server_that_is_busy_is_no_limit_of_a_subscription() -> None:
    busy = '{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","isUsingOverage":false}}'
    text = "API Error: Server is temporarily limiting requests (not your usage limit)"
    found = trouble(BY_SIGN_IN, busy, failed("rate_limit", text, 429), FAILED)
    assert (found.kind, found.until, found.message) == ("rate_limit", None, text)


@pytest.mark.parametrize("line", [NEARLY, FINE, PAID_BEYOND])
def test_what_is_told_of_a_limit_that_is_not_reached_is_no_trouble(line: str) -> None:
    assert heard(BY_SIGN_IN, line, RESULT).trouble is None


def test_a_spending_limit_ends_when_it_says() -> None:
    text = (
        "API Error: 400 You have reached your specified API usage limits. You will regain access on 2026-12-01 at"
        " 00:00 UTC."
    )
    found = trouble(INIT, failed("unknown", text, 400), FAILED)
    assert (found.kind, found.until) == ("usage_limit", datetime(2026, 12, 1, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("line", "until", "final"),
    [
        (retry(429, "rate_limit", 1, 566), None, False),
        (retry(429, "rate_limit", 3, 2430), None, False),
        (retry(429, "rate_limit", 7, 39990), None, False),
        (retry(429, "rate_limit", 1, 35711), NOW + 35.711, False),
        (retry(429, "rate_limit", 1, 30000), NOW + 30, False),
        (retry(429, "rate_limit", 1, 64044), NOW + 64.044, True),
        (retry(429, "rate_limit", 1, 8024324), NOW + 8024.324, True),
        (retry(429, "rate_limit", 7, 59123), NOW + 59.123, False),
    ],
)
def test_a_wait_longer_than_its_own_is_the_server_s(line: str, until: float | None, final: bool) -> None:
    found = trouble(INIT, line)
    assert (found.kind, found.until, found.is_final) == ("rate_limit", until, final)
    assert found.message == "429 rate limit"


OWN_WAITS = (566, 1092, 2113, 4233, 9119, 19422, 33640)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (429, "rate_limit", "rate_limit"),
        (529, "overloaded", "overload"),
        (500, "server_error", "overload"),
        (None, "unknown", "overload"),
    ],
)
def test_one_that_is_turned_away_for_a_minute_is_ended(status: int | None, error: str, kind: str) -> None:
    lines = [retry(status, error, number, wait) for number, wait in enumerate(OWN_WAITS, start=1)]
    found = trouble(INIT, *lines[:-1])
    assert (found.kind, found.is_final) == (kind, False)
    assert trouble(INIT, *lines).is_final
    assert not trouble(INIT, *lines[:-1], STARTED, *lines[:-1]).is_final


def test_a_wait_that_is_told_again_is_the_same_one() -> None:
    lines = [retry(429, "rate_limit", 1, wait) for wait in (58000, 28000)]
    assert not trouble(INIT, *lines).is_final


@pytest.mark.parametrize("progress", [STARTED, DELTA, WROTE, WRITTEN, REFUSED, SAID, THINKS, RESULT])
def test_progress_ends_a_trouble(progress: str) -> None:
    assert heard(INIT, retry(529, "overloaded", 2, 1191), progress).trouble is None


@pytest.mark.parametrize("line", [REQUESTING, FINE, ESC])
def test_what_is_no_progress_ends_none(line: str) -> None:
    assert heard(INIT, retry(529, "overloaded", 2, 1191), line).trouble is not None


def test_nothing_ends_a_final_trouble() -> None:
    assert trouble(BY_SIGN_IN, USED_UP, STARTED, RESULT).is_final


def test_a_key_that_is_refused_is_refused_at_once_a_sign_in_may_be_renewed_first() -> None:
    first, second = (retry(401, "authentication_failed", number, 553) for number in (1, 2))
    found = trouble(INIT, first)
    assert (found.kind, found.is_final) == ("not_signed_in", True)
    assert "ANTHROPIC_API_KEY" in found.remedy
    assert not trouble(BY_SIGN_IN, first).is_final
    assert heard(BY_SIGN_IN, first, STARTED).trouble is None
    assert trouble(BY_SIGN_IN, first, second).is_final


def test_a_connection_that_cannot_be_had_is_an_overload() -> None:
    text = "API Error: Connection refused — a firewall or proxy may be blocking it (ECONNREFUSED)"
    found = trouble(INIT, retry(None, "unknown", 10, 33799), failed("unknown", text), FAILED)
    assert (found.kind, found.message, found.is_final) == ("overload", text, True)


@pytest.mark.parametrize(
    ("status", "said", "message"),
    [
        (1, "error: unknown option '--nonsense'", "error: unknown option '--nonsense'"),
        (1, "Error: Append system prompt file not found: /s/x.md\nbye", "Error: Append system prompt file not found"),
        (1, "", "it ended at once and said nothing"),
    ],
)
def test_one_that_does_not_even_begin_is_a_person_s_to_mend(status: int, said: str, message: str) -> None:
    parser = ClaudeParser()
    parser.finish(status, said)
    assert parser.heard.trouble is not None
    assert (parser.heard.trouble.kind, parser.heard.trouble.is_final) == ("set_up_wrongly", True)
    assert parser.heard.trouble.message.startswith(message)
    assert "`args`" in parser.heard.trouble.remedy


@pytest.mark.parametrize(("status", "lines"), [(-9, ()), (None, ()), (0, ()), (1, (INIT,))])
def test_other_ends_say_nothing_of_the_agent(status: int | None, lines: tuple[str, ...]) -> None:
    parser = ClaudeParser()
    for line in lines:
        parser.feed_line(line)
    parser.finish(status, "error: something")
    assert parser.heard.trouble is None


# For people -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (INIT, "Claude Code 2.1.330 with claude-sonnet-5-5"),
        (WROTE, "Write out.json"),
        (WROTE.replace('"file_path":"/s/ws/out.json"', '"command":"ls -l"'), "Write ls -l"),
        (SAID, "All done."),
        (
            REFUSED,
            "failed: /etc/hostname is outside /s/ws; --restricted confines the file tools to the working directory.",
        ),
        (retry(429, "rate_limit", 1, 35711), "429 rate limit; try 1 of 10 in 36 s"),
        (retry(None, "unknown", 2, 1089), "no answer; try 2 of 10 in 1 s"),
        (USED_UP, "the limit (five hour) is used up"),
        (RESULT, "ended: 2 turns, $0.0010"),
        (FAILED, "ended with an error: 1 turns, $0.0000"),
        (failed("billing_error", "Credit balance is too low"), "Credit balance is too low"),
        ("error: unknown option '--nonsense'", "error: unknown option '--nonsense'"),
        (
            '{"type":"result","is_error":true,"subtype":"error_max_turns","num_turns":3,"errors":'
            '["Reached maximum number of turns (2)"]}',
            "ended with an error: Reached maximum number of turns (2), 3 turns",
        ),
        *((line, "") for line in (REQUESTING, STARTED, DELTA, COUNTED, WRITTEN, THINKS, NEARLY, FINE)),
        *((line, "") for line in ("❯", "─" * 80, "  ⏵⏵ accept edits on (shift+tab to cycle)", "   ◐ medium · /effort")),
        ("● Write(out.json)", "● Write(out.json)"),
    ],
)
def test_lines_for_people_say_what_it_does_and_what_goes_wrong(line: str, text: str) -> None:
    assert display_line(line) == text


# Screens ----------------------------------------------------------------------------------------------------------

RULE = "─" * 120
FOOT = "  ⏵⏵ accept edits on (shift+tab to cycle)"


def screen(said: str, *, busy: bool = False, input_line: str = "❯") -> str:
    """The screen with something said on it."""
    working = " · esc to interrupt" if busy else ""
    head = " ▐▛███▛█   Claude Code v2.1.330\n▝▜██████▀  Opus 5.5 · API Usage Billing\n\n❯ Go."
    return f"{head}\n\n{said}\n\n{RULE}\n{input_line}\n{RULE}\n{FOOT}{working} · ← for agents\n\n"


def seen(*screens: str) -> TerminalParser:
    parser = TerminalParser(lambda: NOW)
    for text in screens:
        parser.feed_screen(text)
    return parser


def at(day: int, hour: int, minute: int) -> float:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("said", "kind", "until", "final"),
    [
        ("✻ 429 This request would exceed … · retrying in 2s · attempt 3/10", "rate_limit", None, False),
        ("✻ 429 This request would exceed … · retrying in 32s · attempt 7/10", "rate_limit", None, True),
        ("✶ API error · retrying in 32s · attempt 1/10", "overload", None, False),
        ("✻ API error · retrying in 1m 38s · attempt 1/10", "rate_limit", NOW + 98, True),
        ("✻ 5-hour limit reached · retrying in 1h (1:43pm) · attempt 1/10", "usage_limit", at(21, 13, 44), True),
        (
            "✻ Weekly limit reached · retrying in 5h (Nov 24, 11:43am) · attempt 1/10",
            "usage_limit",
            at(24, 11, 44),
            True,
        ),
        ("  ⎿  You've hit your 5-hour limit · resets 1:14pm (UTC)", "usage_limit", at(21, 13, 15), True),
        ("  ⎿  You've hit your session limit · resets 9am (UTC)", "usage_limit", at(22, 9, 1), True),
        ("  ⎿  Credit balance too low · Add funds: https://example.org", "usage_limit", None, True),
        (
            "● API Error: 400 You have reached your specified API usage limits. You will regain access on 2026-12-01"
            " at 00:00\n  UTC.",
            "usage_limit",
            datetime(2026, 12, 1, tzinfo=UTC).timestamp(),
            True,
        ),
        ("✻ 401 invalid x-api-key · retrying in 1s · attempt 1/10", "not_signed_in", None, False),
        ("✻ 401 invalid x-api-key · retrying in 1s · attempt 2/10", "not_signed_in", None, True),
        ("● Please run /login · API Error: 401 OAuth token has expired.", "not_signed_in", None, True),
        ("  ⎿  Not logged in · Please run /login", "not_signed_in", None, True),
        ("● There's an issue with the selected model (claude-x). It may not exist", "wrong_model", None, True),
        ("● API Error: Request rejected (429) · rate limited", "rate_limit", None, True),
        ("● API Error: Repeated 529 Overloaded errors. The API is at capacity", "overload", None, True),
        ("✻ 529 Overloaded · retrying in 1s · attempt 3/10\n  ⎿  If it persists, check", "overload", None, False),
        ("✻ 500 boom · retrying in 1s · attempt 3/10", "overload", None, False),
    ],
)
def test_a_screen_says_what_keeps_it_from_working(said: str, kind: str, until: float | None, final: bool) -> None:
    found = seen(screen(said, busy="retrying" in said)).heard.trouble
    assert found is not None
    assert (found.kind, found.until, found.is_final) == (kind, until, final)
    assert found.remedy if found.needs_person else True


def test_work_ends_a_trouble_that_was_seen() -> None:
    waiting = screen("✻ 529 Overloaded · retrying in 1s · attempt 3/10", busy=True)
    working = screen("● Now I write the file.\n\n✢ Billowing… (3s · ↓ 187 tokens)", busy=True)
    assert seen(waiting, working).heard.trouble is None
    hopeless = screen("  ⎿  Not logged in · Please run /login")
    assert seen(hopeless, working).heard.trouble is not None


@pytest.mark.parametrize(
    "said",
    ["● Finished: the errors are API Error: 529 and others.", "  the limit: You've hit your 5-hour limit", "❯ Go."],
)
def test_what_it_says_of_errors_is_none(said: str) -> None:
    assert seen(screen(said)).heard.trouble is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1:43pm", at(21, 13, 44)),
        ("12:05am", at(22, 0, 6)),
        ("10:41am", at(21, 10, 42)),
        ("3pm (UTC)", at(21, 15, 1)),
        ("Nov 24, 11:43am", at(24, 11, 44)),
        ("Jan 2, 1am", datetime(2027, 1, 2, 1, 1, tzinfo=UTC).timestamp()),
        ("Foo 2, 1am", None),
        ("soon", None),
    ],
)
def test_a_time_of_day_is_the_next_one(text: str, expected: float | None) -> None:
    assert next_time_of_day(text, NOW) == expected


def test_an_option_that_it_does_not_know_is_a_person_s_to_mend() -> None:
    parser = TerminalParser()
    parser.finish(1, "error: unknown option '--nonsense'")
    assert parser.heard.trouble is not None
    assert parser.heard.trouble.kind == "set_up_wrongly"


# Records of interactive sessions ----------------------------------------------------------------------------------


def record(home: Path, *lines: dict[str, Any]) -> AgentReport:
    folder = home / ".claude" / "projects" / "-s-ws"
    folder.mkdir(parents=True)
    (folder / "289b072f.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"half":')
    parser = TerminalParser()
    parser.feed_records(home)
    return parser.heard


def answer(name: str, spoken: int, **more: Any) -> dict[str, Any]:
    usage = {"input_tokens": 11, "cache_creation_input_tokens": 22, "cache_read_input_tokens": 33}
    message = {"id": name, "model": "claude-opus-5-5", "usage": {**usage, "output_tokens": spoken}}
    return {"parentUuid": "7e70", "message": message, "type": "assistant", "sessionId": "289b072f", **more}


def test_an_interactive_session_tells_what_it_cost_in_its_record(tmp_path: Path) -> None:
    counts = {"inputTokens": 22, "outputTokens": 88, "cacheReadInputTokens": 66, "cacheCreationInputTokens": 44}
    costs = {"type": "cost-state", "totalCostUSD": 0.0020812, "modelUsage": {"claude-opus-5-5": counts}}
    found = record(tmp_path, {"type": "mode"}, answer("msg_01", 44), answer("msg_02", 44), costs, costs)
    assert (found.model, found.provider_session_id) == ("claude-opus-5-5", "289b072f")
    assert found.usage == Usage(
        cost_usd=0.0020812, input_tokens=22, output_tokens=88, cache_read_tokens=66, cache_write_tokens=44
    )


def test_one_that_was_killed_tells_its_tokens(tmp_path: Path) -> None:
    refused = answer("f377", 0, error="rate_limit")
    found = record(tmp_path, answer("msg_01", 1), answer("msg_01", 44), answer("msg_02", 5), refused)
    assert found.usage == Usage(input_tokens=22, output_tokens=49, cache_read_tokens=66, cache_write_tokens=44)


# What sessions are given ------------------------------------------------------------------------------------------

HELP = "--tools --setting-sources --strict-mcp-config --exclude-dynamic-system-prompt-sections"
KEY = "sk-ant-api03-dummy-key-0123456789abcdefghij"


@pytest.fixture(autouse=True)
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with nothing of Claude Code in it, and none of its variables."""
    home = tmp_path / "person"
    home.mkdir()
    for name in os.environ:
        if name.startswith(("ANTHROPIC", "CLAUDE")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture
def paths(tmp_path: Path) -> SessionPaths:
    workspace, home = tmp_path / "workspace", tmp_path / "home"
    workspace.mkdir()
    home.mkdir()
    (workspace / "prompt.md").write_text("SHARED own")
    return SessionPaths(
        project=tmp_path,
        workspace=workspace,
        home=home,
        prompt_file=workspace / "prompt.md",
        input_file=workspace / "input.json",
        output_file=workspace / "out.json",
    )


def program(folder: Path, options: str) -> str:
    """A program that knows some options."""
    path = folder / "claude"
    path.write_text(f"#!/bin/sh\necho '{options}'\n")
    path.chmod(0o755)
    return str(path)


def agent(folder: Path, options: str = HELP, **settings: Any) -> ClaudeDriver:
    return ClaudeDriver(
        Project(folder, ProjectSettings(), folder / "supervisor.toml"),
        "claude",
        AgentSettings(program=program(folder, options), **settings),
    )


def spec(shared: int = 0) -> SessionRequest:
    return SessionRequest(
        name="s",
        agent="claude",
        prompt="SHARED own",
        shared=shared,
        input_json="{}",
        output_name="out.json",
        attempt=1,
        timeout_s=60,
    )


def sign_in(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    tokens = {"accessToken": "sk-ant-oat01-" + "x" * 30, "refreshToken": "sk-ant-ort01-" + "y" * 30, "expiresAt": 1}
    path = folder / ".credentials.json"
    path.write_text(json.dumps({"claudeAiOauth": tokens}))
    return path


def test_it_is_known_by_its_name(tmp_path: Path) -> None:
    project = Project(tmp_path, ProjectSettings(), tmp_path / "supervisor.toml")
    assert isinstance(make_agent(project, "claude").driver, ClaudeDriver)


def test_the_whole_prompt_is_read_from_its_file_where_nothing_is_shared(tmp_path: Path, paths: SessionPaths) -> None:
    claude = agent(tmp_path)
    claude.prepare(paths, spec())
    assert claude.stdin(paths) == paths.prompt_file
    words = claude.command(paths, "opus")
    assert "--append-system-prompt-file" not in words
    assert words[words.index("--model") + 1] == "opus"
    assert words[words.index("--setting-sources") + 1] == ""
    assert "SHARED" not in " ".join(words)


def test_what_is_shared_goes_before_the_prompt(tmp_path: Path, paths: SessionPaths) -> None:
    claude = agent(tmp_path)
    claude.prepare(paths, spec(shared=7))
    words = claude.command(paths, None)
    assert Path(words[words.index("--append-system-prompt-file") + 1]).read_text() == "SHARED "
    assert "--exclude-dynamic-system-prompt-sections" in words
    stdin = claude.stdin(paths)
    assert stdin is not None
    assert stdin.read_text() == "own"
    assert "--model" not in words


def test_options_that_only_newer_ones_know_are_given_to_those(tmp_path: Path, paths: SessionPaths) -> None:
    assert "--restricted" not in agent(tmp_path).command(paths, None)
    newer = agent(tmp_path, f"{HELP} --restricted --permission-prompts <target>").command(paths, None)
    assert "--restricted" in newer
    assert newer[newer.index("--permission-prompts") + 1] == "none"


def test_one_that_cannot_be_confined_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    agent(tmp_path).check()
    with pytest.raises(AgentError, match="does not know --setting-sources, --strict-mcp-config"):
        agent(tmp_path, "--tools --exclude-dynamic-system-prompt-sections").check()


def test_the_user_s_own_arguments_come_last_and_choose_the_tools(tmp_path: Path, paths: SessionPaths) -> None:
    assert "Read,Write" in agent(tmp_path).command(paths, None)
    words = agent(tmp_path, args=("--tools", "Read,Write,Edit")).command(paths, None)
    assert words[-2:] == ["--tools", "Read,Write,Edit"]
    assert words.count("--tools") == 1


def test_a_session_sees_its_own_variables_and_no_others(
    tmp_path: Path, paths: SessionPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_MODEL", "opus")
    monkeypatch.setenv("CLAUDE_CODE_USE_BEDROCK", "1")
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", "/somewhere")
    found = agent(tmp_path).environment(paths)
    assert (found["ANTHROPIC_API_KEY"], found["ANTHROPIC_MODEL"]) == (KEY, "opus")
    assert "CLAUDE_CODE_USE_BEDROCK" not in found and "CLAUDE_CONFIG_DIR" not in found
    assert found["CLAUDE_CODE_DISABLE_ATTACHMENTS"] == "1"
    assert found["CLAUDE_CODE_TMPDIR"] == str(paths.home / "tmp")
    assert "TZ" not in found
    assert KEY in agent(tmp_path).secrets()
    passed = agent(tmp_path, pass_env=("CLAUDE_CODE_USE_BEDROCK",))
    assert passed.environment(paths)["CLAUDE_CODE_USE_BEDROCK"] == "1"


@pytest.mark.parametrize(
    ("address", "left_out"),
    [(None, False), ("https://api.anthropic.com", False), ("http://127.0.0.1:8080", True)],
)
def test_the_maker_s_own_line_is_left_out_for_other_servers(
    address: str | None, left_out: bool, tmp_path: Path, paths: SessionPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    if address is not None:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    found = agent(tmp_path).environment(paths)
    assert found.get("CLAUDE_CODE_ATTRIBUTION_HEADER") == ("0" if left_out else None)


def test_a_sign_in_is_used_where_it_is(tmp_path: Path, paths: SessionPaths, person: Path) -> None:
    claude = agent(tmp_path)
    with pytest.raises(AgentError, match="not signed in"):
        claude.check()
    file = sign_in(person / ".claude")
    claude.check()
    assert claude.signed_in_by() == "~/.claude/.credentials.json"
    assert claude.environment(paths)["CLAUDE_SECURESTORAGE_CONFIG_DIR"] == str(file.parent)
    claude.prepare(paths, spec())
    claude.reclaim_credentials(paths)
    assert not (paths.home / ".claude").exists()
    assert len([secret for secret in claude.secrets() if secret.startswith("sk-ant-o")]) == 2


def test_in_a_sandbox_a_copy_of_the_sign_in_is_used_and_nothing_else_of_its_folder_is_seen(
    tmp_path: Path, paths: SessionPaths, person: Path
) -> None:
    """The folder also holds settings, which may name commands that the user's own Claude Code runs."""
    file = sign_in(person / ".claude")
    (file.parent / "settings.json").write_text("{}")
    claude = agent(tmp_path)
    claude.prepare(paths, spec().model_copy(update={"isolation": Isolation(sandbox="bubblewrap")}))
    (seen,) = claude.writable(paths)
    assert [path.name for path in seen.iterdir() if not path.name.endswith(".lock")] == [file.name]
    assert claude.environment(paths)["CLAUDE_SECURESTORAGE_CONFIG_DIR"] == str(seen)
    renewed = json.loads(file.read_text())
    renewed["claudeAiOauth"]["expiresAt"] = 2
    (seen / "new").write_text(json.dumps(renewed))
    os.utime(seen / "new", (time.time() + 5, time.time() + 5))
    (seen / "new").rename(seen / file.name)
    claude.reclaim_credentials(paths)
    assert json.loads(file.read_text()) == renewed


def test_a_sign_in_whose_renewal_was_refused_is_not_taken_back(
    tmp_path: Path, paths: SessionPaths, person: Path
) -> None:
    file = sign_in(person / ".claude")
    claude = agent(tmp_path)
    boxed = spec().model_copy(update={"isolation": Isolation(sandbox="bubblewrap")})
    claude.prepare(paths, boxed)
    lent = (paths.home / ".claude" / ".credentials.json").resolve()
    assert lent != file and lent.read_bytes() == file.read_bytes()
    assert claude.environment(paths)["CLAUDE_SECURESTORAGE_CONFIG_DIR"] == str(lent.parent)
    before = file.read_bytes()
    emptied = {"accessToken": "", "refreshToken": "", "expiresAt": 0}
    lent.write_text(json.dumps({"claudeAiOauth": emptied}))
    os.utime(lent, ns=(0, file.stat().st_mtime_ns + 10**9))
    claude.reclaim_credentials(paths)
    assert file.read_bytes() == before
    claude.sign_in.lend(paths.home / "another", boxed=True)
    assert lent.read_bytes() == before


def test_a_sign_in_of_another_folder_is_used_there(
    tmp_path: Path, paths: SessionPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "work"))
    sign_in(tmp_path / "work")
    claude = agent(tmp_path)
    assert claude.signed_in_by() == str(tmp_path / "work" / ".credentials.json")
    assert claude.environment(paths)["CLAUDE_SECURESTORAGE_CONFIG_DIR"] == str(tmp_path / "work")


@pytest.mark.parametrize("name", ClaudeDriver.key_variables)
def test_a_key_goes_before_a_sign_in(
    name: str, tmp_path: Path, paths: SessionPaths, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(person / ".claude")
    monkeypatch.setenv(name, KEY)
    claude = agent(tmp_path)
    assert claude.signed_in_by() == name
    assert "CLAUDE_SECURESTORAGE_CONFIG_DIR" not in claude.environment(paths)
    assert claude.writable(paths) == []


def test_its_cost_is_its_own_word(tmp_path: Path) -> None:
    price = Price(input=1, output=1)
    usage = Usage(cost_usd=0.5, input_tokens=1, output_tokens=1)
    assert agent(tmp_path, price=price).priced(usage).cost_usd == 0.5
    cut_off = Usage(input_tokens=1_000_000, output_tokens=1_000_000)
    assert agent(tmp_path, price=price).priced(cut_off).cost_usd == 2.0


# Interactive ------------------------------------------------------------------------------------------------------


def test_one_that_is_typed_into_is_set_up_before_it_asks(
    tmp_path: Path, paths: SessionPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    dialogs = (AnsweredDialog(shows="Really", answer="y"),)
    claude = agent(tmp_path, f"{HELP} --restricted --permission-prompts", mode="interactive", dialogs=dialogs)
    claude.prepare(paths, spec(shared=7))
    state = json.loads((paths.home / ".claude.json").read_text())
    assert state["projects"] == {str(paths.workspace.resolve()): {"hasTrustDialogAccepted": True}}
    assert state["customApiKeyResponses"]["approved"] == [KEY[-20:]]
    assert claude.stdin(paths) is None
    assert claude.prompt_to_paste(paths).read_text() == "own"
    words = claude.command(paths, None)
    assert "-p" not in words and "--permission-prompts" not in words and "--disable-slash-commands" not in words
    assert "--restricted" in words and "--append-system-prompt-file" in words
    assert claude.environment(paths)["TZ"] == "UTC"
    assert isinstance(claude.parser(), TerminalParser)
    assert claude.typing is not None
    assert claude.typing.dialogs[0].shows == "Really"
    assert len(claude.typing.dialogs) > 1


def test_without_a_key_there_is_none_to_approve(tmp_path: Path, paths: SessionPaths) -> None:
    assert "customApiKeyResponses" not in json.loads(claude_terminal.settings(paths.workspace, None))


TRUST = " Accessing workspace:\n\n /s/ws\n\n Quick safety check\n\n{}\n\n Enter to confirm · Esc to cancel"
USE_KEY = (
    "  Detected a custom API key\n\n  Do you want to use this API key?\n\n{}\n\n  Enter to confirm · Esc to cancel"
)
WRITE = " Do you want to create out.json?\n ❯ 1. Yes\n   2. Yes, and …\n   3. No\n\n Esc to cancel · Tab to amend"


def matched(pattern: str | None, text: str) -> bool:
    return pattern is not None and re.search(pattern, text, re.MULTILINE) is not None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (TRUST.format(" ❯ No, exit\n   Yes, I trust this folder"), "\x1b[B"),
        (TRUST.format("   No, exit\n ❯ Yes, I trust this folder"), "\r"),
        (TRUST.format(" ❯ 1. Yes, I trust this folder\n   2. No, exit"), "\r"),
        (USE_KEY.format("    Yes\n  ❯ No (recommended)"), "\x1b[A"),
        (USE_KEY.format("  ❯ Yes\n    No (recommended)"), "\r"),
        (WRITE, None),
    ],
)
def test_what_it_may_ask_at_its_start_is_answered_by_what_is_chosen(text: str, answer: str | None) -> None:
    typing: TerminalProtocol = claude_terminal.typing(())
    found = [dialog.answer for dialog in typing.dialogs if matched(dialog.shows, text)]
    assert found[:1] == ([] if answer is None else [answer])
    assert matched(typing.asks, text)
    assert not matched(typing.ready, text)


def test_it_is_ready_when_its_input_is_empty_and_at_work_while_it_can_be_interrupted() -> None:
    typing = claude_terminal.typing(())
    assert matched(typing.ready, screen("")) and not matched(typing.busy, screen(""))
    assert matched(typing.ready, screen("", input_line='❯ Try "fix lint errors"'))
    assert matched(typing.busy, screen("✻ Billowing…", busy=True))
    assert not matched(typing.ready, screen("", input_line="❯ Do what the pasted text says: [Pasted text #1]"))
    assert not matched(typing.asks, screen("● Finished."))
