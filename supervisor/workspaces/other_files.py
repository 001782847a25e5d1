"""JSON files that a session left beside the file that it was asked for, read as from a stranger."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from supervisor.workspaces.untrusted_file import read_untrusted_file
from supervisor.workspaces.workspace_provider import INPUT_NAME, Workspace

_MOST_ENTRIES, _MOST_FILES = 1000, 20


def other_json_files(workspace: Workspace, output_name: str, max_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Name and content of each `*.json` in the working directory itself but the input and `output_name`, by name.

    Only plain files of at most `max_bytes` bytes that could be read; of very many, some.
    """
    names = [name for name in _names(workspace.path) if name not in (INPUT_NAME, output_name)]
    for name in sorted(names)[:_MOST_FILES]:
        with contextlib.suppress(OSError):
            data = read_untrusted_file(workspace.path / name, max_bytes)
            if isinstance(data, bytes):
                yield name, data


def _names(path: Path) -> list[str]:
    """Of the files of a folder that is no link, at most _MOST_ENTRIES looked at."""
    found: list[str] = []
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return found
    try:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for number, entry in enumerate(entries):
                if number >= _MOST_ENTRIES:
                    break
                if entry.name.lower().endswith(".json") and not entry.name.startswith("."):
                    found.append(entry.name)
    finally:
        os.close(folder)
    return found
