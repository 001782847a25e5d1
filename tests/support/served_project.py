"""A small project with the real service beside it, and the clients that use it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx

from tests.support.facts_project import Directory
from tests.support.waiting import PATIENCE_S, until

AGENT = """\
import json, os, time
from pathlib import Path
with open(os.environ["SUPERVISOR_INPUT_FILE"]) as file:
    asked = json.load(file)
gate = Path("{root}") / "gate"
if gate.exists():
    with open(gate) as pipe:
        pipe.read()
broken = Path("{root}") / "broken"
answers = {{i: {{"said": "wrong" if broken.exists() else p}} for i, p in asked["items"].items()}}
print("\\x1b[32mcoloured\\x1b[0m <b>words</b>")
part = os.environ["SUPERVISOR_OUTPUT_FILE"] + ".part"
with open(part, "w") as file:
    json.dump(answers, file)
os.rename(part, os.environ["SUPERVISOR_OUTPUT_FILE"])
"""
"""An agent that says what it was given; it waits while the project has a FIFO `gate`, and errs with a file `broken`."""
VALIDATOR = """\
from supervisor import ValidationError, ValidationReport


def validate(batch, output, merged):
    return ValidationReport(
        errors=[
            ValidationError(type="not_said", item_id=i, message="say what you were given", suggestion="read <again>")
            for i, value in output.items()
            if value.get("said") == "wrong"
        ]
    )
"""
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["form"],
    "properties": {
        "form": {
            "type": "object",
            "required": ["size"],
            "additionalProperties": False,
            "properties": {"size": {"type": "integer", "minimum": 1, "maximum": 20}, "note": {"type": "string"}},
        }
    },
    "examples": [{"form": {"size": 2}}],
}
PIPELINE = """\
name = "forms"
collection = "forms"
version = {version}
input = "schema.json"

[[phases]]
id = 1
name = "first"
items = {{ input = "vfs/inputs/{{target}}.json" }}
intelligence = "first.md"
validator = "check.py"
output = "first.json"

[[phases]]
id = 2
name = "second"
items = {{ phase = 1 }}
intelligence = "second.md"
output = "second.json"
"""
GOOD = {"workflow_name": "forms", "input_data": {"form": {"size": 2}}}
AS_OFTEN_AS_IT_LIKES = '[serve]\nrate = ""\n'
"""Settings by which a client may ask again and again."""
ENDED = ("completed", "completed_with_gaps", "failed", "cancelled", "stopped")


class Served(Directory):
    """A project with the pipeline `forms`, which takes an input, and its service."""

    def __init__(self, root: Path, settings: str = "") -> None:
        super().__init__(root)
        self.write(
            "supervisor.toml",
            'agent = "plain"\nsandbox = "workspace"\n[agents.plain]\n'
            f'command = ["{sys.executable}", "-I", "-S", "{{project}}/agents/plain.py"]\n{settings}',
        )
        self.write("agents/plain.py", AGENT.format(root=root))
        self.write_pipeline()
        self.write("phase_intelligence/forms/schema.json", json.dumps(SCHEMA))
        self.write("phase_intelligence/forms/first.md", "# First\n")
        self.write("phase_intelligence/forms/second.md", "# Second\n")
        self.write("validators/forms/check.py", VALIDATOR)
        self.write("vfs/inputs/demo.json", json.dumps(GOOD["input_data"]))
        self.process: subprocess.Popen[str] | None = None
        self.address = ""
        self.log: list[str] = []
        self.operator = self.secret("operator", "--operator")

    def write_pipeline(self, version: int = 1) -> None:
        """Write the pipeline file anew."""
        self.write("phase_intelligence/forms/pipeline.toml", PIPELINE.format(version=version))

    def secret(self, name: str, *options: str) -> str:
        """Make a client; its secret."""
        ran = self.supervisor("tokens", "add", name, *options)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.split()[0]

    def start(self, *options: str) -> None:
        """Start the service; returns when it tells its address."""
        port = self.address.rpartition(":")[2] or "0"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "supervisor", "serve", "--port", port, *options],
            cwd=self.root,
            env={**self.environment(), "PYTHONPATH": os.getcwd(), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        assert " at http://" in first, first + self.process.stdout.read()
        self.address = first.split(" at ")[1].strip()
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the service; its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE_S)
        self.process = None
        return status

    def close(self) -> None:
        """End the service and the daemon."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        (self.root / "gate").unlink(missing_ok=True)
        self.supervisor("stop")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def client(self, secret: str | None = None) -> httpx.Client:
        """A program that uses the service."""
        return httpx.Client(
            base_url=self.address, headers={"X-API-Secret": secret or self.operator}, timeout=30, trust_env=False
        )

    def daemon_pid(self) -> int | None:
        """Who works on the project."""
        try:
            noted = json.loads((self.root / "vfs/.supervisor/supervisor.json").read_text())
        except (OSError, ValueError):
            return None
        return int(noted["pid"])

    def close_gate(self) -> None:
        """Have sessions wait."""
        os.mkfifo(self.root / "gate")

    def open_gate(self) -> None:
        """Let sessions go on, those that wait and those to come."""
        gate = self.root / "gate"
        os.rename(gate, self.root / "opened")
        descriptor = os.open(self.root / "opened", os.O_RDWR | os.O_NONBLOCK)
        os.close(descriptor)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.log += process.stdout


def ended(client: httpx.Client, job: int) -> dict[str, Any]:
    """The job, once it has ended."""

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = client.get(f"/api/v1/jobs/{job}").raise_for_status().json()
        return found if found["status"] in ENDED else None

    return until(look, f"job {job} ends")


def events(client: httpx.Client, job: int, after: int | None = None) -> Iterator[dict[str, Any]]:
    """Server-sent events of a job as they come."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    with client.stream("GET", f"/api/v1/jobs/{job}/events", headers=headers, timeout=PATIENCE_S) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        number = None
        for line in answer.iter_lines():
            if line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("data: "):
                event = json.loads(line[6:])
                assert event["id"] == number
                yield event
