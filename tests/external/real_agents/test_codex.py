"""What is particular to Codex: its settings, its sandbox, its long prompts, its record, its limits, its sign-in."""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.external.real_agents.agent_clis import BATCH, FAR_S, PIPELINE, TARGET, Cli, Squares, named, only
from tests.external.real_agents.connections import traced
from tests.support import processes
from tests.support.model_server.modes import Mode
from tests.support.model_server.server import ModelServer
from tests.support.model_server.turns import CACHED, FRESH, OUTPUT, STORED
from tests.support.sandboxes import LEVELS
from tests.support.waiting import until

cli = only("codex")
LONGEST = 1_048_576
"""Characters that Codex takes as a prompt."""
ONE_ANSWER = {
    "input_tokens": FRESH,
    "output_tokens": OUTPUT,
    "cache_read_tokens": CACHED,
    "cache_write_tokens": STORED,
}

NAPS = Mode("runs a command that takes long", command="sleep {nap}")
WAITS = Mode(
    "runs a command that ends when a file is there", command="touch began; until [ -e go ]; do sleep 0.05; done"
)
LOOKS_AROUND = Mode(
    "looks at what a command may see and write",
    command="env > seen.txt; mktemp >> seen.txt; touch /tmp/codex-{nap} $SUPERVISOR_PROJECT/codex-{nap} 2>> seen.txt",
)


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> str:
    """A sandbox of Codex's own, or one of the supervisor's."""
    return str(request.param)


def tokens_of(attempt: dict[str, Any]) -> dict[str, int | None]:
    return {name: attempt[name] for name in ONE_ANSWER}


# Settings ---------------------------------------------------------------------------------------------------------


