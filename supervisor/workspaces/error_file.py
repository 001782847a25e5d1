"""All that was wrong with a session's output, in its folder, where the store keeps a part of it only."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence

from supervisor.model.validation_report import ValidationError
from supervisor.workspaces.workspace_provider import Workspace

ERRORS_NAME = "errors.json"


def write_errors(workspace: Workspace, errors: Sequence[ValidationError]) -> None:
    """Write `errors.json` beside the transcript, outside of the agent's working directory.

    Whatever is there already is replaced. Where the folder is gone or the disk is full, the part in the store is all.
    """
    path = workspace.folder / ERRORS_NAME
    with contextlib.suppress(OSError):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(file, "w", encoding="utf-8", errors="backslashreplace") as lines:
            lines.write('{"errors": [')
            for number, error in enumerate(errors):
                lines.write(f"{',' if number else ''}\n  {json.dumps(error.model_dump(), ensure_ascii=False)}")
            lines.write("\n]}\n")
