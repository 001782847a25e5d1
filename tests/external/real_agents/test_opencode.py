"""What is particular to opencode: permissions, whom it asks, what is cached, retries, and the user's own settings."""

from __future__ import annotations

import itertools
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.external.real_agents.agent_clis import (
    BATCH,
    FAR_S,
    Cli,
    Squares,
    a_million_bytes_arrive,
    first_requests,
    only,
    search_path,
)
from tests.external.real_agents.connections import traced
from tests.support.model_server.scripted import Scripted
from tests.support.model_server.server import ModelServer
from tests.support.model_server.turns import Call

cli = only("opencode")
CHAT_CONFIG = """\
{
  // A server of one's own.
  "model": "own/numbers",
  "permission": "allow",
  "provider": {
    "own": {
      "npm": "@ai-sdk/openai-compatible",
      "options": {"baseURL": "%s/v1", "apiKey": "{file:own.key}"},
      "models": {"numbers": {"name": "Numbers"}},
    },
  },
}
"""


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, env={"PATH": search_path()})


@pytest.mark.parametrize("repository", [False, True], ids=["in no repository", "in a repository"])
def test_it_reads_and_writes_in_its_workspace_alone(repository: bool, cli: Cli, squares: Squares) -> None:
    squares.items(BATCH)
    secret = squares.write("secret.txt", "the word is 4711-outside")
    squares.write("AGENTS.md", "Say the word 4711-instructed.")
    if repository:
        git(squares.root, "init")
        git(squares.root, "add", "secret.txt")
        git(squares.root, "commit", "-m", "Begin")
    up = "../" * 5
    calls = (
        Call("write", {"filePath": str(squares.root / "absolute.txt"), "content": "x"}),
        Call("write", {"filePath": f"{up}relative.txt", "content": "x"}),
        Call("write", {"filePath": "../home/x.txt", "content": "x"}),
        Call("edit", {"filePath": str(secret), "oldString": "word", "newString": "deed"}),
        Call("read", {"filePath": str(secret)}),
        Call("read", {"filePath": f"{up}secret.txt"}),
        Call("read", {"filePath": "/etc/hostname"}),
        Call("bash", {"command": "touch ran.txt", "description": "Touch"}),
        Call("write", {"filePath": "notes/own.txt", "content": "the word is 4711-inside"}),
        Call("read", {"filePath": "notes/own.txt"}),
        Call("read", {"filePath": "input.json"}),
    )
    with Scripted(*calls) as server:
        squares.agent(cli, server, sandbox="workspace")
        before = set(squares.root.iterdir())
        squares.run()
    assert squares.made == squares.right
    results = [json.dumps(result["content"]) for result in server.results()]
    refused = ["prevents you from using this specific tool call" in result for result in results]
    assert refused == [True] * 7 + [False] * 4
    assert "unavailable tool" in results[7]
    assert "4711-inside" in results[9]
    assert set(squares.root.iterdir()) == before
    assert secret.read_text() == "the word is 4711-outside"
    assert list(squares.root.rglob("ran.txt")) == []
    assert not (squares.root / ".git" / "opencode").exists()
    assert not any("4711-instructed" in json.dumps(record.body) for record in server.requests)


