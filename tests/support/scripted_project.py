"""Small pipelines with agents of a few lines, made for one behaviour each."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from supervisor.workspaces.workspace_provider import TRANSCRIPT_NAME
from tests.support.project_folder import Ended, Project, Running, Session
from tests.support.waiting import reader_of, until

PIPELINE, TARGET = "small", "demo"
AGENT_BEGINS = '''\
import json, os, signal, sys, time
from pathlib import Path

asked = json.load(open(os.environ["SUPERVISOR_INPUT_FILE"]))
items, phase, batch = asked["items"], asked["phase"], asked["batch"]
session = int(os.environ["SUPERVISOR_ATTEMPT"])
here = Path(os.environ["SUPERVISOR_WORKSPACE"])
output = Path(os.environ["SUPERVISOR_OUTPUT_FILE"])


def mark(name, text=""):
    """Leave a word for the test, whole at once."""
    (here / f".{name}").write_text(str(text))
    (here / f".{name}").rename(here / name)


def write(value):
    """Put the output into its place, whole at once."""
    (here / ".part").write_text(json.dumps(value))
    (here / ".part").rename(output)


def wait_at(gate):
    """Stand still until the test opens the gate."""
    os.mkfifo(here / f".{gate}")
    (here / f".{gate}").rename(here / gate)
    with open(here / gate) as pipe:
        pipe.read()


def answers():
    return {i: {"said": p} for i, p in items.items()}


'''
ANSWER = "write(answers())\n"
"""The agent that does what it is asked."""
WAITS = f"wait_at('gate')\n{ANSWER}"
"""The same, once the test has opened the gate."""
WITH_VALIDATOR: dict[str, Any] = {
    "phases": [{"validator": "passes.py"}],
    "validators": {"passes.py": "def validate(batch, output, merged):\n    return ValidationReport()\n"},
}
"""One phase with a validator that everything passes."""
VALIDATOR_BEGINS = "from supervisor import ValidationError, ValidationReport\n\n\n"


def tells(**usage: float) -> str:
    """A line of an agent that tells what it used, for example `cost_usd` (US dollars) or `input_tokens`."""
    return f"print({json.dumps({'type': 'supervisor_usage', **usage})!r}, flush=True)\n"


def numbered(count: int, first: int = 1) -> dict[str, Any]:
    """`{"i01": {"n": 1}, …}`."""
    return {f"i{n:02}": {"n": n} for n in range(first, first + count)}


def said(items: Mapping[str, Any]) -> dict[str, Any]:
    """What the agent that does what it is asked makes of items."""
    return {item_id: {"said": payload} for item_id, payload in items.items()}


class Small(Project):
    """A project with the pipeline `small` and agents of a few lines."""

    def lay_out(
        self,
        items: Mapping[str, Any],
        *,
        agent: str = ANSWER,
        agents: Mapping[str, str] | None = None,
        agent_settings: Mapping[str, Any] | None = None,
        phases: Sequence[Mapping[str, Any]] = ({},),
        validators: Mapping[str, str] | None = None,
        functions: Mapping[str, str] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Small:
        """Write all files of the project; phases get what they do not say for themselves."""
        table = {"concurrency": 4, "sandbox": "workspace", **(settings or {})}
        text = "".join(f"{name} = {_toml(value)}\n" for name, value in table.items())
        for name, program in {"plain": agent, **(agents or {})}.items():
            self.write_agent(program, name)
            words = [sys.executable, "-I", "-S", "{project}/agents/" + f"{name}.py"]
            text += f"\n[agents.{name}]\ncommand = {_toml(words)}\n"
            text += "".join(f"{key} = {_toml(value)}\n" for key, value in (agent_settings or {}).items())
        self.write("supervisor.toml", text if "agent" in table else f'agent = "plain"\n{text}')
        self.write_phases(phases)
        for name, body in (validators or {}).items():
            self.write(f"validators/{PIPELINE}/{name}", VALIDATOR_BEGINS + body)
        for name, body in (functions or {}).items():
            self.write(f"phase_intelligence/{PIPELINE}/{name}", body)
        self.write_items(items)
        return self

    def write_phases(self, phases: Sequence[Mapping[str, Any]]) -> None:
        """Write the pipeline file, and a document for each phase."""
        text = f'name = "{PIPELINE}"\ncollection = "made"\n'
        for number, given in enumerate(phases, 1):
            phase = {
                "id": number,
                "name": f"phase {number}",
                "items": "vfs/items.json" if number == 1 else {"phase": number - 1},
                "intelligence": f"phase_{number}.md",
                "output": f"out_{number}.json",
                "batch_size": 2,
                **given,
            }
            text += "\n[[phases]]\n" + "".join(f"{name} = {_toml(value)}\n" for name, value in phase.items())
            self.write(f"phase_intelligence/{PIPELINE}/{phase['intelligence']}", f"# Phase {number}\n")
        self.write(f"phase_intelligence/{PIPELINE}/pipeline.toml", text)

    def write_agent(self, program: str, name: str = "plain") -> None:
        """Write the program of an agent anew."""
        begins = "import subprocess\n" if "subprocess." in program else ""  # it takes as long to load as all the others
        self.write(f"agents/{name}.py", begins + AGENT_BEGINS + program)

    def write_validator(self, name: str, body: str) -> None:
        """Write a validator anew."""
        self.write(f"validators/{PIPELINE}/{name}", VALIDATOR_BEGINS + body)

    def write_items(self, items: Any) -> None:
        """Write the items of the first phase."""
        self.write("vfs/items.json", json.dumps(items, ensure_ascii=False, indent=1))

    def run(self, *options: str, status: int = 0) -> Ended:
        """`supervisor run small demo`, which has to end with `status`."""
        return self.done("run", PIPELINE, TARGET, *options, status=status)

    def begin_run(self, *options: str) -> Running:
        """Start `supervisor run small demo`."""
        return self.begin("run", PIPELINE, TARGET, *options)

    @property
    def folder(self) -> Path:
        return self.results(TARGET, "made")

    def path(self, phase: int = 1) -> Path:
        """The main file of a phase."""
        return self.folder / f"out_{phase}.json"

    def main(self, phase: int = 1) -> Any:
        """What is in the main file of a phase."""
        return json.loads(self.path(phase).read_text(encoding="utf-8"))

    @property
    def progress(self) -> str:
        return self.log(TARGET, "made")

    def at_gate(self, gate: str = "gate", count: int = 1) -> list[Session]:
        """Wait until that many sessions stand before a gate."""
        return until(
            lambda: found if len(found := self._before(gate)) >= count else None, f"{count} sessions at the {gate}"
        )

    def marked(self, name: str, count: int = 1) -> list[Session]:
        """Wait until that many sessions left a mark."""
        return until(
            lambda: (
                found if len(found := [s for s in self.sessions() if (s.workspace / name).exists()]) >= count else None
            ),
            f"{count} sessions that marked {name}",
        )

    def _before(self, gate: str) -> list[Session]:
        return [each for each in self.sessions() if (each.workspace / gate).exists()]


def until_heard(sessions: Sequence[Session]) -> None:
    """Wait until what each printed is in its transcript: what a supervisor has in memory alone dies with it."""
    told = [session.folder / TRANSCRIPT_NAME for session in sessions]
    until(lambda: all(path.exists() and path.stat().st_size for path in told), "what sessions printed")


def open_gate(session: Session, gate: str = "gate") -> None:
    """Let a session go on that stands before a gate."""
    path = session.workspace / gate
    os.close(reader_of(path))
    path.unlink()


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_toml(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(inner) for inner in value) + "]"
    return json.dumps(value, ensure_ascii=False)
