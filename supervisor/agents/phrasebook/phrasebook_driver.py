"""The embedded agent `phrasebook`: a bundled phrasebook as a program, so that all can be seen without a key."""

from __future__ import annotations

from pathlib import Path

from supervisor.agents.command_cli import CommandDriver
from supervisor.host.own_module import module_command
from supervisor.model.session import SessionRequest
from supervisor.project.project import Project
from supervisor.project.project_settings import AgentSettings
from supervisor.workspaces.session_paths import SessionPaths

_PACKAGE = Path(__file__).resolve().parents[3]


class PhrasebookDriver(CommandDriver):
    """Runs `python -m supervisor.agents.phrasebook` like any other command."""

    def __init__(self, project: Project, *, faults: float = 0.0, seed: int = 0) -> None:
        # -I and -S would also keep the project's own packages away, but then an installation in a venv is not found.
        command = tuple(module_command("supervisor.agents.phrasebook", "{prompt_file}"))
        if faults:
            command += ("--faults", repr(faults), "--seed", str(seed))
        super().__init__("phrasebook", AgentSettings(command=command, timeout=10.0), project.root)
        self.profile = self.profile.model_copy(update={"tells_cost": False})

    def readable(self, paths: SessionPaths) -> list[Path]:
        return [_PACKAGE / "supervisor"]

    def prepare(self, paths: SessionPaths, request: SessionRequest) -> None:
        # Python lists the folder that it finds a package in, and beside the package's own may be the user's files.
        _found_in(paths).mkdir(exist_ok=True)
        (_found_in(paths) / "supervisor").symlink_to(_PACKAGE / "supervisor")

    def environment(self, paths: SessionPaths) -> dict[str, str]:
        # Where the supervisor runs from a source tree, its package is found by this; installed, it is not needed.
        return {"PYTHONPATH": str(_found_in(paths))}


def _found_in(paths: SessionPaths) -> Path:
    return paths.home / "python"
