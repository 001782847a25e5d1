"""The documents say what is true: their commands run, their tables name every key."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from supervisor.model.pipeline import Phase, Pipeline, TargetRule
from supervisor.project.project_settings import AgentSettings, ProjectSettings

ROOT = Path(__file__).resolve().parents[2]
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


def shell_blocks(document: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def commands(document: str) -> list[str]:
    return [line for block in shell_blocks(document) for line in block.splitlines() if line.strip()]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the repository as a clone has it, with `.venv` the environment that runs this test."""
    copy = tmp_path / "checkout"
    copy.mkdir()
    listed = subprocess.run(["git", "ls-files", "-z", *TRACKED], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((ROOT / name).read_bytes())
    (copy / ".venv").symlink_to(sys.prefix)
    return copy


@pytest.mark.slow
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


def test_every_make_target_that_the_documents_name_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = [line for name in ("README.md", "CONTRIBUTING.md") for line in commands(name) if line.startswith("make ")]
    assert named
    for line in named:
        assert re.search(rf"^{line.split()[1]}:", makefile, flags=re.MULTILINE), line


def test_ci_runs_what_the_readme_promises() -> None:
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8")
    for target in ("check", "test", "test-slow", "test-adversarial", "test-agents", "demo"):
        assert f"\nmake {target}\n" in ci


@pytest.mark.parametrize("model", [ProjectSettings, AgentSettings, Phase, Pipeline, TargetRule])
def test_the_reference_names_every_key(model: type[ProjectSettings]) -> None:
    text = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("pipelines.md", "agents.md"))
    missing = [
        name
        for name in model.model_fields
        if f"`{name}`" not in text and name not in ("agents", "phases", "serve", "target")
    ]
    assert not missing


def test_links_between_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / link).exists(), f"{document.name}: {link}"
