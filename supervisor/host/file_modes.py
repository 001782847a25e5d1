"""Modes and owners of files that are written for a person: as that person's own programs would have them."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

NEW_FILE, NEW_FOLDER = 0o666, 0o777
"""What programs ask for; the process's umask takes from it."""


def file_mode(path: Path) -> int:
    """Mode that a file beside `path` is to have: that of `path`, else that of a new file."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return NEW_FILE & ~umask()


def umask() -> int:
    """The process's umask, which nothing but Linux tells without its being changed for a moment."""
    with contextlib.suppress(OSError, ValueError), open("/proc/self/status", "rb") as file:
        for line in file:
            if line.startswith(b"Umask:"):
                return int(line.split()[1], 8)
    found = os.umask(0o077)
    os.umask(found)
    return found


def take_over(descriptor: int, existing: os.stat_result) -> None:
    """Give a new file, which is still empty, the owner of another, as far as this process may, and its mode."""
    with contextlib.suppress(PermissionError):
        if (existing.st_uid, existing.st_gid) != (os.getuid(), os.getgid()):
            os.fchown(descriptor, existing.st_uid, existing.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(existing.st_mode))
