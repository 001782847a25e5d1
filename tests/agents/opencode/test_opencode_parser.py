"""What opencode's lines mean: ids, tokens, costs, ends, and what keeps it from working."""

from __future__ import annotations

import pytest

from supervisor.agents.opencode.opencode_parser import OpencodeParser
from supervisor.model.agent_report import AgentReport, Usage
from tests.agents.opencode.opencode_lines import (
    DENIED,
    MODEL,
    NOW,
    RATE,
    TEXT,
    TOOL_STEP,
    WRITE,
    error,
    not_found,
    refused,
    retry,
)

LAST_STEP = (
    '{"type":"step_finish","timestamp":1795258989248,"sessionID":"ses_e0239cd6effed0RIQEUWLP3HtL","part":{"id":"prt_4",'
    '"reason":"stop","messageID":"msg_2","type":"step-finish","tokens":{"total":1050,"input":400,"output":30,'
    '"reasoning":20,"cache":{"write":0,"read":600}},"cost":0}}'
)


def hear(*lines: str) -> AgentReport:
    parser = OpencodeParser(clock=lambda: NOW)
    for line in lines:
        parser.feed_line(line)
    return parser.heard


def test_what_a_session_cost_is_the_sum_of_its_steps() -> None:
    heard = hear(MODEL, TOOL_STEP, TEXT, LAST_STEP)
    assert heard.usage == Usage(
        cost_usd=0.0023925, input_tokens=800, output_tokens=100, cache_read_tokens=1200, cache_write_tokens=70
    )
    assert heard.model == "claude-sonnet-4-5"
    assert heard.provider_session_id == "ses_1"
    assert heard.trouble is None


def test_a_cost_of_nothing_is_unknown() -> None:
    assert hear(MODEL, LAST_STEP).usage.cost_usd is None


def test_it_is_through_after_a_step_without_tool_calls() -> None:
    assert not hear(MODEL, TOOL_STEP, TEXT).ended
    assert hear(MODEL, TOOL_STEP, LAST_STEP).ended


def test_without_the_plugin_nothing_of_it_is_trusted() -> None:
    trouble = hear(TEXT, TOOL_STEP).trouble
    assert trouble is not None and trouble.kind == "set_up_wrongly" and trouble.is_final
    assert "plugin" in trouble.message


