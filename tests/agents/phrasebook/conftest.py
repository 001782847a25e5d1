"""The embedded agent run as sessions run it, as a program, on the prompt of a batch."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.agents.phrasebook.course_batches import Prompt, Run, command, environment, rendered


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Where the prompts of a test ask for the output."""
    return tmp_path / "my work" / "phase1_batch_1.json"


@pytest.fixture
def prompt(output: Path) -> Prompt:
    """Writes the prompt of a batch beside the output."""
    output.parent.mkdir()

    def write(phase: int, items: Mapping[str, Any], **rest: Any) -> Path:
        path = output.parent / "prompt.md"
        path.write_text(rendered(phase, items, str(output), **rest), encoding="utf-8")
        return path

    return write


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the program to its end."""

    def start(*arguments: object, session: int = 1) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*arguments),
            cwd=tmp_path,
            env=environment(session),
            capture_output=True,
            encoding="utf-8",
            timeout=30,
            check=False,
        )

    return start


@pytest.fixture
def answers(prompt: Prompt, run: Run, output: Path) -> Callable[..., Any]:
    """Runs the program on items and returns what it wrote."""

    def ask(phase: int, items: Mapping[str, Any], **rest: Any) -> Any:
        done = run(prompt(phase, items, **rest))
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(output.read_bytes())

    return ask
