"""Sessions that begin in an empty folder: prompt and input in, output out, a home of its own."""

from __future__ import annotations

import os
from pathlib import Path

from supervisor.failpoints import reached
from supervisor.host.folder_deletion import delete_folder
from supervisor.model.session import OutputRejection, SessionRequest
from supervisor.workspaces.untrusted_file import read_untrusted_file
from supervisor.workspaces.workspace_provider import Workspace


class EmptyFolderProvider:
    """Makes a folder for each session, in one folder for all."""

    def __init__(self, sessions: Path) -> None:
        self._sessions = sessions

    def create(self, request: SessionRequest) -> Workspace:
        workspace = Workspace(self._sessions, request.name)
        reached("workspace.before_make")
        if not self._sessions.exists():
            os.mkdir(self._sessions)  # it was deleted under way
        try:
            os.mkdir(workspace.folder, 0o700)
        except FileExistsError:
            delete_folder(workspace.folder)
            os.mkdir(workspace.folder, 0o700)
        os.mkdir(workspace.path, 0o700)
        os.mkdir(workspace.home, 0o700)
        reached("workspace.made")
        _write_new(workspace.prompt, request.prompt)
        reached("workspace.prompt_written")
        _write_new(workspace.input, request.input_json)
        reached("workspace.written")
        return workspace

    def open(self, session: str) -> Workspace | None:
        workspace = Workspace(self._sessions, session)
        return workspace if workspace.folder.is_dir() else None

    def collect(self, workspace: Workspace, output_name: str, max_bytes: int) -> bytes | OutputRejection:
        return read_untrusted_file(workspace.output(output_name), max_bytes)

    def remove(self, session: str) -> bool:
        folder = Workspace(self._sessions, session).folder
        reached("workspace.before_remove")
        gone = delete_folder(folder)
        reached("workspace.removed")
        return gone


def _write_new(path: Path, text: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        data = memoryview(text.encode("utf-8"))
        while data:
            data = data[os.write(file, data) :]
    finally:
        os.close(file)
