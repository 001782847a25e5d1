"""What a session in Landlock may open: what bubblewrap would show it, as far as paths alone can say that."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from supervisor.executors.local.sandbox.sandbox_mounts import HIDDEN, LOOKED_AT, SYSTEM, last_changes, readable_paths
from supervisor.workspaces.session_paths import SessionPaths

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx")


def landlocked(
    words: Sequence[str],
    environment: dict[str, str],
    paths: SessionPaths,
    readable: Sequence[Path],
    writable: Sequence[Path],
) -> dict[str, list[str]]:
    """The paths by what is allowed there, for `landlock.restrict`.

    Other processes' variables, memory and files in /proc stay closed: that is the affair of tracing, which Landlock
    allows within a session only.
    """
    listed, read = _system(last_changes(LOOKED_AT), os.getuid() == 0)
    return {
        "list": list(listed),
        "read": [*read, "/proc", *readable_paths(words, environment, paths, readable)],
        "write": [str(path) for path in (*writable, paths.workspace, paths.home)],
        "device": [f"/dev/{name}" for name in _DEVICES],
    }


@functools.lru_cache(maxsize=4)
def _system(changes: tuple[int, ...], root: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Folders of which the names are shown, and what may be read: for root, whom no mode keeps from anything, all but
    what is root's alone."""
    if not root:
        return (), SYSTEM
    parents = {str(parent) for path in HIDDEN for parent in Path(path).parents} - {"/"}
    return tuple(sorted(parents)), tuple(path for folder in SYSTEM for path in _without_hidden(folder, parents))


def _without_hidden(folder: str, parents: set[str]) -> Iterator[str]:
    if folder in HIDDEN:
        return
    if folder not in parents or not os.path.isdir(folder):
        yield folder
        return
    for name in sorted(os.listdir(folder)):
        yield from _without_hidden(f"{folder}/{name}", parents)
