"""What agents tell in numbers is believed within bounds: all that is, a store and a JSON document can hold."""

from __future__ import annotations

import json
import math

import pytest

from supervisor.agents.bounded_report import MOST_TOKENS, MOST_USD
from supervisor.agents.claude.claude_terminal import TerminalParser
from supervisor.agents.gemini.gemini_parser import GeminiParser
from supervisor.agents.json_lines_parser import JsonLinesParser
from supervisor.model.agent_report import AgentReport, Usage
from tests.agents.every_parser import PARSERS

USED = {
    "claude": (
        '{"type":"result","total_cost_usd":USD,"modelUsage":{"m":{"inputTokens":N,"outputTokens":N,'
        '"cacheReadInputTokens":N,"cacheCreationInputTokens":N}}}'
    ),
    "codex": (
        '{"type":"turn.completed","usage":{"input_tokens":N,"output_tokens":N,"cached_input_tokens":N,'
        '"cache_write_input_tokens":N}}'
    ),
    "command": (
        '{"type":"supervisor_usage","cost_usd":USD,"input_tokens":N,"output_tokens":N,"cache_read_tokens":N,'
        '"cache_write_tokens":N}'
    ),
    "gemini": '{"type":"result","status":"success","stats":{"total_tokens":N,"input_tokens":N,"cached":N}}',
    "opencode": (
        '{"type":"step_finish","part":{"reason":"stop","cost":USD,"tokens":{"input":N,"output":N,"reasoning":N,'
        '"cache":{"read":N,"write":N}}}}'
    ),
}
SESSIONS = 10**6
"""So many have to fit into a sum."""


def heard(name: str, *lines: str) -> AgentReport:
    parser: JsonLinesParser = PARSERS[name]()
    for line in lines:
        parser.feed_line(line)
    return parser.heard


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize("told", ["100000000000000000000", "9" * 401, "-1", "1.5", "true", '"7"', "1e3", "NaN"])
def test_a_count_that_cannot_be_is_untold(name: str, told: str) -> None:
    assert heard(name, USED[name].replace("USD", "0.5").replace("N", told)).usage.tokens is None


@pytest.mark.parametrize("name", ["claude", "command", "opencode"])
@pytest.mark.parametrize(
    "told", ["1e308", "9" * 401, "-1", "-Infinity", "Infinity", "NaN", "1000000001", '"1"', "true"]
)
def test_an_amount_that_cannot_be_is_untold(name: str, told: str) -> None:
    assert heard(name, USED[name].replace("USD", told).replace("N", "7")).usage.cost_usd is None


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize("times", [1, 3])
def test_however_much_is_told_of_a_million_sessions_the_sums_can_be_kept(name: str, times: int) -> None:
    used = USED[name].replace("USD", "999999999.5").replace("N", str(MOST_TOKENS))
    usage = heard(name, *[used] * times).usage
    assert usage.tokens is not None
    assert 0 <= usage.tokens * SESSIONS < 2**63
    assert math.isfinite((usage.cost_usd or 0.0) * SESSIONS)


def test_what_a_session_tells_beyond_what_one_may_come_to_is_as_much_as_that() -> None:
    used = USED["command"].replace("USD", str(MOST_USD)).replace("N", str(MOST_TOKENS))
    most = MOST_TOKENS
    assert heard("command", used, used).usage == Usage(
        cost_usd=MOST_USD, input_tokens=most, output_tokens=most, cache_read_tokens=most, cache_write_tokens=most
    )


def test_gemini_s_parts_that_are_more_than_the_whole_make_nothing_negative() -> None:
    stats = {"total_tokens": 5, "input_tokens": 10, "cached": 20}
    usage = heard("gemini", json.dumps({"type": "result", "status": "success", "stats": stats})).usage
    assert (usage.input_tokens, usage.output_tokens) == (0, 0)


@pytest.mark.parametrize("attempt", ["1e5", "5000", "100000000000", "-3", "9" * 401])
@pytest.mark.parametrize("wait_ms", ["1000", "9" * 401, "1e308", "NaN", "-1"])
def test_whatever_claude_counts_its_tries_as_it_is_heard(attempt: str, wait_ms: str) -> None:
    line = '{"type":"system","subtype":"api_retry","error_status":429,"attempt":A,"retry_delay_ms":W}'
    trouble = heard("claude", line.replace("A,", f"{attempt},").replace("W}", f"{wait_ms}}}")).trouble
    assert trouble is not None
    assert trouble.kind == "rate_limit"


@pytest.mark.parametrize("told", ["9" * 401, "1e308", "NaN", "-Infinity", '"soon"'])
def test_whatever_clock_opencode_has_its_retry_is_heard(told: str) -> None:
    line = '{"type":"retry","timestamp":N,"status":{"message":"Too many requests","next":N}}'
    trouble = heard("opencode", line.replace("N", told)).trouble
    assert trouble is not None
    assert trouble.until is None


def test_a_number_of_tries_without_end_on_the_screen_is_heard() -> None:
    parser = TerminalParser()
    parser.feed_screen(f"✻ Overloaded… · Retrying in {'9' * 400}s · attempt {'9' * 5000}/10")
    assert parser.heard.usage == Usage()


def test_a_wait_of_gemini_without_end_is_heard() -> None:
    parser = GeminiParser()
    parser.feed_line(f"Attempt 1 failed with status 429. Retrying after {'9' * 401}ms...")
    assert parser.heard.usage == Usage()
