"""The real agent CLIs, what each needs to ask the scripted model server, and a project whose batches they do."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.facts_project import pipeline_text, toml
from tests.support.model_server.modes import Batch
from tests.support.model_server.server import ModelServer
from tests.support.model_server.turns import CACHED, FRESH, OUTPUT, STORED
from tests.support.project_folder import Ended, Project, Running
from tests.support.waiting import until

FOLDER_VARIABLE = "SUPERVISOR_TEST_CLIS"
"""Names the folder in which npm installed the CLIs; without it they are looked for on PATH."""
PIPELINE, TARGET = "squares", "demo"
BATCH = 20
FAR_S = 7200
"""Seconds until the end of limits that no test waits for."""
PRICE = {"input": 1.0, "output": 10.0, "cache_read": 0.1, "cache_write": 1.25}
"""US dollars for a million tokens."""

VALIDATOR = """\
from supervisor import ValidationError, ValidationReport


def validate(batch, output, merged):
    wrong = [i for i, item in batch.items.items() if output[i] != {"square": item["n"] ** 2}]
    return ValidationReport(errors=[ValidationError(type="wrong", item_id=i, message="no square") for i in wrong])
"""


class Cli(NamedTuple):
    """One CLI, and how it is brought to ask a server of the test's own."""

    name: str
    package: str
    key: str
    """Its variable that holds a key."""
    base: str
    """Its variable that names the server."""
    below: str
    """What follows the server's address there."""
    model: str
    shell: tuple[str, ...] | None = ()
    """Arguments by which it may run any command; none where it may by itself, None where it never may."""
    tells_cost: bool = False
    tells_end_of: tuple[str, ...] = ()
    """Modes of the server in which it prints when the limit ends."""
    late: float = 0.0
    """By what share of the wait it may print a later end."""
    insists: bool = False
    """Whether a session tries again by itself for more than a minute, where it is told no time."""

    @property
    def limit(self) -> str:
        """A mode of the server in which it pauses, until a time that it tells where it ever does."""
        return self.tells_end_of[0] if self.tells_end_of else "usage_limit"

    @property
    def priced(self) -> dict[str, Any]:
        """Settings by which its cost is known."""
        return {} if self.tells_cost else {"price": PRICE}

    @property
    def program(self) -> Path | None:
        """Where it is installed."""
        found = shutil.which(self.name, path=search_path())
        return None if found is None else Path(found)


CLIS = (
    Cli(
        name="claude",
        package="@anthropic-ai/claude-code",
        key="ANTHROPIC_API_KEY",
        base="ANTHROPIC_BASE_URL",
        below="",
        model="claude-sonnet-4-5",
        shell=("--tools", "Read,Write,Bash", "--allowedTools", "Bash"),
        tells_cost=True,
        tells_end_of=("rate_limit_reset", "usage_limit"),
        late=0.25,
    ),
    Cli(
        name="codex",
        package="@openai/codex",
        key="CODEX_API_KEY",
        base="OPENAI_BASE_URL",
        below="/v1",
        model="gpt-5.5",
        tells_end_of=("usage_limit",),
    ),
    Cli(
        name="gemini",
        package="@google/gemini-cli",
        key="GEMINI_API_KEY",
        base="GOOGLE_GEMINI_BASE_URL",
        below="",
        model="gemini-2.5-pro",
        shell=("--approval-mode", "yolo"),
        tells_end_of=("rate_limit_reset",),
    ),
    Cli(
        name="opencode",
        package="opencode-ai",
        key="ANTHROPIC_API_KEY",
        base="ANTHROPIC_BASE_URL",
        below="/v1",
        model="anthropic/claude-sonnet-4-5",
        shell=None,
        tells_cost=True,
        tells_end_of=("rate_limit_reset", "usage_limit"),
        insists=True,
    ),
)


def named(name: str) -> Cli:
    """The CLI of that name."""
    return next(cli for cli in CLIS if cli.name == name)


