"""What Codex's lines and its record mean: ids, tokens, ends, and what keeps it from working."""

from __future__ import annotations

from typing import Any

import pytest

from supervisor.agents.codex.codex_parser import CodexParser
from supervisor.model.agent_report import AgentReport, Usage
from tests.agents.codex.codex_lines import (
    COMMAND,
    COMPLETED,
    CONTEXT,
    FAILED,
    FIRST,
    NOON,
    PROMPT,
    REFUSED,
    SAID,
    THOUGHT,
    THREAD,
    TOO_LONG,
    TURN,
    WARNING,
    WROTE,
    at,
    error,
    failed,
    heard,
    record,
    retried,
    tokens,
)

# Lines ----------------------------------------------------------------------------------------------------------------


def test_a_session_that_went_well_tells_its_id_its_tokens_and_its_end() -> None:
    found = heard(THREAD, TURN, COMMAND, FAILED, WROTE, THOUGHT, SAID, COMPLETED)
    assert found.provider_session_id == "01a1fdae-3f0d-7242-9f18-397ddf6e2418"
    assert found.ended
    assert found.trouble is None


def test_what_codex_calls_input_is_split_into_new_cached_and_stored() -> None:
    usage = heard(THREAD, COMPLETED).usage
    assert usage == Usage(input_tokens=240, output_tokens=100, cache_read_tokens=1600, cache_write_tokens=160)
    assert usage.tokens == 2100


@pytest.mark.parametrize(
    "told",
    ["{}", '{"input_tokens":0,"cached_input_tokens":0,"cache_write_input_tokens":0,"output_tokens":0}', '"many"'],
)
def test_tokens_that_the_provider_did_not_tell_are_unknown_not_none(told: str) -> None:
    assert heard(f'{{"type":"turn.completed","usage":{told}}}').usage == Usage()


def test_an_older_codex_that_tells_no_stored_tokens_is_understood() -> None:
    usage = heard(
        '{"type":"turn.completed","usage":{"input_tokens":10,"cached_input_tokens":4,"output_tokens":3}}'
    ).usage
    assert usage == Usage(input_tokens=6, output_tokens=3, cache_read_tokens=4, cache_write_tokens=0)


@pytest.mark.parametrize(
    "line", ["", "{", "{}", "[]", '{"type":7}', '{"type":"item.completed","item":7}', '{"type":"error"}']
)
def test_lines_that_no_version_prints_do_no_harm(line: str) -> None:
    assert heard(line) == AgentReport()


def test_a_warning_is_no_trouble_and_no_progress() -> None:
    assert heard(WARNING).trouble is None
    assert heard(retried("Connection failed: error sending request"), WARNING).trouble is not None


# Troubles -------------------------------------------------------------------------------------------------------------

