"""What Claude Code's lines mean: ids, tokens, costs, ends, and what keeps it from working."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from supervisor.agents.claude.claude_parser import ClaudeParser
from supervisor.model.agent_report import AgentFailure, AgentReport, Usage
from tests.agents.claude.claude_lines import (
    COUNTED,
    DELTA,
    FAILED,
    FINE,
    INIT,
    NEARLY,
    NOW,
    REFUSED,
    REQUESTING,
    RESULT,
    SAID,
    STARTED,
    THINKS,
    USED_UP,
    WRITTEN,
    WROTE,
    failed,
    retry,
)

RESETS = 1795264975
BY_SIGN_IN = INIT.replace('"apiKeySource":"ANTHROPIC_API_KEY"', '"apiKeySource":"none"')
PAID_BEYOND = USED_UP.replace('"isUsingOverage":false', '"isUsingOverage":true')
ESC = "\x1b[?25h"


def heard(*lines: str) -> AgentReport:
    parser = ClaudeParser(lambda: NOW)
    for line in lines:
        parser.feed_line(line)
    return parser.heard


def trouble(*lines: str) -> AgentFailure:
    found = heard(*lines).trouble
    assert found is not None
    return found


# Lines ----------------------------------------------------------------------------------------------------------------


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


# Troubles -------------------------------------------------------------------------------------------------------------


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
