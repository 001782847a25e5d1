"""The folder of one session: prompt and input in, output out, a home of its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from supervisor.model.session import SessionSpec

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
    def make(cls, sessions: Path, spec: SessionSpec) -> Workspace:
        """Make the folder anew, so that no earlier file can be taken for this session's."""
        workspace = cls(sessions, spec.name)
        try:
            os.mkdir(workspace.folder, 0o700)
        except FileExistsError:
            shutil.rmtree(workspace.folder)
            os.mkdir(workspace.folder, 0o700)
        os.mkdir(workspace.path, 0o700)
        os.mkdir(workspace.home, 0o700)
        workspace.prompt.write_text(spec.prompt, encoding="utf-8")
        workspace.input.write_text(spec.input_json, encoding="utf-8")
        return workspace

    def output(self, name: str) -> Path:
        """Where the agent has to write."""
        return self.path / name

    def remove(self) -> None:
        """Delete all of it; what cannot be deleted stays for the next clean-up."""
        shutil.rmtree(self.folder, ignore_errors=True)
