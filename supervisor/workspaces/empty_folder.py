"""The folder of one session: prompt and input in, output out, a home of its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from supervisor.failpoints import reached
from supervisor.model.session import SessionRequest
from supervisor.workspaces.session_paths import SessionPaths

PROMPT_NAME = "prompt.md"
INPUT_NAME = "input.json"
TRANSCRIPT_NAME = "transcript.txt"


class Workspace:
    """`<sessions>/<name>/` with `workspace/` (the agent's working directory), `home/` and the transcript."""

    def __init__(self, sessions: Path, name: str) -> None:
        self.folder = sessions / name
        self.path = self.folder / "workspace"
        self.home = self.folder / "home"
        self.transcript = self.folder / TRANSCRIPT_NAME
        self.prompt = self.path / PROMPT_NAME
        self.input = self.path / INPUT_NAME

    @classmethod
    def make(cls, sessions: Path, spec: SessionRequest) -> Workspace:
        """Make the folder anew, so that no earlier file can be taken for this session's."""
        workspace = cls(sessions, spec.name)
        reached("workspace.before_make")
        if not sessions.exists():
            os.mkdir(sessions)  # it was deleted under way
        try:
            os.mkdir(workspace.folder, 0o700)
        except FileExistsError:
            shutil.rmtree(workspace.folder)
            os.mkdir(workspace.folder, 0o700)
        os.mkdir(workspace.path, 0o700)
        os.mkdir(workspace.home, 0o700)
        reached("workspace.made")
        _write_new(workspace.prompt, spec.prompt)
        reached("workspace.prompt_written")
        _write_new(workspace.input, spec.input_json)
        reached("workspace.written")
        return workspace

    def output(self, name: str) -> Path:
        """Where the agent has to write."""
        return self.path / name

    def paths(self, project: Path, output_name: str) -> SessionPaths:
        """The same as the agent knows it."""
        return SessionPaths(
            project=project,
            workspace=self.path,
            home=self.home,
            prompt_file=self.prompt,
            input_file=self.input,
            output_file=self.output(output_name),
        )

    def remove(self) -> None:
        """Delete all of it; what cannot be deleted stays for the next clean-up."""
        reached("workspace.before_remove")
        shutil.rmtree(self.folder, ignore_errors=True)
        reached("workspace.removed")


def _write_new(path: Path, text: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        data = memoryview(text.encode("utf-8"))
        while data:
            data = data[os.write(file, data) :]
    finally:
        os.close(file)