QUOTA = "You exceeded your current quota, please check your plan and billing details."
CREDIT = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."
GO = "Monthly usage limit reached. It will reset in 5 days 18 hours."
CHATGPT = "The usage limit has been reached"
TROUBLES = {
    "a limit of requests": (retry("Too Many Requests"), "rate_limit", None, False),
    "one that tells its end in words": (retry(RATE), "rate_limit", NOW + 20, False),
    "one that tells hours in words": (retry("Rate limit. Try again in 1h30m0s"), "rate_limit", NOW + 5400, True),
    "one that tells days in words": (
        retry("Rate limit. Resets in 2 days, 3 hours."),
        "rate_limit",
        NOW + 183_600,
        True,
    ),
    "one that tells less than a second": (retry("Rate limit. Try again in 120ms."), "rate_limit", NOW + 0.12, False),
    "an overload for an hour": (retry("Overloaded", after_s=3600), "rate_limit", NOW + 3600, True),
    "one that it would sleep over": (retry("Too Many Requests", after_s=18000), "rate_limit", NOW + 18000, True),
    "one for a minute that says quota": (retry(f"{QUOTA} Please retry in 34.5s."), "rate_limit", NOW + 34.5, False),
    "a quota": (retry(QUOTA), "usage_limit", None, True),
    "a plan's quota": (
        retry(GO, after_s=500_000, action={"reason": "account_rate_limit"}),
        "usage_limit",
        NOW + 500_000,
        True,
    ),
    "a subscription's, at first": (retry(CHATGPT), "usage_limit", None, False),
    "a subscription's, at last": (
        refused(429, CHATGPT, {"type": "usage_limit_reached", "resets_at": int(NOW) + 999, "resets_in_seconds": 1}),
        "usage_limit",
        NOW + 999,
        True,
    ),
    "an overload, at first": (retry("Overloaded", after_s=4), "overload", None, False),
    "what is not known, at first": (retry("Provider returned error"), "overload", None, False),
    "a limit after six attempts": (refused(429, RATE), "rate_limit", NOW + 20, True),
    "one with a header in seconds": (refused(429, "no", retry_after="77"), "rate_limit", NOW + 77, True),
    "one with a header in milliseconds": (refused(429, "no", retry_after_ms="1500"), "rate_limit", NOW + 1.5, True),
    "one with a date": (
        refused(429, "no", retry_after="Sat, 21 Nov 2026 10:50:39 GMT"),
        "rate_limit",
        1795258239.0,
        True,
    ),
    "no money": (refused(400, CREDIT), "usage_limit", None, True),
    "no money, openrouter": (refused(402, "Insufficient credits"), "usage_limit", None, True),
    "no money, openai": (refused(429, QUOTA, {"code": "insufficient_quota"}), "usage_limit", None, True),
    "an overload after six attempts": (refused(529, "Overloaded", retry_after="9"), "overload", None, True),
    "no connection": (
        error("APIError", "Cannot connect to API: Unable to connect.", isRetryable=True),
        "overload",
        None,
        True,
    ),
    "no answer": (
        error("APIError", "Provider response headers timed out after 300000ms", isRetryable=True),
        "overload",
        None,
        True,
    ),
    "a limit inside of a stream": (
        error("UnknownError", '{"message":"Rate limit exceeded","code":429}'),
        "rate_limit",
        None,
        True,
    ),
    "an overload inside of a stream": (
        error("UnknownError", '{"message":"Provider returned error","code":502}'),
        "overload",
        None,
        True,
    ),
    "a key that is refused": (refused(401, "invalid x-api-key"), "not_signed_in", None, True),
    "a key that google refuses": (refused(400, "API key not valid."), "not_signed_in", None, True),
    "a key without rights": (refused(403, "Your account does not have access"), "not_signed_in", None, True),
    "a sign-in that ran out": (error("UnknownError", "Token refresh failed: 401"), "not_signed_in", None, True),
    "no key": (
        error("ProviderAuthError", "Anthropic API key is missing.", providerID="anthropic"),
        "not_signed_in",
        None,
        True,
    ),
    "a model of a provider without a key": (
        not_found("anthropic/claude-sonnet-4-5", "claude-sonnet-4-5, claude-sonnet-4-5-20250929"),
        "not_signed_in",
        None,
        True,
    ),
    "a model that is not": (not_found("anthropic/claude-nope", "claude-fable-5"), "wrong_model", None, True),
    "a provider that is not": (not_found("nope/m", "standardcompute"), "wrong_model", None, True),
    "a model that is not there": (refused(404, "The model `m` does not exist"), "wrong_model", None, True),
    "settings that are wrong": (
        "Error: Configuration is invalid at OPENCODE_CONFIG_CONTENT",
        "set_up_wrongly",
        None,
        True,
    ),
    "half of an installation": (
        "Error: opencode-ai's postinstall script was not run.",
        "set_up_wrongly",
        None,
        True,
    ),
    "an argument that is not": ("opencode run [message..]", "set_up_wrongly", None, True),
}


@pytest.mark.parametrize(("line", "kind", "until", "final"), TROUBLES.values(), ids=TROUBLES)
def test_what_keeps_it_from_working(line: str, kind: str, until: float | None, final: bool) -> None:
    trouble = hear(MODEL, line).trouble
    assert trouble is not None
    assert (trouble.kind, trouble.until, trouble.is_final) == (kind, until, final)
    assert trouble.message
    assert bool(trouble.remedy) is (kind not in ("rate_limit", "overload"))


NO_TROUBLES = {
    "a prompt that is too long": error("ContextOverflowError", "This model's maximum context length is 128000 tokens."),
    "an answer that is too long": error("MessageOutputLengthError", ""),
    "a request that is wrong": refused(400, "messages: text content blocks must be non-empty"),
    "a prompt that is not allowed": refused(403, "Your input was flagged by moderation"),
    "what nobody knows": error("UnknownError", "Expected 512 words"),
    "an error of its own": error("UnknownError", "Unexpected server error. Check server logs.", ref="err_aed6c1a4"),
}


@pytest.mark.parametrize("line", NO_TROUBLES.values(), ids=NO_TROUBLES)
def test_what_is_the_tasks_fault_is_no_trouble(line: str) -> None:
    assert hear(MODEL, line).trouble is None


@pytest.mark.parametrize("line", [TEXT, WRITE, DENIED, TOOL_STEP])
def test_progress_clears_trouble(line: str) -> None:
    assert hear(MODEL, retry("Overloaded")).trouble is not None
    assert hear(MODEL, retry("Overloaded"), line).trouble is None


def test_what_only_a_person_can_mend_stays() -> None:
    missing = not_found("anthropic/claude-nope", "claude-fable-5")
    trouble = hear(missing, error("UnknownError", "Unexpected server error.", ref="err_1"), retry("Overloaded")).trouble
    assert trouble is not None and trouble.kind == "wrong_model"