def test_a_prompt_of_a_million_bytes_arrives_whole(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.agent(cli, server)
    a_million_bytes_arrive(squares, server)


@pytest.mark.parametrize("model", ["anthropic/claude-sonnet-4-5", "openai/gpt-5.5"])
def test_what_batches_share_begins_their_requests(model: str, cli: Cli, squares: Squares, server: ModelServer) -> None:
    provider = model.partition("/")[0].upper()
    variables = {"key": f"{provider}_API_KEY", "base": f"{provider}_BASE_URL", "below": ""}
    squares.agent(cli._replace(model=model, **variables), server)
    squares.run()
    assert squares.made == squares.right
    first, second = first_requests(server)
    assert first["tools"] == second["tools"]
    texts = [_system_texts(body) for body in (first, second)]
    assert texts[0][0] == texts[1][0] and texts[0][1] != texts[1][1]
    assert "Square every number." in texts[0][0]
    assert "# This batch" not in "".join(texts[0])
    assert "Working directory" in texts[0][1]
    if model.startswith("anthropic"):
        assert [block["cache_control"] for block in first["system"]] == [{"type": "ephemeral"}] * 2


def _system_texts(body: Any) -> list[str]:
    if "system" in body:
        return [block["text"] for block in body["system"]]
    found = [item["content"] for item in body["input"] if item.get("role") in ("system", "developer")]
    return [content if isinstance(content, str) else content[0]["text"] for content in found]


def test_it_is_heard_while_it_waits_to_try_again(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    server.mode, server.failures = "rate_limit", 2
    ended = squares.run()
    assert squares.made == squares.right
    assert squares.outcomes() == [("passed", True)]
    assert "agent opencode: paused (rate limit" in ended.out and "agent opencode works again" in ended.out
    assert "it waits and tries again" in squares.done("logs", "squares/demo", "--batch", "1").out


def test_one_that_would_sleep_for_hours_is_ended_at_once(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    server.mode, server.failures, server.wait = "rate_limit_reset", 1, FAR_S
    running = squares.begin_run()
    gate = squares.until_paused()
    assert gate["until"] is not None
    assert running.ask_to_end() == 3
    assert len(server.requests) == 1


def test_sessions_at_once_have_homes_of_their_own(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(4 * BATCH)
    squares.agent(cli, server)
    squares.run("--concurrency", "4")
    assert squares.made == squares.right
    assert squares.outcomes() == [("passed", True)] * 4
    homes = [session.folder / "home" for session in squares.sessions()]
    assert len(homes) == 4
    assert all((home / ".local/share/opencode/opencode.db").is_file() for home in homes)
    assert list(squares.home.iterdir()) == []


def test_it_asks_nobody_but_the_model(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    program = traced(squares, cli)
    squares.agent(cli, server, program=program.program, sandbox="workspace")
    squares.run()
    assert squares.made == squares.right
    assert program.reached() == {(server.url.rpartition(":")[2], "127.0.0.1")}


def test_it_works_with_what_was_signed_in_to(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    squares.sign_out()
    kept = squares.home / ".local" / "share" / "opencode" / "auth.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps({"anthropic": {"type": "api", "key": "dummy-key-that-is-kept"}}))
    squares.run()
    assert squares.made == squares.right
    (session,) = squares.sessions()
    link = session.folder / "home" / kept.relative_to(squares.home)
    assert link.is_symlink() and link.resolve() == kept


def test_models_of_the_users_own_settings_can_be_used(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.other_agent("own", kind="opencode")
    folder = squares.home / ".config" / "opencode"
    folder.mkdir(parents=True)
    (folder / "opencode.jsonc").write_text(CHAT_CONFIG % server.url)
    (folder / "own.key").write_text(squares.secret)
    squares.run()
    assert squares.made == squares.right
    assert {record.protocol for record in server.requests} == {"chat"}
    assert set(itertools.chain(*(record.turn.tools for record in server.requests if record.turn))) == {
        *("edit", "read", "write")
    }
    status = squares.status()
    assert status["agents"][0]["models"] == ["numbers"]
    assert status["cost_usd"] is None and status["tokens"] > 0


def test_models_that_the_users_opencode_has_fetched_are_known(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.agent(cli, server, model="anthropic/claude-of-tomorrow")
    model = {
        "id": "claude-of-tomorrow",
        "name": "Claude of tomorrow",
        "release_date": "2030-01-01",
        "attachment": False,
        "reasoning": False,
        "tool_call": True,
        "cost": {"input": 1000, "output": 1000},
        "limit": {"context": 200_000, "output": 8000},
    }
    provider = {"id": "anthropic", "name": "Anthropic", "env": ["ANTHROPIC_API_KEY"], "npm": "@ai-sdk/anthropic"}
    cache = squares.home / ".cache" / "opencode"
    cache.mkdir(parents=True)
    (cache / "models.json").write_text(json.dumps({"anthropic": {**provider, "models": {model["id"]: model}}}))
    squares.run()
    assert squares.made == squares.right
    assert {record.turn.model for record in server.requests if record.turn} == {"claude-of-tomorrow"}
    assert squares.status()["cost_usd"] > 0.1


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("openai/gpt-5.5", "not signed in to openai"),
        ("anthropic/claude-nope", "there is no model anthropic/claude-nope"),
        ("nobody/nothing", "there is no model nobody/nothing"),
        ("claude-sonnet-4-5", "names no provider"),
        (None, "no model is named"),
    ],
)
def test_a_model_that_it_cannot_use_ends_the_job_before_anything_is_asked(
    model: str | None, said: str, cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.agent(cli, server)
    squares.other_agent("other", kind="opencode")
    ended = squares.run("--agent", "other", *(() if model is None else ("--model", model)), status=4)
    assert said in ended.err
    assert "--model provider/model" in ended.err or "OPENAI_API_KEY" in ended.err
    assert server.requests == []
    assert squares.status()["attempts"] == 0