TROUBLES = [
    ("exceeded retry limit, last status: 429 Too Many Requests", "rate_limit"),
    ("exceeded retry limit, last status: 429 Too Many Requests, request id: req_abc123", "rate_limit"),
    ("rate limit exceeded: Rate limit reached for gpt-5.5 on tokens per min (TPM): Limit 30000.", "rate_limit"),
    ("You’ve hit your usage limit. Try again later.", "usage_limit"),
    ("You've hit your usage limit. To get more access now, send a request to your admin or try again later.",
     "usage_limit"),
    ("You’ve hit your usage limit for GPT-Spark. Switch to another model now, or try again at 1:29 PM.", "usage_limit"),
    ("Your workspace is out of credits. Ask your workspace owner to refill in order to continue.", "usage_limit"),
    ("Quota exceeded. Check your plan and billing details.", "usage_limit"),
    ("stream disconnected before completion: The usage limit has been reached", "usage_limit"),
    ("unexpected status 402 Payment Required: no money, url: http://127.0.0.1:1/v1/responses", "usage_limit"),
    ("unexpected status 503 Service Unavailable: busy, url: http://127.0.0.1:1/v1/responses", "overload"),
    ("unexpected status 529 : Overloaded, url: http://127.0.0.1:1/v1/responses", "overload"),
    ("We’re currently experiencing high demand, which may cause temporary errors.", "overload"),
    ("Selected model is at capacity. Please try a different model.", "overload"),
    ("stream disconnected before completion: idle timeout waiting for SSE", "overload"),
    ("stream disconnected before completion: error sending request", "overload"),
    ("Connection failed: error sending request", "overload"),
    ("workspace routing discovery failed", "overload"),
    ("Failed to refresh token: 500 Internal Server Error", "overload"),
    ("unexpected status 401 Unauthorized: Incorrect API key provided: sk-dummy.", "not_signed_in"),
    ("Your access token could not be refreshed because your refresh token was already used. Please log out and sign in"
     " again.", "not_signed_in"),
    ("Missing environment variable: `CODEX_API_KEY`.", "not_signed_in"),
    ("The model `gpt-nope` does not exist or you do not have access to it.", "wrong_model"),
    ("{\"detail\": \"The 'gpt-nope' model is not supported when using Codex with a ChatGPT account.\"}", "wrong_model"),
    ('{"type":"error","status":400,"error":{"type":"invalid_request_error","message":"The \'gpt-9\' model requires a'
     ' newer version of Codex. Please upgrade to the latest app or CLI and try again."}}', "wrong_model"),
    ("unexpected status 403 Forbidden: Country, region, or territory not supported, url: http://x/", "set_up_wrongly"),
    ('unexpected status 402 Payment Required: {"detail": {"code": "deactivated_workspace"}}', "set_up_wrongly"),
    ("To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus.", "set_up_wrongly"),
    ("unexpected status 404 Not Found: nothing is at /responses, url: http://127.0.0.1:1/responses", "set_up_wrongly"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "kind"), TROUBLES)
def test_the_last_error_of_a_session_says_what_keeps_it_from_working(message: str, kind: str) -> None:
    found = heard(THREAD, TURN, error(message), failed(message))
    assert found.trouble is not None
    assert found.trouble.kind == kind
    assert found.trouble.is_final
    assert found.ended
    assert found.trouble.remedy if found.trouble.needs_person else True


@pytest.mark.parametrize(("message", "kind"), TROUBLES)
def test_what_codex_tries_again_is_not_final_but_a_refused_key(message: str, kind: str) -> None:
    trouble = heard(THREAD, TURN, retried(message)).trouble
    assert trouble is not None
    assert trouble.kind == kind
    assert trouble.is_final == ("401" in message)
    assert "Reconnecting" not in trouble.message


def test_waiting_for_a_network_is_an_overload() -> None:
    trouble = heard(error("Reconnecting... waiting for network (Connection failed: error sending request)")).trouble
    assert trouble is not None
    assert (trouble.kind, trouble.is_final) == ("overload", False)


@pytest.mark.parametrize("progress", [COMMAND, WROTE, THOUGHT, SAID, COMPLETED])
def test_progress_ends_a_trouble(progress: str) -> None:
    assert heard(retried("exceeded retry limit, last status: 429 Too Many Requests"), progress).trouble is None


@pytest.mark.parametrize(
    "message",
    [
        "Codex ran out of room in the model's context window. Start a new thread or clear earlier history.",
        "Something that no version says",
    ],
)
def test_what_is_the_batch_s_own_fault_is_no_trouble_of_the_agent(message: str) -> None:
    found = heard(THREAD, TURN, error(message), failed(message))
    assert found.trouble is None
    assert found.ended


def test_the_words_of_a_provider_are_shown_without_their_wrapping() -> None:
    trouble = heard(error('{"detail": "The \'gpt-x\' model is not supported when using Codex."}')).trouble
    assert trouble is not None
    assert trouble.message == "The 'gpt-x' model is not supported when using Codex."


