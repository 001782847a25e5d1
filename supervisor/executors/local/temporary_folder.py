"""A session's temporary folder: in its home, and by a short name, since the path of a socket has 108 bytes at most.

The short names are links in a folder of the user's own: one of the project, to the folder of its sessions, and one of
each session, by way of that one. So that of a session is short at both ends: a link of less than 60 bytes costs ext4 a
tenth of a longer one.
"""

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
_IN_SESSION = "home/tmp"
_LONG = 48
"""Bytes of a path that leave programs the rest of 108 for folders and sockets of their own."""


def make_temporary(paths: SessionPaths, mark: str, level: str) -> Path:
    """Make it; the path by which the session is to know it, a link where its own is long and one can be made."""
    folder = f"{paths.home.parent}/{_IN_SESSION}"
    for each in (folder, f"{folder}/{RUNTIME}"):
        with contextlib.suppress(FileExistsError):
            os.mkdir(each, 0o700)
    boxed: Level = "bubblewrap"
    if level == boxed:
        return TEMPORARY
    if len(os.fsencode(folder)) <= _LONG:
        return Path(folder)
    session = paths.home.parent
    link, of_project = _session_link(mark), _project_link(session.parent)
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(_links(), 0o700)
        if not _is_ours(_links()):  # somebody was there first
            return Path(folder)
        _lead(of_project, str(session.parent))
        _lead(link, f"{os.path.basename(of_project)}/{session.name}/{_IN_SESSION}")
    except OSError:
        return Path(folder)
    return Path(link)


def let_go_of_temporary(mark: str) -> None:
    """Take the short name of a session away; the folder itself goes with the session's."""
    with contextlib.suppress(OSError):
        if _is_ours(_links()):
            os.unlink(_session_link(mark))


def sweep_temporary(sessions: Path) -> None:
    """Take away the short names of a project, which a dead supervisor's sessions left, and those that lead nowhere."""
    ours = os.path.basename(_project_link(sessions))
    with contextlib.suppress(OSError):
        for name in os.listdir(_links()) if _is_ours(_links()) else []:
            link = os.path.join(_links(), name)
            leads_to = os.readlink(link)
            of_project = name == ours or leads_to.startswith(f"{ours}/") or Path(leads_to).is_relative_to(sessions)
            if of_project or not os.path.exists(link):
                os.unlink(link)


def _links() -> str:
    return f"/tmp/sv-{os.getuid()}"  # noqa: S108 - it has to be short, and is looked at before it is used


def _session_link(mark: str) -> str:
    return f"{_links()}/{_digest(mark, 12)}"


def _project_link(sessions: Path) -> str:
    return f"{_links()}/p-{_digest(str(sessions), 8)}"


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:length]


def _lead(link: str, to: str) -> None:
    """Have a link lead there."""
    with contextlib.suppress(OSError):
        if os.readlink(link) == to:
            return
        os.unlink(link)
    os.symlink(to, link)


def _is_ours(folder: str) -> bool:
    """Whether nobody else can put anything there."""
    seen = os.lstat(folder)
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.getuid() and not seen.st_mode & 0o077
