"""Folders whose names are on the disk by the time that something in them is reported."""

from __future__ import annotations

import os
from pathlib import Path

from supervisor.failpoints import reached


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, where they are missing; they are on the disk when this returns."""
    if path.is_dir():
        return
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    reached("folder.before_make")
    path.mkdir(parents=True, exist_ok=True)
    reached("folder.before_sync")
    for folder in missing:
        sync_folder(folder.parent)
    reached("folder.synced")


def sync_folder(path: Path) -> None:
    """Have the names in a folder on the disk: syncing a file does not sync its name."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def file_state(path: Path) -> tuple[int, int, int] | None:
    """Size, time and inode of a file now, which are others when it was written to; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino
