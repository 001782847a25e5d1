"""A project directory made for one measurement: items, pipelines, a validator, an agent and its prepared answers."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

AGENTS = Path(__file__).parent / "agents"
TARGET = "demo"
_INSTALLED = Path(sys.executable).with_name("supervisor")
SUPERVISOR = [str(_INSTALLED)] if _INSTALLED.exists() else [sys.executable, "-m", "supervisor"]
"""The command as people call it."""
_kept: tempfile.TemporaryDirectory[str] | None = None

_VALIDATOR = '''"""Each value must be the square of its item's number."""

from supervisor import ValidationError, ValidationReport


def validate(batch, output, merged):
    errors = [
        ValidationError(type="wrong_square", item_id=i, message=f"the square of {p['n']} is {p['n'] ** 2}")
        for i, p in batch.items.items()
        if output[i].get("square") != p["n"] ** 2
    ]
    return ValidationReport(errors=errors)
'''
_EXPAND = '''"""One item for each item: what matters here is that only the function says so."""


def expand(item_id, payload):
    return [(item_id, payload)]
'''


class PhasePlan(NamedTuple):
    """One phase of a scratch pipeline."""

    id: int
    items: str = '"vfs/items.jsonl"'
    """The value of `items` as it stands in the pipeline file."""


class Scratch:
    """A project directory of `batches` times `batch_size` items, and the same answers for every phase."""

    def __init__(
        self,
        root: Path,
        agent: str,
        *,
        batches: int,
        batch_size: int = 1,
        phases: int = 1,
        text_bytes: int = 0,
        answered: Collection[int] | None = None,
    ) -> None:
        """Each answer has a `text` of `text_bytes`; only the batches `answered`, from 0, have one: None is all."""
        self.root = root
        self.batches = batches
        self.batch_size = batch_size
        self.answers = root / "answers"
        self.agent = root / "agents" / Path(agent).name
        self.outputs = [f"phase{phase}_batch_{n + 1}.json" for phase in range(1, phases + 1) for n in range(batches)]
        self._text = "lorem ipsum dolor " * (text_bytes // 18 + 1)
        self._text_bytes = text_bytes
        self._lay_out(AGENTS / agent, range(len(self.outputs)) if answered is None else answered)

    def answer(self, number: int) -> dict[str, dict[str, int | str]]:
        """The right output of a batch, which is the same in every phase."""
        first = number * self.batch_size
        text = {"text": self._text[: self._text_bytes]} if self._text_bytes else {}
        return {f"i{n:07}": {"n": n, "square": n**2, **text} for n in range(first, first + self.batch_size)}

    def _lay_out(self, agent: Path, answered: Collection[int]) -> None:
        for folder in (self.answers, self.agent.parent, self.root / "vfs"):
            folder.mkdir(parents=True)
        shutil.copy(agent, self.agent)
        command = json.dumps([f"{{project}}/agents/{self.agent.name}", "{project}/answers", "{output_file}"])
        (self.root / "supervisor.toml").write_text(
            'agent = "mine"\nsandbox = "workspace"\nstartup_timeout = 0\n\n'
            f'[agents.mine]\ncommand = {command}\nreadable = ["{{project}}/answers"]\n'
        )
        count = self.batches * self.batch_size
        with open(self.root / "vfs" / "items.jsonl", "w") as file:
            file.writelines(f'{{"id": "i{n:07}", "n": {n}}}\n' for n in range(count))
        for index in answered:
            (self.answers / self.outputs[index]).write_text(json.dumps(self.answer(index % self.batches)) + "\n")

    def add_pipeline(self, name: str, phases: Sequence[PhasePlan] = (PhasePlan(1),), *, validated: bool = True) -> None:
        """Write a pipeline, the intelligence of its phases, and their validator."""
        folder, validators = self.root / "phase_intelligence" / name, self.root / "validators" / name
        for made in (folder, validators):
            made.mkdir(parents=True)
        text = f'name = "{name}"\ncollection = "{name}"\n'
        for phase in phases:
            text += (
                f'\n[[phases]]\nid = {phase.id}\nname = "squares {phase.id}"\nitems = {phase.items}\n'
                f'intelligence = "squares.md"\noutput = "squares_{phase.id}.json"\nbatch_size = {self.batch_size}\n'
            )
            text += 'validator = "squares.py"\n' if validated else ""
        (folder / "pipeline.toml").write_text(text)
        (folder / "squares.md").write_text("Give the square of each item's `n`.\n")
        (folder / "expand.py").write_text(_EXPAND)
        (validators / "squares.py").write_text(_VALIDATOR)

    def command(self, pipeline: str, concurrency: int) -> list[str]:
        """The command line of a whole run in the foreground."""
        return [*SUPERVISOR, "run", pipeline, TARGET, "--project", str(self.root), "--concurrency", str(concurrency)]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the project's store; none where it is not there yet."""
        path = self.root / "vfs" / ".supervisor" / "store.sqlite"
        if not path.exists():
            return []
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection:
            try:
                return connection.execute(sql).fetchall()
            except sqlite3.OperationalError:  # its tables are not made yet
                return []

    def job_seconds(self) -> float:
        """From the first event to the last of all jobs, without the gaps between them."""
        spans = self.rows("SELECT min(at), max(at) FROM events GROUP BY job")
        return float(sum(last - first for first, last in spans))

    def check_merged(self, pipeline: str, phase: int) -> int:
        """Bytes of a main file; an error where it does not hold every item."""
        path = self.root / "vfs" / pipeline / TARGET / f"squares_{phase}.json"
        merged = json.loads(path.read_bytes())
        wanted = self.batches * self.batch_size
        if len(merged) != wanted or any(value["square"] != value["n"] ** 2 for value in merged.values()):
            raise RuntimeError(f"{path.name} holds {len(merged)} items, not the {wanted} right ones")
        return path.stat().st_size


def scratch_folder() -> Path:
    """A new folder's path for one project; TMPDIR says on which disk.

    All of them stay until the process ends: some file systems are slow to make files just after many were deleted,
    and that would be taken for the cost of what is measured next.
    """
    global _kept  # noqa: PLW0603
    if _kept is None:
        _kept = tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True)
    return Path(tempfile.mkdtemp(dir=_kept.name)) / "project"


def clean_environment() -> dict[str, str]:
    """The environment without settings of the supervisor's own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SUPERVISOR_")}


def c_agent(folder: Path) -> tuple[Path | None, str]:
    """The agent in C, built static into `folder`; or None and why not."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None, "no C compiler here"
    folder.mkdir(parents=True, exist_ok=True)
    built = folder / "copy_c"
    done = subprocess.run(
        [compiler, "-Os", "-static", "-o", str(built), str(AGENTS / "copy.c")], capture_output=True, check=False
    )
    return (built, "") if done.returncode == 0 else (None, "the C compiler cannot link statically")
