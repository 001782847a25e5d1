"""A session in bubblewrap: the system read-only, its own folders, and nothing else of the machine."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from supervisor.executors.local.sandbox.sandbox_mounts import (
    HIDDEN_FILES,
    HIDDEN_FOLDERS,
    LOOKED_AT,
    SYSTEM,
    last_changes,
    readable_paths,
)
from supervisor.workspaces.session_paths import SessionPaths

TEMPORARY = Path("/tmp/own")  # noqa: S108 - in a /tmp of the session's own
"""How a session in it knows its temporary folder, which is in its home."""
_NOBODY = "65534"
"""The user `nobody`, which every system knows by name."""
_TRIAL = (
    "--ro-bind",
    "/",
    "/",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--cap-drop",
    "ALL",
)


@functools.cache
def why_no_bubblewrap() -> str | None:
    """Why bubblewrap cannot be used here; None where it can. It is tried out once."""
    if not sys.platform.startswith("linux"):
        return "bubblewrap needs Linux"
    program = shutil.which("bwrap")
    if program is None:
        return "bubblewrap is not installed (Debian and Ubuntu: `apt install bubblewrap`)"
    try:
        tried = subprocess.run(
            [program, *_TRIAL, "--", "true"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not work here: {error}"
    return None if tried.returncode == 0 else f"bubblewrap does not work here: {tried.stderr.strip()}"


def bubblewrapped(
    words: Sequence[str],
    environment: dict[str, str],
    paths: SessionPaths,
    readable: Sequence[Path],
    writable: Sequence[Path],
    network: str | tuple[str, ...],
) -> list[str]:
    """The command inside of bubblewrap: the system read-only, its own workspace and home, and nothing else."""
    if isinstance(network, tuple):
        words = _with_hosts_only(words, network, paths, writable)
    command = [shutil.which("bwrap") or "bwrap", *_name_spaces(os.getuid() == 0), *_system(last_changes(LOOKED_AT))]
    command += ["--unshare-net"] if network == "none" else []
    for shown in readable_paths(words, environment, paths, readable):
        command += ["--ro-bind", shown, shown]
    for path in (*writable, paths.workspace, paths.home):
        if path.exists():
            command += ["--bind", str(path), str(path)]
    command += ["--bind", str(paths.home / "tmp"), str(TEMPORARY)]
    return [*command, "--chdir", str(paths.workspace), "--", *words]


@functools.cache
def _name_spaces(root: bool) -> tuple[str, ...]:
    words = ["--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    words += ["--hostname", "sandbox", "--cap-drop", "ALL"]
    if root:
        # Root without capabilities could not make name spaces of its own, as sandboxes inside of this one need.
        words += ["--unshare-user", "--uid", _NOBODY, "--gid", _NOBODY]
    return tuple(words)


@functools.lru_cache(maxsize=4)
def _system(changes: tuple[int, ...]) -> tuple[str, ...]:
    """The system's folders read-only, but for what is root's alone; processes, devices and /tmp of its own."""
    words: list[str] = []
    for folder in SYSTEM:
        if os.path.islink(folder):
            words += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            words += ["--ro-bind", folder, folder]
    for file in filter(os.path.exists, HIDDEN_FILES):
        words += ["--ro-bind", os.devnull, file]
    for folder in filter(os.path.isdir, HIDDEN_FOLDERS):
        words += ["--tmpfs", folder]
    return (*words, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp")  # noqa: S108 - the session's own


def _with_hosts_only(
    words: Sequence[str], hosts: Sequence[str], paths: SessionPaths, writable: Sequence[Path]
) -> list[str]:
    """The command behind the proxy of Anthropic's sandbox runtime, which lets it reach these hosts and no others."""
    settings = {
        "network": {"allowedDomains": list(hosts), "deniedDomains": []},
        "filesystem": {
            "denyRead": [],
            "allowWrite": [str(path) for path in (paths.workspace, paths.home, "/tmp", *writable)],  # noqa: S108
            "denyWrite": [],
        },
        "enableWeakerNestedSandbox": True,  # the sandbox around it is the strong one
    }
    file = paths.home / ".sandbox-runtime.json"
    file.write_text(json.dumps(settings), encoding="utf-8")
    return [shutil.which("srt") or "srt", "--settings", str(file), "--", *words]