def only(name: str) -> object:
    """A fixture `cli` for the tests of one CLI alone; assign it to `cli` in their module."""

    @pytest.fixture(name="cli", params=[named(name)], ids=[name])
    def cli(request: pytest.FixtureRequest) -> Cli:
        found: Cli = request.param
        return found

    return cli


def why_not(cli: Cli) -> str | None:
    """Why nothing can be tested with the CLI here; None where it can. UsageError where it had to be installed."""
    if cli.program is not None:
        return None
    if FOLDER_VARIABLE in os.environ:
        raise pytest.UsageError(f"{cli.name} is not in {os.environ[FOLDER_VARIABLE]}, which {FOLDER_VARIABLE} names")
    install = f"`npm install -g {cli.package}` installs it, `make test-external` only for its tests"
    return f"{cli.name} is not installed: {install}"


def pinned_version(cli: Cli) -> str | None:
    """The version that was installed for the tests; None where the CLIs are those on PATH."""
    if FOLDER_VARIABLE not in os.environ:
        return None
    asked = json.loads((Path(__file__).parent / "package.json").read_text(encoding="utf-8"))
    return str(asked["dependencies"][cli.package])


def search_path() -> str:
    """PATH, with the folder of the CLIs first where one is named."""
    path = os.environ.get("PATH", os.defpath)
    folder = os.environ.get(FOLDER_VARIABLE)
    return path if folder is None else f"{Path(folder).resolve() / 'node_modules' / '.bin'}:{path}"


