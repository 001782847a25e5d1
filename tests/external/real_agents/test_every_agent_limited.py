"""Limits, overloads and budgets with every agent: nothing counts that was nobody's fault, and others take over."""

from __future__ import annotations

import re
import time

import pytest

from tests.external.real_agents.agent_clis import BATCH, FAR_S, PIPELINE, TARGET, Cli, Squares, named, why_not
from tests.support.model_server.server import ModelServer
from tests.support.waiting import until

MANY = 10**6
TAKES_OVER = {"claude": "codex", "codex": "gemini", "gemini": "opencode", "opencode": "codex"}
"""Pairs that share no variable."""


@pytest.mark.parametrize("mode", ["rate_limit_reset", "usage_limit"])
def test_a_limit_whose_end_was_told_pauses_until_then(
    mode: str, cli: Cli, squares: Squares, server: ModelServer
) -> None:
    if mode not in cli.tells_end_of:
        pytest.skip(f"{cli.name} does not print when it ends")
    squares.items(BATCH)
    squares.agent(cli, server)
    server.mode, server.failures, server.wait = mode, MANY, FAR_S
    before = time.time()
    running = squares.begin_run()
    gate = squares.until_paused()
    assert gate["agent"] == cli.name
    assert before + FAR_S - 60 <= gate["until"] <= time.time() + FAR_S * (1 + cli.late) + 60
    assert gate["next_try"] == gate["until"]
    assert re.search(r"paused until (\d{4}-\d\d-\d\d )?\d\d:\d\d \(", squares.done("status").out)
    assert running.ask_to_end() == 3
    assert squares.outcomes() == [("limited", False)]


@pytest.mark.parametrize("mode", ["rate_limit", "usage_limit", "no_credit"])
def test_a_limit_whose_end_was_not_told_pauses_and_says_so(
    mode: str, cli: Cli, squares: Squares, server: ModelServer
) -> None:
    if mode in cli.tells_end_of:
        pytest.skip(f"{cli.name} prints when it ends")
    if mode == "rate_limit" and cli.insists:
        pytest.skip(f"{cli.name} first tries again by itself for minutes; the next test looks at that")
    squares.items(BATCH)
    squares.agent(cli, server)
    server.mode, server.failures, server.wait = mode, MANY, FAR_S
    before = time.time()
    running = squares.begin_run()
    gate = squares.until_paused()
    assert gate["until"] is None
    assert before < gate["next_try"] <= time.time() + 60
    assert "until when is not known" in squares.done("status").out
    assert running.ask_to_end() == 3
    assert squares.outcomes() == [("limited", False)]


def test_while_a_session_tries_again_by_itself_no_other_starts(cli: Cli, squares: Squares, server: ModelServer) -> None:
    if not cli.insists:
        pytest.skip(f"{cli.name} soon gives up")
    squares.agent(cli, server, concurrency=1)
    server.mode, server.failures = "rate_limit", MANY
    running = squares.begin_run()
    (gate,) = until(lambda: squares.rows("SELECT * FROM agent_cooldowns"), "the gate is closed")
    assert gate["until"] is None
    assert squares.outcomes() == [("running", False)]
    server.failures = 0
    running.line_with(f"agent {cli.name} works again")
    assert running.end() == 0
    assert squares.made == squares.right
    assert squares.outcomes() == [("passed", True)] * 2