@pytest.mark.parametrize(
    "line",
    [
        "error: unexpected argument '--nonsense' found",
        "Error loading config.toml:",
        "Error: Model provider `nope` not found",
        "Not inside a trusted directory and --skip-git-repo-check was not specified.",
    ],
)
def test_settings_that_codex_refuses_are_a_person_s_to_mend(line: str) -> None:
    trouble = heard(line).trouble
    assert trouble is not None
    assert (trouble.kind, trouble.is_final, trouble.message) == ("set_up_wrongly", True, line)
    assert "args" in trouble.remedy


@pytest.mark.parametrize("line", [TOO_LONG, REFUSED, "Reading prompt from stdin...", "node: something"])
def test_other_plain_lines_are_no_trouble(line: str) -> None:
    assert heard(line).trouble is None


# The record -----------------------------------------------------------------------------------------------------------


def counted(total: int | None, *, primary: Any = None, secondary: Any = None) -> str:
    info = None if total is None else {"total_token_usage": tokens(total), "last_token_usage": tokens(1)}
    return record(
        "event_msg",
        {"type": "token_count", "info": info, "rate_limits": {"primary": primary, "secondary": secondary}},
    )


def after(lines: list[str], *printed: str) -> AgentReport:
    parser = CodexParser(lambda: NOON)
    for line in printed:
        parser.feed_line(line)
    parser.feed_record(lines)
    return parser.heard


def test_the_record_tells_the_model() -> None:
    found = after([PROMPT, CONTEXT, PROMPT], THREAD, COMPLETED)
    assert found.model == "gpt-5.5"
    assert found.usage == heard(COMPLETED).usage


@pytest.mark.parametrize(
    ("lines", "times"),
    [
        ([CONTEXT, FIRST], 1),
        ([CONTEXT, FIRST, counted(1), counted(3)], 3),
        ([CONTEXT, FIRST, counted(1), counted(2), counted(None)], 2),
        ([CONTEXT, counted(2), counted(3)[:90]], 2),
        ([CONTEXT, counted(2), FIRST[:120]], 2),
    ],
)
def test_tokens_of_a_session_that_was_cut_off_come_from_its_record(lines: list[str], times: int) -> None:
    usage = after(lines, THREAD, TURN, COMMAND).usage
    assert usage == Usage(
        input_tokens=520 * times,
        output_tokens=50 * times,
        cache_read_tokens=400 * times,
        cache_write_tokens=80 * times,
    )


def test_a_session_that_was_cut_off_before_its_first_answer_cost_nothing_that_is_known() -> None:
    assert after([CONTEXT, counted(None)], THREAD, TURN).usage == Usage()


FULL, LEFT = {"used_percent": 100.0, "resets_at": 1795268681}, {"used_percent": 40.0, "resets_at": 1795657681}


@pytest.mark.parametrize(
    ("primary", "secondary", "until"),
    [
        (FULL, LEFT, 1795268681.0),
        (FULL, None, 1795268681.0),
        (FULL, {**LEFT, "used_percent": 100.0}, 1795657681.0),
        (LEFT, LEFT, None),
        (None, None, None),
        ("none", {"used_percent": "100"}, None),
    ],
)
def test_a_usage_limit_that_printed_no_time_ends_with_the_windows_that_are_used_up(
    primary: Any, secondary: Any, until: float | None
) -> None:
    lines = [CONTEXT, counted(None, primary=primary, secondary=secondary)]
    trouble = after(lines, error("You’ve hit your usage limit. Try again later.")).trouble
    assert trouble is not None
    assert trouble.until == until


@pytest.mark.parametrize(
    ("message", "until"),
    [
        ("You’ve hit your usage limit. Try again at 1:29 PM.", at("2026-11-21 13:30")),
        ("Your workspace is out of credits. Ask your workspace owner to refill in order to continue.", None),
        ("exceeded retry limit, last status: 429 Too Many Requests", None),
    ],
)
def test_the_windows_say_nothing_of_another_limit_or_of_one_whose_end_was_printed(
    message: str, until: float | None
) -> None:
    trouble = after([CONTEXT, counted(None, primary=FULL)], error(message)).trouble
    assert trouble is not None
    assert trouble.until == until
