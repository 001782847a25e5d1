"""What is particular to Gemini CLI: how its prompt arrives, what it reads and asks besides, its waits, its record."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest

from tests.external.real_agents.agent_clis import BATCH, FAR_S, PIPELINE, TARGET, Cli, Squares, first_requests, only
from tests.external.real_agents.connections import traced
from tests.support.model_server.server import ModelServer
from tests.support.model_server.turns import CACHED, FRESH, OUTPUT, STORED
from tests.support.repository_content import REPOSITORY

cli = only("gemini")
TEMPLATE = REPOSITORY / "supervisor" / "project" / "templates" / "batch.md.j2"
LONG_WAIT_S = 200
"""Gemini CLI itself would wait for so long; from 300 s it gives up at once."""
STALL_S = 3.0


def texts_in(body: Any) -> list[str]:
    """The pieces of text of the one message that a session begins with."""
    (message,) = body["contents"]
    return [part["text"] for part in message["parts"]]


# Prompts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("beginning", ["/go @input.json", "? @prompt.md", "<session_context>"])
def test_a_prompt_of_a_million_bytes_arrives_whole_whatever_stands_in_it(
    beginning: str, cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.write(f"prompts/{PIPELINE}/batch.md.j2", beginning + "\n" + TEMPLATE.read_text(encoding="utf-8"))
    line = '{number}. @input.json "@prompt.md" a@b.c /help \\@x ‘größer’\t\u2028$(x) `y` @{{z}} \\\\n\n'
    text = "".join(line.replace("{number}", str(number)) for number in range(14_000))
    assert 1_000_000 < len(text.encode()) < 1_200_000
    squares.write(f"phase_intelligence/{PIPELINE}/how.md", text)
    items: dict[str, Any] = {"i@1": {"n": 1, "user": "@foo", "file": "@input.json", "mail": "a@b.c"}}
    squares.numbers = items
    squares.write("vfs/items.json", json.dumps(items))
    squares.agent(cli, server)
    squares.run()
    assert squares.made == squares.right
    (body,), (session,) = first_requests(server), squares.sessions()
    assert session.prompt.startswith(beginning) and text.strip() in session.prompt
    assert session.prompt in texts_in(body)


def test_requests_of_two_sessions_differ_in_their_prompts_alone(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.agent(cli, server)
    squares.run()
    first, second = first_requests(server)
    prompts = [session.prompt for session in squares.sessions()]
    told = [[text for text in texts_in(body) if text not in prompts] for body in (first, second)]
    assert told[0] == told[1] and len(told[0]) == len(texts_in(first)) - 1
    assert {name: first[name] for name in first if name != "contents"} == {
        name: second[name] for name in second if name != "contents"
    }
    assert str(squares.root) not in json.dumps(first)


def test_a_prompt_that_the_model_would_not_take_fails_its_batch_with_the_reason(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.write(f"phase_intelligence/{PIPELINE}/how.md", "Square every number. " * 240_000)
    squares.items(BATCH)
    squares.agent(cli, server)
    squares.run("--max-attempts", "1", status=1)
    assert server.requests == []
    (error,) = squares.status()["failed_items"][0]["errors"]
    assert "make the batches smaller" in error["message"]


# What it reads and asks besides -----------------------------------------------------------------------------------


def test_it_reads_nothing_of_the_folders_above(cli: Cli, squares: Squares, server: ModelServer) -> None:
    for folder in (".gemini/", "../.gemini/", ""):
        squares.write(f"{folder}.env", "GEMINI_CLI_CUSTOM_HEADERS=x-found: above\n")
        squares.write(f"{folder}GEMINI.md", "The word is 4711.\n")
    squares.items(BATCH)
    squares.agent(cli, server, sandbox="workspace")  # the other one hides them anyway
    squares.run()
    assert squares.made == squares.right
    assert [record.headers for record in server.requests if "x-found" in record.headers] == []
    assert "4711" not in json.dumps([record.body for record in server.requests])


def test_without_a_model_one_model_is_asked_and_no_other(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.agent(cli, server)
    squares.other_agent("gemini")
    squares.run()
    assert squares.made == squares.right
    models = {record.turn.model for record in server.requests if record.turn is not None}
    assert len(models) == 1
    assert squares.status()["agents"][0]["models"] == list(models)


def test_the_model_is_asked_and_nobody_else_is(cli: Cli, squares: Squares, server: ModelServer) -> None:
    program = traced(squares, cli)
    squares.items(BATCH)
    squares.agent(cli, server, program=program.program, sandbox="workspace")
    squares.run()
    assert squares.made == squares.right
    assert program.reached() == {(server.url.rpartition(":")[2], "127.0.0.1")}
    assert {record.decision for record in server.requests} == {"answer"}


def test_it_prints_no_warning(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    squares.run()
    printed = squares.done("logs", f"{PIPELINE}/{TARGET}", "--batch", "1", "--raw").out.splitlines()[1:]
    # A count of its own that it sometimes gives up at its end.
    assert [line for line in printed if not line.startswith(('{"type":', "[STARTUP]"))] == []


# Sign-in ----------------------------------------------------------------------------------------------------------


def test_a_key_of_vertex_ai_is_used_there(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    vertex = {"GOOGLE_GENAI_USE_VERTEXAI": "true", "GOOGLE_API_KEY": squares.secret}
    running = squares.begin("run", PIPELINE, TARGET, **vertex, GOOGLE_VERTEX_BASE_URL=server.url)
    assert running.end() == 0
    assert squares.made == squares.right
    assert all("/publishers/google/models/" in record.path for record in server.requests)


def test_a_lost_network_is_not_taken_for_a_lost_sign_in(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.agent(cli, server, pass_env=["HTTPS_PROXY"])
    squares.sign_out()
    signed_in = {"access_token": squares.secret, "refresh_token": squares.secret, "token_type": "Bearer"}
    (squares.home / ".gemini").mkdir()
    creds = squares.home / ".gemini" / "oauth_creds.json"
    creds.write_text(json.dumps({**signed_in, "expiry_date": (time.time() + FAR_S) * 1000}))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    running = squares.begin("run", PIPELINE, TARGET, "--concurrency", "1", HTTPS_PROXY=nobody)
    assert "the sign-in could not be checked" in running.line_with("met an overload")
    assert running.ask_to_end() == 3
    assert squares.files_with(squares.secret) == []
    assert server.requests == []


# Limits and ends --------------------------------------------------------------------------------------------------


def test_a_long_wait_of_its_own_is_ended_and_the_gate_waits(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.agent(cli, server)
    server.mode, server.failures, server.wait = "rate_limit_reset", 10**6, LONG_WAIT_S
    before = time.time()
    running = squares.begin_run("--concurrency", "1")
    gate = squares.until_paused()
    assert before + LONG_WAIT_S <= gate["until"] <= time.time() + LONG_WAIT_S + 1
    assert running.ask_to_end() == 3
    (attempt,) = squares.attempts()
    assert (attempt["outcome"], attempt["counted"]) == ("limited", 0)
    assert len(server.requests) == 1


def test_what_a_session_cost_that_was_cut_off_is_known(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.agent(cli, server, stall_timeout=STALL_S)
    server.mode = "permission"
    running = squares.begin_run("--max-sessions", "1")
    server.wait_for(lambda record: record.decision == "answer")
    server.mode = "never"
    assert running.end() == 4
    (attempt,) = squares.attempts()
    assert attempt["outcome"] == "stalled"
    assert (attempt["input_tokens"], attempt["output_tokens"]) == (FRESH + STORED, OUTPUT)
    assert attempt["cache_read_tokens"] == CACHED


def test_an_argument_that_it_does_not_know_stops_the_job_with_its_own_words(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.agent(cli, server, args=["--nope"])
    ended = squares.run("--concurrency", "1", status=4)
    assert "Unknown argument: nope" in ended.err
    assert "`args`" in ended.err
    assert squares.outcomes() == [("not_started", False)]
