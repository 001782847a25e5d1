"""Every agent refused, silent, killed, or leaving something behind; and the supervisor killed under it."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.external.real_agents.agent_clis import BATCH, Cli, Squares
from tests.support import processes
from tests.support.model_server.modes import Mode
from tests.support.model_server.server import ModelServer
from tests.support.waiting import until

STALL_S = 2.0
LEAVES = Mode("leaves a process and says so", command="setsid sleep {nap} >/dev/null 2>&1 & printf 'left %s' 42")
"""That the words `left 42` come back to the model shows that the command was run."""


def stops_after_one_session(cli: Cli, squares: Squares, remedy: str) -> str:
    """What the job ends with: what a person has to do. Nothing counts, and its other batch is not tried."""
    ended = squares.run("--concurrency", "1", status=4)
    first, *rest = ended.err.splitlines()
    assert first.startswith(f"supervisor: agent '{cli.name}': it cannot work: "), ended.err
    assert any(remedy in line for line in rest), ended.err
    assert squares.outcomes() == [("not_started", False)]
    status = squares.status()
    assert (status["status"], status["attempts"]) == ("stopped", 0)
    return ended.err


def test_a_key_that_is_refused_stops_the_job_and_with_another_it_goes_on(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.agent(cli, server)
    server.mode = "unauthorized"
    refused = stops_after_one_session(cli, squares, cli.key)
    asked = server.url.removeprefix("http://")
    assert f"the key in {cli.key} is set and was refused by {asked}: " in refused
    assert f"Put a valid one into {cli.key}." in refused
    assert ".." not in refused
    server.mode = "good"
    squares.run()
    assert squares.made == squares.right


def test_a_model_that_is_not_there_stops_the_job(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.agent(cli, server)
    server.mode = "wrong_model"
    stops_after_one_session(cli, squares, "model")


def test_one_that_gets_no_answer_is_started_again_and_counts_from_the_third_on(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.items(BATCH)
    squares.agent(cli, server, startup_timeout=3 * STALL_S, stall_timeout=STALL_S)
    server.mode = "never"
    squares.run("--max-attempts", "1", status=1)
    assert squares.outcomes() == [("stalled", False), ("stalled", False), ("failed", True)]
    failed = squares.status()["failed_items"]
    assert len(failed) == BATCH
    (error,) = failed[0]["errors"]
    assert error["type"] == "stalled"
    assert "nothing printed and no file touched" in error["message"]


def test_one_that_is_killed_is_started_again_and_that_counts(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    server.mode = "slow"
    running = squares.begin_run()
    server.wait_for(lambda record: record.decision == "answer")
    os.kill(squares.running_pid(), signal.SIGKILL)
    until(lambda: len(squares.attempts()) == 2, "a second session")
    server.release()
    assert running.end() == 0
    assert squares.made == squares.right
    assert squares.outcomes() == [("failed", True), ("passed", True)]
    (error,) = json.loads(squares.attempts()[0]["errors"])
    assert "signal 9" in error["message"]


def test_after_kill_9_of_the_supervisor_the_job_goes_on_where_it_was(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.agent(cli, server)
    squares.run("--max-sessions", "1", "--concurrency", "1", status=4)
    spent = squares.status()
    server.mode = "slow"
    asked = len(server.requests)
    running = squares.begin_run("--max-sessions", "0")
    until(lambda: [each for each in server.requests[asked:] if each.decision == "answer"], "the second session asks")
    running.kill()
    processes.none_left(squares.root)
    server.release()
    squares.run()
    assert squares.made == squares.right
    assert squares.outcomes() == [("passed", True), ("interrupted", False), ("passed", True)]
    status = squares.status()
    assert status["tokens"] >= 2 * spent["tokens"]
    assert status["elapsed_s"] > spent["elapsed_s"]
    assert (status["sessions"], status["attempts"], status["retries"]) == (3, 2, 0)


def test_a_process_that_it_leaves_in_the_background_is_ended_with_its_session(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    if cli.shell is None:
        pytest.skip(f"{cli.name} may run no command")
    squares.items(BATCH)
    squares.agent(cli, server, args=cli.shell)
    server.mode = LEAVES
    squares.run()
    assert squares.made == squares.right
    assert any("left 42" in json.dumps(record.body) for record in server.requests), "the command was never run"
    assert processes.named(server.nap) == []
