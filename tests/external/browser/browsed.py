"""A project whose service is looked at with a browser: a pipeline whose items say what their sessions do."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.support.served_project import Served

AGENT = """\
import hashlib, json, os, pathlib
root = pathlib.Path("{root}")
with open(os.environ["SUPERVISOR_INPUT_FILE"]) as file:
    asked = json.load(file)
answers = {{}}
for item, does in asked["items"].items():
    for line in does.get("prints", ["\\x1b[32mworking\\x1b[0m on " + item]):
        print(line, flush=True)
    gate = root / ("gate_" + does.get("gate", ""))
    if gate.exists():
        with open(gate) as pipe:
            pipe.read()
    mark = root / "seen" / hashlib.sha256((asked["target"] + item).encode()).hexdigest()
    wrong = does.get("wrong", False) or (does.get("wrong_once") and not mark.exists())
    mark.parent.mkdir(exist_ok=True)
    mark.touch()
    answers[item] = {{"said": "wrong" if wrong and not (root / "mended").exists() else item}}
print(json.dumps({{"done": len(answers)}}))
part = os.environ["SUPERVISOR_OUTPUT_FILE"] + ".part"
with open(part, "w") as file:
    json.dump(answers, file)
os.rename(part, os.environ["SUPERVISOR_OUTPUT_FILE"])
"""
"""An agent that does what the items say: it prints, waits while a gate is closed, errs once or until all is mended."""
VALIDATOR = """\
from supervisor import ValidationError, ValidationReport


def validate(batch, output, merged):
    wrong = [i for i, value in output.items() if value.get("said") == "wrong"]
    return ValidationReport(
        errors=[
            ValidationError(
                type="not_said", item_id=i, message=f"say {i}, not <b>wrong</b>", suggestion="read <i>again</i>"
            )
            for i in wrong
        ]
    )
"""
PIPELINE = """\
name = "numbers"
collection = "numbers"

[[phases]]
id = 1
name = "count"
items = "vfs/{target}.json"
intelligence = "count.md"
validator = "check.py"
output = "count.json"
batch_size = 1
max_attempts = 2

[[phases]]
id = 2
name = "tell"
items = { phase = 1 }
intelligence = "count.md"
output = "tell.json"
batch_size = 50
"""


class Browsed(Served):
    """A project with the pipelines `forms`, which takes an input, and `numbers`."""

    def __init__(self, root: Path, settings: str = "") -> None:
        super().__init__(
            root,
            "[agents.counter]\n"
            f'command = ["{sys.executable}", "-I", "-S", "{{project}}/agents/counter.py"]\n{settings}',
        )
        self.write("agents/counter.py", AGENT.format(root=root))
        self.write("phase_intelligence/numbers/pipeline.toml", PIPELINE)
        self.write("phase_intelligence/numbers/count.md", "# Count\n")
        self.write("validators/numbers/check.py", VALIDATOR)

    def begin(self, target: str, items: dict[str, dict[str, Any]], *options: str) -> int:
        """Queue a job over these items, as the command line does; its number."""
        self.write(f"vfs/{target}.json", json.dumps(items))
        ran = self.supervisor("start", "numbers", target, "--agent", "counter", *options)
        assert ran.returncode == 0, ran.stderr
        with self.client() as client:
            return int(client.get("/api/v1/jobs").json()["jobs"][0]["job_id"])

    def shut(self, name: str) -> None:
        """Have the sessions of items with this gate wait."""
        os.mkfifo(self.root / f"gate_{name}")

    def let(self, name: str) -> None:
        """Let them go on, those that wait and those to come."""
        opened = self.root / f"opened_{name}"
        os.rename(self.root / f"gate_{name}", opened)
        os.close(os.open(opened, os.O_RDWR | os.O_NONBLOCK))

    def close(self) -> None:
        """End the service and the daemon, whoever waits."""
        for gate in self.root.glob("gate_*"):
            self.let(gate.name.removeprefix("gate_"))
        super().close()