def test_a_limit_of_a_second_is_waited_for_and_counts_no_attempt(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    server.mode, server.failures, server.wait = "rate_limit_reset", 1, 1
    squares.run()
    assert squares.made == squares.right
    status = squares.status()
    assert (status["attempts"], status["retries"], status["gates"]) == (1, 0, [])


def test_a_pause_survives_kill_9_and_one_session_tries_before_all_go(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.agent(cli, server)
    server.mode, server.failures, server.wait = cli.limit, MANY, FAR_S
    running = squares.begin_run()
    gate = squares.until_paused()
    running.kill()
    before, asked = len(squares.attempts()), len(server.requests)

    server.mode = "slow"
    again = squares.begin_run()
    assert squares.until_paused() == gate
    again.kill()
    assert len(squares.attempts()) == before

    squares.end_pause()
    last = squares.begin_run()
    until(lambda: [record for record in server.requests[asked:] if record.begins], "a session asks the model")
    assert len(squares.attempts()) == before + 1
    assert len(squares.rows("SELECT 1 FROM batches WHERE status = 'pending'")) == 1
    server.release()
    last.line_with(f"agent {cli.name} works again")
    assert last.end() == 0
    assert squares.made == squares.right
    assert [outcome for outcome in squares.outcomes() if outcome[1]] == [("passed", True)] * 2
    assert squares.status()["retries"] == 0


def test_once_agents_test_gets_through_the_paused_job_goes_on(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    server.mode, server.wait = "usage_limit", FAR_S
    running = squares.begin_run()
    squares.until_paused()
    server.mode = "good"
    squares.done("agents", "test", cli.name)
    assert running.end() == 0
    assert squares.made == squares.right


def test_an_overload_that_passes_counts_no_attempt(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    server.mode, server.failures = "overloaded", 2
    squares.run()
    assert squares.made == squares.right
    status = squares.status()
    assert (status["attempts"], status["retries"], status["gates"]) == (1, 0, [])


def test_an_answer_that_breaks_off_twice_counts_no_attempt(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    server.mode, server.failures = "breaks_off", 2
    squares.run()
    assert squares.made == squares.right
    status = squares.status()
    assert (status["attempts"], status["retries"], status["gates"]) == (1, 0, [])


def test_the_second_agent_takes_over_while_the_first_is_limited(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    second = named(TAKES_OVER[cli.name])
    if missing := why_not(second):
        pytest.skip(missing)
    squares.items(BATCH)
    server.mode, server.wait = "usage_limit", FAR_S
    squares.agent(cli, server)
    with ModelServer() as other:
        squares.agent(second, other)
        squares.run("--agent", f"{cli.name},{second.name}")
        assert len(other.prompts()) == 1
    assert squares.made == squares.right
    done = [(row["agent"], row["outcome"]) for row in squares.attempts()]
    assert done == [(cli.name, "limited"), (second.name, "passed")]
    status = squares.status()
    assert [(agent["name"], agent["sessions"]) for agent in status["agents"]] == [(cli.name, 1), (second.name, 1)]
    assert [gate["agent"] for gate in status["gates"]] == [cli.name]
    assert re.search(rf"^  by {second.name} with \S+: 1 session$", squares.done("status").out, re.MULTILINE)


def test_it_takes_over_from_one_that_is_not_installed(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.other_agent("absent", kind=cli.name, program="is-not-there")
    squares.agent(cli, server)
    ended = squares.run("--agent", f"absent,{cli.name}")
    assert squares.made == squares.right
    assert [row["agent"] for row in squares.attempts()] == [cli.name]
    assert re.search(r"WARNING.*agent absent is out: the program 'is-not-there' is not installed", ended.out)


def test_it_stops_at_max_sessions_and_goes_on_with_more(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.agent(cli, server)
    ended = squares.run("--max-sessions", "1", "--concurrency", "1", status=4)
    assert "1 of 1 sessions are started (--max-sessions)" in ended.err
    assert squares.outcomes() == [("passed", True)]
    squares.run("--max-sessions", "2", "--concurrency", "1")
    assert squares.made == squares.right
    assert len(squares.attempts()) == 2


def test_it_stops_at_max_cost_and_goes_on_with_more(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.agent(cli, server, **cli.priced)
    ended = squares.run("--max-cost", "0.000001", "--concurrency", "1", status=4)
    assert re.search(r"\$0\.\d+ of \$0\.\d+ are spent \(--max-cost\)", ended.err)
    assert squares.outcomes() == [("passed", True)]
    first = squares.status()["cost_usd"]
    squares.run("--max-cost", "100", "--concurrency", "1")
    assert squares.made == squares.right
    assert squares.status()["cost_usd"] == pytest.approx(2 * first)


def test_without_a_price_max_cost_is_refused_where_no_cost_is_told(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    if cli.tells_cost:
        pytest.skip(f"{cli.name} tells what it costs")
    squares.agent(cli, server)
    ended = squares.run("--max-cost", "1", status=2)
    assert f"[agents.{cli.name}.price]" in ended.err
    assert squares.job_status(TARGET) is None
    assert PIPELINE not in ended.out
