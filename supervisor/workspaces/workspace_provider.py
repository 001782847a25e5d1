"""The door to where sessions work: a folder is made, found again, its output collected, and in the end removed."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from supervisor.model.session import OutputRejection, SessionRequest
from supervisor.workspaces.session_paths import SessionPaths

PROMPT_NAME = "prompt.md"
INPUT_NAME = "input.json"
TRANSCRIPT_NAME = "transcript.txt"
PROCESS_NOTE_NAME = "process.json"
END_NOTE_NAME = "ended.json"


class Workspace:
    """`<sessions>/<name>/` with `workspace/` (the agent's working directory), `home/` and, beside them, what is kept of
    the session: paths only, whether there is anything at them or not."""

    def __init__(self, sessions: Path, name: str) -> None:
        self.folder = sessions / name
        self.path = self.folder / "workspace"
        self.home = self.folder / "home"

    @property
    def transcript(self) -> Path:
        return self.folder / TRANSCRIPT_NAME

    @property
    def process_note(self) -> Path:
        """Where it is noted which process the session is."""
        return self.folder / PROCESS_NOTE_NAME

    @property
    def end_note(self) -> Path:
        """Where it is noted that the session came to its end, and was not cut off."""
        return self.folder / END_NOTE_NAME

    @property
    def prompt(self) -> Path:
        return self.path / PROMPT_NAME

    @property
    def input(self) -> Path:
        return self.path / INPUT_NAME

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


class WorkspaceProvider(Protocol):
    """Folders for sessions. All of it blocks; what may take longer than writing two small files belongs in a thread."""

    def create(self, request: SessionRequest) -> Workspace:
        """A fresh one with prompt and input in it: nothing that an earlier session of this name left is in it.

        OSError is the machine's; FileNotFoundError: the project itself is no longer there.
        """
        ...

    def open(self, session: str) -> Workspace | None:
        """That of a session that was begun; None where it is gone."""
        ...

    def collect(self, workspace: Workspace, output_name: str, max_bytes: int) -> bytes | OutputRejection:
        """The output, read as from a stranger: no links, bounded. OSError where the machine cannot read at all."""
        ...

    def remove(self, session: str) -> bool:
        """Delete it; False where the machine did not let: what is left of it stays for the next clean-up."""
        ...
