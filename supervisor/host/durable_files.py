"""Files and folders that are on the disk, with their names, by the time that something in them is reported."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable
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


def last_change(path: Path) -> float | None:
    """Clock time of a file's last change; None where there is none."""
    try:
        return os.stat(path, follow_symlinks=False).st_mtime
    except OSError:
        return None


UNFINISHED = ".tmp"
"""Ending of what a writer that was killed leaves: beside its file, with a dot before its name."""


def replace_durably(path: Path, pieces: Iterable[bytes], still: Callable[[], bool] = lambda: True) -> bool:
    """Put the pieces at `path` so that, whatever dies, either the old or the new content is there, whole.

    False, and nothing put there, where it is not `still` to be, in the last moment.
    """
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=UNFINISHED, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o644)
            reached("main_file.before_write")
            file.writelines(pieces)
            file.flush()
            reached("main_file.before_sync")
            os.fsync(file.fileno())
        reached("main_file.before_rename")
        if not still():
            os.unlink(temporary)
            return False
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    reached("main_file.before_folder_sync")
    sync_folder(path.parent)
    reached("main_file.synced")
    return True
