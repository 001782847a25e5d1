"""Looks into a folder that an untrusted program filled: no link in it is followed, and what is read is bounded."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_PLAIN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # opening a pipe would wait for a writer
_NOT_ITS_FAULT = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO))
_MOST_NAMES, _DEEPEST = 20_000, 12
"""So many names are looked at, and so many folders one in another, when files are searched."""


class FoundFile(NamedTuple):
    """A plain file as it was read."""

    data: bytes
    status: os.stat_result


def read_below(root: Path, path: str, max_bytes: int) -> FoundFile | None:
    """The file at a relative path, each part of which is no link, nor is `root` itself.

    None where there is none, or it is no plain file of one name and of this user, or has more than `max_bytes` bytes.
    OSError where the machine cannot read at all.
    """
    *folders, name = PurePosixPath(path).parts
    with _ours(), _folder_below(root, folders) as folder:
        return _read_in(folder, name, max_bytes)
    return None


def unlink_below(root: Path, path: str) -> None:
    """Delete the file, or the link, at a relative path, no folder of which is a link; nothing where there is none."""
    *folders, name = PurePosixPath(path).parts
    with _ours(), _folder_below(root, folders) as folder:
        os.unlink(name, dir_fd=folder)


def texts_below(root: Path, pattern: str, max_bytes: int) -> Iterator[str]:
    """The files at relative paths of a pattern as of `Path.glob`, in the order of their names: as `read_below` reads.

    Together they have at most `max_bytes` bytes; one that has more than are left is left out.
    """
    left = max_bytes
    for path in _paths_below(root, pattern):
        found = read_below(root, path, left)
        if found is not None:
            left -= len(found.data)
            yield found.data.decode("utf-8", "replace")


def _paths_below(root: Path, pattern: str) -> list[str]:
    looked_at = 0
    found: list[str] = []
    waiting: list[tuple[tuple[str, ...], tuple[str, ...]]] = [((), PurePosixPath(pattern).parts)]
    while waiting and looked_at < _MOST_NAMES:
        folders, (part, *rest) = waiting.pop()
        if part == "**":
            waiting.append((folders, tuple(rest)))
        with _ours(), _folder_below(root, folders) as folder, os.scandir(folder) as entries:
            for entry in entries:
                looked_at += 1
                if looked_at > _MOST_NAMES:
                    break
                path = (*folders, entry.name)
                is_folder = entry.is_dir(follow_symlinks=False)
                if part == "**":
                    if is_folder and len(path) < _DEEPEST:
                        waiting.append((path, (part, *rest)))
                elif fnmatchcase(entry.name, part):
                    if rest and is_folder:
                        waiting.append((path, tuple(rest)))
                    elif not rest and entry.is_file(follow_symlinks=False):
                        found.append("/".join(path))
    return sorted(found)


@contextlib.contextmanager
def _folder_below(root: Path, parts: list[str] | tuple[str, ...]) -> Iterator[int]:
    folder = os.open(root, _FOLDER)
    try:
        for part in parts:
            below = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = below
        yield folder
    finally:
        os.close(folder)


def _read_in(folder: int, name: str, max_bytes: int) -> FoundFile | None:
    file = os.open(name, _PLAIN, dir_fd=folder)
    with os.fdopen(file, "rb") as opened:
        status = os.fstat(file)
        own = stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and status.st_uid == os.geteuid()
        if not own or status.st_size > max_bytes:
            return None
        data = opened.read(max_bytes + 1)
        return None if len(data) > max_bytes else FoundFile(data, status)


@contextlib.contextmanager
def _ours() -> Iterator[None]:
    """Take what the program may have brought about for nothing there."""
    try:
        yield
    except OSError as error:
        if error.errno in _NOT_ITS_FAULT:
            raise