def test_it_knows_all_of_its_settings_and_warns_of_none(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.agent(cli, server, args=["--strict-config"])
    squares.run()
    assert squares.made == squares.right
    printed = squares.done("logs", f"{PIPELINE}/{TARGET}", "--batch", "1", "--raw").out
    assert "turn.completed" in printed
    assert [line for line in printed.splitlines() if '"type":"error"' in line or "WARN" in line] == []


def test_a_setting_that_it_refuses_stops_the_job_with_its_own_words(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.agent(cli, server, args=["--nonsense"])
    ended = squares.run("--concurrency", "1", status=4)
    assert "error: unexpected argument '--nonsense' found" in ended.err
    assert "`args`" in ended.err
    assert squares.outcomes() == [("not_started", False)]


def test_the_model_is_asked_over_plain_http_and_nobody_else_is(cli: Cli, squares: Squares, server: ModelServer) -> None:
    program = traced(squares, cli)
    squares.items(BATCH)
    squares.agent(cli, server, program=program.program, sandbox="workspace")
    squares.run()
    assert squares.made == squares.right
    assert program.reached() == {(server.url.rpartition(":")[2], "127.0.0.1")}
    assert {record.method for record in server.requests} == {"POST"}


def test_a_command_sees_no_key_and_writes_only_where_it_may(
    level: str, cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.items(BATCH)
    squares.agent(cli, server, sandbox=level)
    server.mode = LOOKS_AROUND
    squares.run()
    assert squares.made == squares.right
    (session,) = squares.sessions()
    seen = (session.workspace / "seen.txt").read_text()
    assert squares.secret not in seen and "SUPERVISOR_SESSION=" in seen
    assert f"TMPDIR={session.folder}/home/tmp" in seen
    assert re.search(rf"^{session.folder}/home/tmp/", seen, re.MULTILINE), "mktemp works"
    for there in (Path("/tmp"), squares.root, squares.home):
        assert not (there / f"codex-{server.nap}").exists()


# Prompts ----------------------------------------------------------------------------------------------------------


def test_a_prompt_of_a_million_bytes_arrives_whole(cli: Cli, squares: Squares, server: ModelServer) -> None:
    text = "".join(f'{number}. Zahl "{number}"\tist ‘größer’ als null.\n' for number in range(24_000))
    assert 1_000_000 < len(text.encode()) < 1_200_000 and len(text) < LONGEST - 10_000
    squares.write(f"phase_intelligence/{PIPELINE}/how.md", text)
    squares.items(BATCH)
    squares.agent(cli, server)
    squares.run()
    assert squares.made == squares.right
    (prompt,) = server.prompts()
    assert text.strip() in prompt
    assert squares.sessions()[0].prompt in prompt


def test_a_prompt_that_is_too_long_fails_its_batch_with_the_reason_and_costs_nothing(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.write(f"phase_intelligence/{PIPELINE}/how.md", "Square every number.\n" * (LONGEST // 20))
    squares.items(BATCH)
    squares.agent(cli, server)
    squares.run("--max-attempts", "1", status=1)
    failed = squares.status()["failed_items"]
    assert len(failed) == BATCH
    (error,) = failed[0]["errors"]
    assert error["type"] == "crashed"
    assert f"Input exceeds the maximum length of {LONGEST} characters" in error["message"]
    assert server.requests == []
    assert squares.status()["gates"] == []


def test_all_that_batches_share_stands_first_and_is_the_same(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.write(f"phase_intelligence/{PIPELINE}/how.md", "Square every number.\n" * 1000)
    squares.agent(cli, server)
    squares.run()
    first, second = (record for record in server.requests if record.begins)
    assert [first.body.get(name) for name in ("instructions", "tools")] == [
        second.body.get(name) for name in ("instructions", "tools")
    ]
    assert first.turn and second.turn
    alike = itertools.takewhile(
        lambda pair: pair[0] == pair[1], zip(first.turn.prompt, second.turn.prompt, strict=False)
    )
    shared = "".join(character for character, _ in alike)
    assert shared.endswith("# This batch\n\n- Pipeline: squares\n- Target: demo\n- Phase: 1 facts\n- Batch: ")


# The record -------------------------------------------------------------------------------------------------------


def test_what_a_killed_session_cost_is_known(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    server.mode = NAPS
    running = squares.begin_run()
    until(lambda: processes.named(server.nap), "its command runs")
    os.kill(squares.running_pid(), signal.SIGKILL)
    server.mode = "good"
    assert running.end() == 0
    assert squares.outcomes() == [("failed", True), ("passed", True)]
    killed, passed = squares.attempts()
    assert tokens_of(killed) == ONE_ANSWER
    assert tokens_of(passed) == {name: 2 * count for name, count in ONE_ANSWER.items()}
    assert killed["model"] == passed["model"] == cli.model


def test_what_a_session_cost_is_known_whose_supervisor_was_killed(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    server.mode = NAPS
    running = squares.begin_run()
    until(lambda: processes.named(server.nap), "its command runs")
    running.kill()
    processes.none_left(squares.root)
    server.mode = "good"
    squares.run()
    assert squares.outcomes() == [("interrupted", False), ("passed", True)]
    assert tokens_of(squares.attempts()[0]) == ONE_ANSWER
    assert squares.status()["tokens"] == 3 * sum(ONE_ANSWER.values())


def test_what_a_session_cost_is_known_that_met_a_limit_halfway(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    server.mode = WAITS
    running = squares.begin_run()
    began = until(lambda: [*squares.state.glob("sessions/*/workspace/began")], "its command runs")
    server.mode = "usage_limit"
    began[0].with_name("go").touch()
    squares.until_paused()
    assert running.ask_to_end() == 3
    assert squares.outcomes() == [("limited", False)]
    assert tokens_of(squares.attempts()[0]) == ONE_ANSWER


# Limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
@pytest.mark.parametrize("wait", [FAR_S, 3 * 86_400])
def test_a_usage_limit_ends_within_a_minute_of_its_end_in_every_time_zone(
    wait: int, zone: str, cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.agent(cli, server)
    server.mode, server.wait = "usage_limit", wait
    before = time.time()
    running = squares.begin("run", PIPELINE, TARGET, TZ=zone)
    gate = squares.until_paused()
    assert int(before) + wait < gate["until"] <= time.time() + wait + 60
    assert running.ask_to_end() == 3


def test_it_gets_over_a_short_limit_by_itself_and_keeps_what_it_did(
    cli: Cli, squares: Squares, server: ModelServer
) -> None:
    squares.items(BATCH)
    squares.agent(cli, server)
    server.mode, server.wait = "rate_limit_reset", 2
    running = squares.begin_run()
    running.line_with("agent codex: paused", "rate limit")
    running.line_with("agent codex works again")
    assert running.end() == 0
    assert squares.outcomes() == [("passed", True)]


def test_a_key_that_is_refused_is_not_tried_again(cli: Cli, squares: Squares, server: ModelServer) -> None:
    squares.agent(cli, server)
    server.mode = "unauthorized"
    ended = squares.run("--concurrency", "1", status=4)
    assert "401 Unauthorized" in ended.err and "Put a valid one into CODEX_API_KEY" in ended.err
    assert len(server.requests) <= 2  # of the six that it makes when it is left alone


# Sign-in ----------------------------------------------------------------------------------------------------------


def unsigned(content: dict[str, Any]) -> str:
    """A token of the form that Codex reads."""
    parts = ({"alg": "none", "typ": "JWT"}, content)
    words = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*words, "c2ln"])


class Subscription:
    """A user who is signed in, at a provider that gives a new token for a refresh token once."""

    def __init__(self, home: Path) -> None:
        self.file = home / ".codex" / "auth.json"
        self.given: list[str] = []
        """Refresh tokens that were given away."""
        self.reused: list[str] = []
        renew = self._renew

        class Renewal(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                renew(self)

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Renewal)
        self.url = f"http://127.0.0.1:{self._server.server_port}/oauth/token"
        self._lock = threading.Lock()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def sign_in(self, *, for_s: int) -> None:
        """Write the file as Codex does, with a token that is good for so long."""
        tokens = {**self._tokens(for_s), "account_id": "acc-1"}
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        content = {"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "tokens": tokens, "last_refresh": now}
        self.file.parent.mkdir()
        self.file.write_text(json.dumps(content))

    @property
    def refresh_token(self) -> str:
        return str(json.loads(self.file.read_text())["tokens"]["refresh_token"])

    def _tokens(self, for_s: int) -> dict[str, str]:
        account = {"chatgpt_plan_type": "plus", "chatgpt_account_id": "acc-1", "chatgpt_user_id": "user-1"}
        token = unsigned({"exp": int(time.time()) + for_s, "email": "a@b.c", "https://api.openai.com/auth": account})
        self.given.append(f"a-refresh-token-{len(self.given)}")
        return {"id_token": token, "access_token": token, "refresh_token": self.given[-1]}

    def _renew(self, request: BaseHTTPRequestHandler) -> None:
        asked = json.loads(request.rfile.read(int(request.headers["content-length"])))["refresh_token"]
        with self._lock:
            good = asked == self.given[-1]
            answer: dict[str, Any] = {"error": {"message": "used", "code": "refresh_token_reused"}}
            if good:
                answer = self._tokens(for_s=86_400)
            else:
                self.reused.append(asked)
        data = json.dumps(answer).encode()
        request.send_response(200 if good else 401)
        request.send_header("content-type", "application/json")
        request.send_header("content-length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)


@pytest.fixture
def subscription(squares: Squares) -> Iterator[Subscription]:
    signed_in = Subscription(squares.home)
    yield signed_in
    signed_in.end()


def subscribed(squares: Squares, server: ModelServer, **settings: Any) -> None:
    """Have the sessions of a subscription ask the server."""
    provider = f'name="test",base_url="{server.url}/v1",requires_openai_auth=true,wire_api="responses"'
    changes = (
        'model_provider="test"',
        f"model_providers.test={{{provider}}}",
        f'chatgpt_base_url="{server.url}/backend-api/"',
    )
    args = [word for change in changes for word in ("-c", change)]
    squares.agent(named("codex"), server, args=args, **settings)
    squares.sign_out()


def test_a_subscription_is_lent_to_every_session(
    level: str, cli: Cli, squares: Squares, server: ModelServer, subscription: Subscription
) -> None:
    subscription.sign_in(for_s=86_400)
    before = subscription.file.read_bytes()
    subscribed(squares, server, sandbox=level)
    squares.run()
    assert squares.made == squares.right
    assert subscription.file.read_bytes() == before
    assert squares.files_with(subscription.refresh_token) == [
        session.folder / "home" / ".codex" / "auth.json" for session in squares.sessions()
    ]
    assert all((session.folder / "home" / ".codex" / "auth.json").is_symlink() for session in squares.sessions())


def test_a_sign_in_that_a_session_renews_is_the_user_s_and_every_other_session_s(
    level: str, cli: Cli, squares: Squares, server: ModelServer, subscription: Subscription
) -> None:
    subscription.sign_in(for_s=-60)
    variable = "CODEX_REFRESH_TOKEN_URL_OVERRIDE"
    subscribed(squares, server, sandbox=level, pass_env=[variable])
    running = squares.begin("run", PIPELINE, TARGET, **{variable: subscription.url})
    assert running.end() == 0, running.err
    assert squares.made == squares.right
    assert subscription.refresh_token == "a-refresh-token-1"
    assert len(subscription.given) == 2, "renewed once"
