"""What a test gives a session of an installed CLI: its driver, its request, and a program in place of the real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from supervisor.agents.installed_cli import InstalledCliDriver
from supervisor.model.isolation import Isolation, Level
from supervisor.model.session import SessionRequest
from supervisor.project.project import Project
from supervisor.project.project_settings import AgentSettings, ProjectSettings

Driver = TypeVar("Driver", bound=InstalledCliDriver)


def make_driver(kind: type[Driver], root: Path, settings: AgentSettings | None = None, **project: Any) -> Driver:
    """The driver of a program under its own name, in a project with these settings."""
    here = Project(root, ProjectSettings(**project), root / "supervisor.toml")
    return kind(here, kind.kind, settings or AgentSettings())


def session_request(
    agent: str, prompt: str = "# Task\n", *, shared: int = 0, level: Level = "workspace"
) -> SessionRequest:
    """A request for the first session of an agent."""
    return SessionRequest(
        name="s",
        agent=agent,
        prompt=prompt,
        shared=shared,
        input_json="{}",
        output_name="out.json",
        attempt=1,
        timeout_s=60,
        isolation=Isolation(sandbox=level),
    )


def program(folder: Path, name: str, script: str = "exit 0") -> str:
    """A program of that name which does what a shell script says; its path."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)
