"""Every agent does a whole pipeline through the real command line, tells what it cost, and mends what went wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from supervisor.agents.agent_registry import PROGRAMS
from tests.external.real_agents.agent_clis import (
    BATCH,
    CLIS,
    PIPELINE,
    TARGET,
    Cli,
    Squares,
    asked_in,
    pinned_version,
    usage_of,
)
from tests.support import processes
from tests.support.model_server.server import ModelServer


class Finished(NamedTuple):
    """A job of two batches that was run to its end."""

    cli: Cli
    server: ModelServer
    squares: Squares

    @property
    def status(self) -> dict[str, Any]:
        return self.squares.status()


@pytest.fixture(scope="module", params=CLIS, ids=lambda cli: cli.name)
def finished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    """A whole run with each CLI, that several tests look at."""
    cli: Cli = request.param
    squares = Squares(tmp_path_factory.mktemp(cli.name).resolve() / "project")
    with ModelServer() as server:
        squares.agent(cli, server)
        squares.run()
        yield Finished(cli, server, squares)


def test_no_known_program_is_left_out() -> None:
    assert sorted(cli.name for cli in CLIS) == sorted(PROGRAMS)


def test_a_pipeline_of_two_batches_is_done(finished: Finished) -> None:
    assert finished.squares.made == finished.squares.right
    assert len(finished.squares.made) == 2 * BATCH
    (phase,) = finished.status["phases"]
    assert phase["status"] == "completed"
    assert phase["batches"] == {"total": 2, "done": 2, "running": 0}
    assert finished.squares.outcomes() == [("passed", True)] * 2


def test_each_batch_was_a_fresh_session_with_its_whole_prompt(finished: Finished) -> None:
    asked = [asked_in(prompt) for prompt in finished.server.prompts()]
    assert sorted(map(len, asked)) == [BATCH, BATCH]
    assert {**asked[0], **asked[1]} == finished.squares.numbers
    assert len({row["provider_session_id"] for row in finished.squares.attempts()}) == 2


def test_status_tells_tokens_cost_and_model(finished: Finished) -> None:
    status = finished.status
    expected = usage_of(finished.server)
    assert {kind: count or 0 for kind, count in status["usage"].items()} == expected
    assert status["tokens"] == sum(expected.values())
    if finished.cli.tells_cost:
        assert status["cost_usd"] > 0
    else:
        assert status["cost_usd"] is None
        assert status["cost_unknown_sessions"] == 2
    (agent,) = status["agents"]
    assert agent["name"] == finished.cli.name
    assert agent["models"] == [finished.cli.model.rpartition("/")[2]]
    assert agent["sessions"] == 2


def test_what_it_printed_can_be_read(finished: Finished) -> None:
    told = finished.squares.done("logs", f"{PIPELINE}/{TARGET}", "--batch", "1").out
    assert "The answers are in the file." in told
    assert '{"' not in re.sub(r"phase1_batch_1\.json.*", "", told)
    raw = finished.squares.done("logs", f"{PIPELINE}/{TARGET}", "--batch", "1", "--raw").out
    assert len(raw) > len(told)


def test_no_key_stands_in_any_file_of_the_project(finished: Finished) -> None:
    assert finished.squares.files_with(finished.squares.secret) == []


def test_nothing_of_it_runs_afterwards(finished: Finished) -> None:
    processes.none_left(finished.squares.root)


def test_nothing_but_the_model_was_asked_of_the_server(finished: Finished) -> None:
    assert [record.path for record in finished.server.requests if record.decision == "unknown"] == []


def test_an_output_that_is_not_json_is_asked_for_again_with_the_error(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    server.mode = "wrong_json"
    squares.run()
    assert squares.made == squares.right
    assert squares.outcomes() == [("failed", True), ("passed", True)]
    first, second = server.prompts()
    assert "# RETRY" not in first
    assert "not JSON" in second.partition("# RETRY")[2]
    assert squares.status()["retries"] == 1


def test_an_agent_that_asks_and_writes_nothing_is_told_what_it_said(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    server.mode = "asks"
    ended = squares.run()
    assert squares.made == squares.right
    assert squares.outcomes() == [("failed", True), ("passed", True)]
    said = "the session ended without the file phase1_batch_1.json; it said last: Which format, JSON or CSV?"
    (error,) = json.loads(squares.attempts()[0]["errors"])
    assert (error["type"], error["message"]) == ("no_output", said)
    assert said in ended.out
    assert said in server.prompts()[1].partition("# RETRY")[2]


def test_items_that_are_missing_are_asked_for_again_alone(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    server.mode = "missing_items"
    squares.run()
    assert squares.made == squares.right
    assert squares.outcomes() == [("partial", True), ("passed", True)]
    first, second = server.prompts()
    assert len(asked_in(first)) == BATCH
    assert list(asked_in(second)) == [i for i, item in squares.numbers.items() if item["n"] % 3 == 0]


def test_agents_lists_each_with_its_version_and_by_what_it_is_signed_in(squares: Squares, server: ModelServer) -> None:
    there = [cli for cli in CLIS if cli.program is not None]
    if not there:
        pytest.skip("none of the agent CLIs is installed: `make test-external` installs them")
    for cli in there:
        squares.agent(cli, server)
    rows = {row["name"]: row for row in json.loads(squares.done("agents", "--json").out)["agents"]}
    for cli in there:
        row = rows[cli.name]
        assert row["can_start"], row["reason"]
        assert row["program"] == str(cli.program)
        assert re.fullmatch(r"\d+\.\d+\.\d+", row["version"])
        assert row["version"] == (pinned_version(cli) or row["version"])
        assert (row["signed_in"], row["by"]) == ("yes", cli.key)
    squares.sign_out()
    told = squares.done("agents").out
    for cli in there:
        not_signed_in = rf"^{cli.name} .* not signed in .*\n    .*it is not signed in\n    .*{cli.key}"
        assert re.search(not_signed_in, told, re.MULTILINE)


def test_without_a_key_nothing_starts_and_it_says_how_to_sign_in(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.agent(cli, server)
    squares.sign_out()
    ended = squares.run(status=4)
    assert "not signed in" in ended.err and cli.key in ended.err
    assert squares.attempts() == []


def test_agents_test_says_that_it_works(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.agent(cli, server)
    told = squares.done("agents", "test", cli.name).out
    assert told.startswith(f"{cli.name} works: ")
    assert cli.model.rpartition("/")[2] in told


def test_agents_test_says_that_the_key_is_refused(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.agent(cli, server)
    server.mode = "unauthorized"
    told = squares.done("agents", "test", cli.name, status=4).err
    assert told.startswith(f"supervisor: {cli.name} does not work: ")
    assert cli.key in told
    assert squares.secret not in told
