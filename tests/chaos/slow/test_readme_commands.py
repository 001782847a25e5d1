"""The commands of the README, from an empty directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.document_commands import commands
from tests.support.repository_content import REPOSITORY

TRACKED = (
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "supervisor",
    "agents",
    "phase_intelligence",
    "prompts",
    "validators",
    "vfs",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the repository as a clone has it, with `.venv` the environment that runs this test."""
    copy = tmp_path / "checkout"
    copy.mkdir()
    listed = subprocess.run(["git", "ls-files", "-z", *TRACKED], cwd=REPOSITORY, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((REPOSITORY / name).read_bytes())
    (copy / ".venv").symlink_to(sys.prefix)
    return copy


def test_every_command_of_the_readme_runs_as_written(checkout: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    lines = [line for line in commands("README.md") if not line.startswith("make ")]
    assert len(lines) > 12
    script = "set -eux\n" + "\n".join(lines) + "\n"
    keep = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "LANG"))}
    env = {**keep, "HOME": str(home), "PATH": os.environ["PATH"], "TERM": "dumb"}
    env["PIP_CONFIG_FILE"] = os.environ.get("PIP_CONFIG_FILE", str(Path.home() / ".config/pip/pip.conf"))
    ran = subprocess.run(["bash", "-c", script], cwd=checkout, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert "course/ita_for_eng_full: completed" in ran.stdout
    assert "facts/demo: completed" in ran.stdout
    assert "facts/nightly: completed" in ran.stdout
