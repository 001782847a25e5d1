"""A session's temporary folder: in its home, and by a short name, since the path of a socket has 108 bytes at most."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from pathlib import Path

from supervisor.executors.local.sandbox.bubblewrap import TEMPORARY
from supervisor.model.isolation import Level
from supervisor.workspaces.session_paths import SessionPaths

RUNTIME = "run"
"""The folder in it for XDG_RUNTIME_DIR."""
_LONG = 48
"""Bytes of a path that leave programs the rest of 108 for folders and sockets of their own."""


def make_temporary(paths: SessionPaths, mark: str, level: str) -> Path:
    """Make it; the path by which the session is to know it, a link where its own is long and one can be made."""
    folder = paths.home / "tmp"
    for each in (folder, folder / RUNTIME):
        each.mkdir(mode=0o700, exist_ok=True)
    boxed: Level = "bubblewrap"
    if level == boxed:
        return TEMPORARY
    if len(os.fsencode(folder)) <= _LONG:
        return folder
    link = _link(mark)
    try:
        link.parent.mkdir(mode=0o700, exist_ok=True)
        if not _is_ours(link.parent):  # somebody was there first
            return folder
        link.unlink(missing_ok=True)
        link.symlink_to(folder)
    except OSError:
        return folder
    return link


def let_go_of_temporary(mark: str) -> None:
    """Take the short name away; the folder itself goes with the session's."""
    link = _link(mark)
    with contextlib.suppress(OSError):
        if link.is_symlink() and _is_ours(link.parent):
            link.unlink()


def sweep_temporary(sessions: Path) -> None:
    """Take away the short names that a dead supervisor's sessions left, and those that lead nowhere."""
    folder = _links()
    with contextlib.suppress(OSError):
        for link in list(folder.iterdir()) if _is_ours(folder) else []:
            if link.is_symlink() and (not link.exists() or Path(os.readlink(link)).is_relative_to(sessions)):
                link.unlink(missing_ok=True)


def _links() -> Path:
    return Path("/tmp", f"sv-{os.getuid()}")  # noqa: S108 - it has to be short, and is looked at before it is used


def _link(mark: str) -> Path:
    return _links() / hashlib.sha256(mark.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def _is_ours(folder: Path) -> bool:
    """Whether nobody else can put anything there."""
    seen = os.lstat(folder)
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.getuid() and not seen.st_mode & 0o077
