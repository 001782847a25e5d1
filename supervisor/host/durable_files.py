"""Files and folders that are on the disk, with their names, by the time that something in them is reported."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from supervisor.failpoints import reached
from supervisor.host.file_modes import NEW_FILE, take_over


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


def replace_durably(
    path: Path, pieces: Iterable[bytes], still: Callable[[], bool] = lambda: True, *, like: Path | None = None
) -> bool:
    """Put the pieces at `path` so that, whatever dies, either the old or the new content is there, whole.

    A link is followed; mode and owner stay, a new file has those of the file `like`, else those that the process gives.
    What is no file on a disk, such as a terminal or a pipe, is written to.

    False, and nothing put there, where it is not `still` to be, in the last moment.
    """
    existing = _status(path)
    if existing is not None and not stat.S_ISREG(existing.st_mode) and not stat.S_ISDIR(existing.st_mode):
        return _write_to_device(path, pieces, still)
    path = written_path(path)
    model = _status(like) if existing is None and like is not None else existing
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    mode = NEW_FILE if model is None else 0o600
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if model is not None and stat.S_ISREG(model.st_mode):
                take_over(file.fileno(), model)
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


def written_path(path: Path) -> Path:
    """Where that is put which is written at `path`: where a link leads to, also where nothing is there yet."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _status(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _write_to_device(path: Path, pieces: Iterable[bytes], still: Callable[[], bool]) -> bool:
    if not still():
        return False
    with open(path, "wb") as file:
        file.writelines(pieces)
    return True