class Squares(Project):
    """A project that squares numbers in batches of 20; its commands see PATH, HOME and what its agents need."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.home = root.parent / "home"
        self.home.mkdir()
        self.secret = f"dummy-{uuid.uuid4().hex}"
        """The value of every key."""
        self._variables: dict[str, str] = {}
        self._begun: list[Running] = []
        self._agents: dict[str, dict[str, Any]] = {}
        self.write(f"phase_intelligence/{PIPELINE}/how.md", "# Squares\n\nSquare every number.\n")
        self.write(f"validators/{PIPELINE}/check.py", VALIDATOR)
        phase = {"intelligence": "how.md", "validator": "check.py", "output": "out.json", "batch_size": BATCH}
        text = pipeline_text(phase, name=PIPELINE, collection="made")
        self.write(f"phase_intelligence/{PIPELINE}/pipeline.toml", text)
        self.items(2 * BATCH)

    def items(self, count: int) -> None:
        """Give it that many numbers to square."""
        self.numbers: dict[str, dict[str, Any]] = {f"i{n:02}": {"n": n} for n in range(1, count + 1)}
        self.write("vfs/items.json", json.dumps(self.numbers))

    def agent(self, cli: Cli, server: ModelServer, name: str | None = None, **settings: Any) -> None:
        """Have the CLI ask the server; it is used as `[agents.NAME]` says, by default under its own name."""
        self._variables |= {cli.key: self.secret, cli.base: server.url + cli.below}
        kind = {} if name in (None, cli.name) else {"kind": cli.name}
        self._agents[name or cli.name] = {"model": cli.model, **kind, **settings}
        self._write_settings()

    def other_agent(self, name: str, **settings: Any) -> None:
        """Add `[agents.NAME]` as it stands."""
        self._agents[name] = settings
        self._write_settings()

    def sign_out(self) -> None:
        """Take every key away."""
        self._variables = {name: value for name, value in self._variables.items() if value != self.secret}

    def environment(self, **more: str) -> dict[str, str]:
        return {"PATH": search_path(), "HOME": str(self.home), **self._variables, **more}

    def run(self, *options: str, status: int = 0) -> Ended:
        """`supervisor run squares demo`, which has to end with `status`."""
        return self.done("run", PIPELINE, TARGET, *options, status=status)

    def begin_run(self, *options: str) -> Running:
        """Start `supervisor run squares demo`."""
        self._begun.append(self.begin("run", PIPELINE, TARGET, *options))
        return self._begun[-1]

    def end_all(self) -> None:
        """End what was begun and not waited for, as it is where a test failed."""
        for running in self._begun:
            if running.process.poll() is None:
                running.kill()

    @property
    def made(self) -> Any:
        """What is in the main file."""
        return json.loads((self.results(TARGET, "made") / "out.json").read_text(encoding="utf-8"))

    @property
    def right(self) -> dict[str, Any]:
        """What has to be in it at the end."""
        return {item_id: {"square": item["n"] ** 2} for item_id, item in self.numbers.items()}

    def attempts(self) -> list[dict[str, Any]]:
        """All sessions of the store, in order."""
        return self.rows("SELECT * FROM attempts ORDER BY id")

    def outcomes(self) -> list[tuple[str, bool]]:
        """How each session ended, and whether it counted as an attempt."""
        return [(row["outcome"], bool(row["counted"])) for row in self.attempts()]

    def until_paused(self) -> dict[str, Any]:
        """Wait until nothing of the job goes on for a limit; the closed gate as `status --json` shows it."""
        until(lambda: self.job_status() == "paused", "the job is paused")
        (gate,) = self.status()["gates"]
        return dict(gate)

    def end_pause(self) -> None:
        """Move the time of the next try to now, as if the pause were over; a supervisor that starts then sees it."""
        connection = sqlite3.connect(self.state / "store.sqlite", timeout=30)
        with connection:
            connection.execute("UPDATE agent_cooldowns SET next_probe_at = ?", (time.time(),))
        connection.close()

    def running_pid(self) -> int:
        """The process of the session that runs."""
        (session,) = until(lambda: self.rows("SELECT name FROM attempts WHERE outcome = 'running'"), "a session runs")
        note = self.state / "sessions" / session["name"] / "process.json"
        return int(json.loads(until(lambda: note.exists() and note.read_text(), "its process is noted"))["pid"])

    def files_with(self, text: str) -> list[Path]:
        """Files below the project in whose bytes a text stands, or in the targets of whose links."""
        needle = text.encode()
        return [path for path in self.root.rglob("*") if path.is_file() and needle in path.read_bytes()]

    def _write_settings(self) -> None:
        text = f"agent = {toml(next(iter(self._agents)))}\n"
        for name, settings in self._agents.items():
            text += f"\n[agents.{name}]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in settings.items())
        self.write("supervisor.toml", text)


def usage_of(server: ModelServer) -> dict[str, int]:
    """The tokens of all answers of the work that the server gave."""
    answered = [record for record in server.requests if record.decision == "answer"]
    kinds: Mapping[str, int] = {
        "input_tokens": FRESH,
        "output_tokens": OUTPUT,
        "cache_read_tokens": CACHED,
        "cache_write_tokens": STORED,
    }
    if answered[0].protocol == "gemini":  # which knows no tokens that are written to the cache
        kinds = {**kinds, "input_tokens": FRESH + STORED, "cache_write_tokens": 0}
    return {kind: each * len(answered) for kind, each in kinds.items()}


def asked_in(prompt: str) -> dict[str, Any]:
    """The items that a prompt asks for."""
    batch = Batch.find(prompt)
    assert batch is not None
    return batch.items


def first_requests(server: ModelServer) -> list[Any]:
    """The bodies of the first request of each session."""
    return [record.body for record in server.requests if record.begins]


def a_million_bytes_arrive(squares: Squares, server: ModelServer) -> None:
    """Run a job of one item that is so long and full of what shells take for their own; it has to come as it is."""
    text = "".join(f"{n} \\ \" ' $HOME `ü` 漢字 \t{{}}\n" for n in range(36_000))
    squares.numbers = {"long": {"n": 3, "text": text}}
    squares.write("vfs/items.json", json.dumps(squares.numbers))
    squares.run()
    (prompt,) = server.prompts()
    assert len(prompt.encode()) > 1_000_000, "the prompt is shorter"
    assert asked_in(prompt) == squares.numbers, "it came otherwise"
    assert squares.made == squares.right
