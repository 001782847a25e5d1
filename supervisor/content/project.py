"""A project directory: where it begins, what its settings say, and where its files are."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field
from pydantic import ValidationError as ModelError

from supervisor.content.validation_text import explain
from supervisor.errors import ProjectError
from supervisor.model.base import Frozen

SETTINGS_FILE = "supervisor.toml"
PYPROJECT = "pyproject.toml"


class AgentSettings(Frozen):
    """`[agents.NAME]`: a command as an agent."""

    command: tuple[str, ...] = Field(min_length=1)
    """Program and arguments; `{prompt_file}`, `{input_file}`, `{output_file}`, `{workspace}`, `{project}`, `{model}`
    may stand in them."""
    readable: tuple[str, ...] = ()
    """What it may read besides its workspace, its own program and the system."""
    pass_env: tuple[str, ...] = ()
    """Names of variables that it gets besides PATH, HOME (its own), LANG, TERM."""
    timeout: float | None = Field(default=None, gt=0)
    """Seconds that a session of it may take, where that is less than the phase's."""
    concurrency: int | None = Field(default=None, ge=1)
    """Sessions of it at once, over all jobs, where that is less than the jobs'."""


class ProjectSettings(Frozen):
    """What `supervisor.toml`, or `[tool.supervisor]` in `pyproject.toml`, may say."""

    agent: str | None = None
    """Agent where none is named on the command line."""
    model: str | None = None
    """Model that agents are asked for."""
    concurrency: int = Field(default=8, ge=1, le=10_000)
    """Sessions at once."""
    batch_size: int | None = Field(default=None, ge=1, le=100_000)
    """Items in a batch, in place of the phases' own."""
    max_attempts: int | None = Field(default=None, ge=1, le=100)
    """Attempts for a batch, in place of the phases' own."""
    timeout: float | None = Field(default=None, gt=0, le=7 * 86400)
    """Seconds that one session may take, in place of the phases' own."""
    strict: bool = False
    """Stop at the first batch that cannot be made to pass."""
    quiet_period: float = Field(default=0.2, ge=0, le=60)
    """Seconds without a change after which a closed output counts as complete."""
    max_output_bytes: int = Field(default=16 * 1024 * 1024, ge=1)
    """Largest output that is read."""
    max_transcript_bytes: int = Field(default=8 * 1024 * 1024, ge=0)
    """What is kept of what a session printed."""
    keep_sessions: float = Field(default=24 * 3600.0, ge=0)
    """Seconds after which the files of sessions that passed are deleted; those of failed ones are kept."""
    json_log: bool = False
    """Write `progress.jsonl` beside `progress.log`."""
    agents: dict[str, AgentSettings] = Field(default_factory=dict)
    """Commands as agents, by name."""


class Project:
    """A project directory and its settings."""

    def __init__(self, root: Path, settings: ProjectSettings, settings_file: Path) -> None:
        self.root = root
        self.settings = settings
        self.settings_file = settings_file
        self.state = root / "vfs" / ".supervisor"
        self.sessions = self.state / "sessions"
        self.store = self.state / "store.sqlite"

    @property
    def key(self) -> str:
        """Short name of this directory, for marking its processes."""
        return hashlib.sha256(str(self.root).encode()).hexdigest()[:16]

    def pipeline_folder(self, pipeline: str) -> Path:
        """Pipeline file, phase documents, `by` and `context` functions."""
        return self.root / "phase_intelligence" / pipeline

    def validator_folder(self, pipeline: str) -> Path:
        """Validators of a pipeline."""
        return self.root / "validators" / pipeline

    def prompt_folder(self, pipeline: str) -> Path:
        """Prompt templates of a pipeline."""
        return self.root / "prompts" / pipeline

    def results(self, collection: str, target: str) -> Path:
        """Main files and progress log of a target."""
        return self.root / "vfs" / collection / target

    def relative(self, path: Path) -> str:
        """The path as a person in the project directory would write it."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


def find_project(start: Path) -> Project:
    """The project of the nearest parent of `start` that has settings; ProjectError where none has."""
    start = start.resolve()
    if not start.is_dir():
        raise ProjectError("no such directory", where=str(start), remedy="Name an existing project with --project DIR.")
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            path = folder / SETTINGS_FILE
            return Project(folder, _settings(_read_toml(path), path), path)
        if (folder / PYPROJECT).is_file():
            path = folder / PYPROJECT
            table = _read_toml(path).get("tool", {})
            if isinstance(table, dict) and "supervisor" in table:
                return Project(folder, _settings(table["supervisor"], path), path)
    raise ProjectError(
        "no project here: neither it nor a folder above has supervisor.toml, or [tool.supervisor] in pyproject.toml",
        where=str(start),
        remedy="Make one with `supervisor init DIR`, or name one with --project DIR.",
    )


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"not TOML: {error}", where=str(path), remedy="Correct the file.") from error
    except OSError as error:
        raise ProjectError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _settings(table: Any, path: Path) -> ProjectSettings:
    try:
        return ProjectSettings.model_validate(table)
    except ModelError as error:
        section = "" if path.name == SETTINGS_FILE else " [tool.supervisor]"
        raise ProjectError(
            explain(error, ProjectSettings), where=f"{path}{section}", remedy="Correct the file."
        ) from error
