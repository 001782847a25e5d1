"""A project directory: where it begins, what its settings say, and where its files are."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from supervisor.errors import ProjectError
from supervisor.project.project_settings import ProjectSettings
from supervisor.project.toml_file import TomlFile

SETTINGS_FILE = "supervisor.toml"
PYPROJECT = "pyproject.toml"


class Project:
    """A project directory and its settings."""

    def __init__(self, root: Path, settings: ProjectSettings, settings_file: Path, content: Path | None = None) -> None:
        """`content`: where pipelines, validators and prompts are, if not in the project itself."""
        self.root = root
        self.content = content or root
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
        return self.content / "phase_intelligence" / pipeline

    def validator_folder(self, pipeline: str) -> Path:
        """Validators of a pipeline."""
        return self.content / "validators" / pipeline

    def prompt_folder(self, pipeline: str) -> Path:
        """Prompt templates of a pipeline."""
        return self.content / "prompts" / pipeline

    def with_content(self, content: Path) -> Project:
        """The same project with the pipelines, validators and prompts of another folder."""
        return Project(self.root, self.settings, self.settings_file, content)

    def results(self, collection: str, target: str) -> Path:
        """Main files and progress log of a target."""
        return self.root / "vfs" / collection / target

    def relative(self, path: Path) -> str:
        """The path as a person in the project directory would write it."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


def require_utf8(folder: Path) -> None:
    """ProjectError where a folder's path is not UTF-8: stores, notes and prompts, which are, could not name it."""
    try:
        str(folder).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ProjectError(
            "the name of the folder, or of one above it, is not valid UTF-8",
            where=os.fsencode(folder).decode("utf-8", "backslashreplace"),
            remedy="Rename it, or make the project elsewhere.",
        ) from error


def find_project(start: Path) -> Project:
    """The project of the nearest parent of `start` that has settings; ProjectError where none has."""
    start = start.resolve()
    if not start.is_dir():
        raise ProjectError("no such directory", where=str(start), remedy="Name an existing project with --project DIR.")
    require_utf8(start)
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            path = folder / SETTINGS_FILE
            return Project(folder, TomlFile(path, ProjectError).read(ProjectSettings), path)
        if (folder / PYPROJECT).is_file():
            path = folder / PYPROJECT
            file = TomlFile(path, ProjectError)
            tools = file.table.get("tool", {})
            if isinstance(tools, dict) and "supervisor" in tools:
                return Project(folder, file.read(ProjectSettings, "tool", "supervisor"), path)
    raise ProjectError(
        "no project here: neither it nor a folder above has supervisor.toml, or [tool.supervisor] in pyproject.toml",
        where=str(start),
        remedy="Make one with `supervisor init DIR`, or name one with --project DIR.",
    )
