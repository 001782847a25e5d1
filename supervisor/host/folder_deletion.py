"""Deletes a folder that an untrusted program filled, however deep: without recursion, and through no link."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def delete_folder(path: Path) -> bool:
    """Delete a folder with all that is in it, or what else has that name; False where something is left.

    A name that cannot be deleted keeps none of the others. Paths in it may be longer than the system takes: what lies
    in a folder is moved up into `path` before, so that no more than two folders are open.
    """
    try:
        root = os.open(path, _FOLDER)
    except FileNotFoundError:
        return True
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(path)  # a link, or a file
        return not os.path.lexists(path)
    try:
        _empty(root)
    finally:
        os.close(root)
    with contextlib.suppress(OSError):
        os.rmdir(path)
    return not os.path.lexists(path)


@contextlib.contextmanager
def passing_folder() -> Iterator[Path]:
    """A new temporary folder that an untrusted program may fill; deleted afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="supervisor-"))
    try:
        yield folder
    finally:
        delete_folder(folder)


def _empty(root: int) -> None:
    with contextlib.suppress(OSError):
        os.fchmod(root, 0o700)
    new, number = f".deleted-{secrets.token_hex(8)}-", 0
    waiting = _without_files(root)
    while waiting:
        name = waiting.pop()
        with contextlib.suppress(OSError):
            folder = _opened(name, root)
            try:
                for below in _without_files(folder):
                    with contextlib.suppress(OSError):
                        os.close(_opened(below, folder))  # one can be moved only by who may write in it
                        number += 1
                        os.rename(below, f"{new}{number}", src_dir_fd=folder, dst_dir_fd=root)
                        waiting.append(f"{new}{number}")
            finally:
                os.close(folder)
            os.rmdir(name, dir_fd=root)


def _opened(name: str, parent: int) -> int:
    """A folder in an open one, with all rights for its owner, whatever rights the program left."""
    try:
        folder = os.open(name, _FOLDER, dir_fd=parent)
    except PermissionError:
        unread = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        try:
            os.chmod(f"/proc/self/fd/{unread}", 0o700)  # a name would be followed
        finally:
            os.close(unread)
        return os.open(name, _FOLDER, dir_fd=parent)
    with contextlib.suppress(OSError):
        os.fchmod(folder, 0o700)
    return folder


def _without_files(folder: int) -> list[str]:
    """Delete what is no folder in an open one; the names of the folders that are left."""
    with os.scandir(folder) as entries:
        kinds = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in kinds:
        if not is_folder:
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=folder)
    return [name for name, is_folder in kinds if is_folder]
