"""How far a session is kept apart from the rest of the machine."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from supervisor.errors import AgentError
from supervisor.executors.local.sandbox.sandbox_mounts import SYSTEM, program_files
from supervisor.model.isolation import Isolation, Level
from supervisor.workspaces.session_paths import SessionPaths

_HIDDEN_FILES = ("/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers")
_HIDDEN_FOLDERS = ("/etc/ssh", "/etc/ssl/private", "/etc/sudoers.d")
_FOUND_BY_NAME = ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Variables whose files a program reads that is given them."""
TEMPORARY = Path("/tmp/own")  # noqa: S108 - in a /tmp of the session's own
"""How a session in it knows its temporary folder, which is in its home."""
_NOBODY = "65534"
"""The user `nobody`, which every system knows by name."""
_HOST_TOOLS = ("srt", "rg", "socat")
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


def level_for(isolation: Isolation) -> Level:
    """The level that sessions get: the one asked for, or with `auto` the strongest that works here.

    AgentError where the one asked for, or what is asked of the network, cannot be had.
    """
    why_not = None if isolation.sandbox == "workspace" else why_no_bubblewrap()
    level: Level = "workspace" if isolation.sandbox == "workspace" or why_not is not None else "bubblewrap"
    if isolation.sandbox == "bubblewrap" and why_not is not None:
        raise AgentError(why_not, where="sandbox", remedy='Install it, or choose sandbox = "workspace" or "auto".')
    if isolation.network != "on" and level == "workspace":
        raise AgentError(
            f"network = {isolation.network!r} needs the sandbox bubblewrap{f': {why_not}' if why_not else ''}",
            where="network",
            remedy='Choose sandbox = "bubblewrap", or network = "on".',
        )
    if isinstance(isolation.network, tuple):
        missing = [name for name in _HOST_TOOLS if shutil.which(name) is None]
        if missing:
            raise AgentError(
                f"a network of named hosts needs {' and '.join(missing)}, not found on PATH",
                where="network",
                remedy="Install `npm install -g @anthropic-ai/sandbox-runtime`, and the packages ripgrep and socat.",
            )
    return level


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
    command = [shutil.which("bwrap") or "bwrap", "--die-with-parent", *_name_spaces(), *_system()]
    command += ["--unshare-net"] if network == "none" else []
    seen = [*_program(words, environment, paths), *readable]
    # Outer folders first, so that none of them hides an inner one.
    for path in sorted({path for path in seen if path.exists()}, key=lambda each: len(each.parts)):
        command += ["--ro-bind", str(path), str(path)]
    for path in (*writable, paths.workspace, paths.home):
        if path.exists():
            command += ["--bind", str(path), str(path)]
    command += ["--bind", str(paths.home / "tmp"), str(TEMPORARY)]
    return [*command, "--chdir", str(paths.workspace), "--", *words]


def _name_spaces() -> list[str]:
    words = ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox"]
    words += ["--cap-drop", "ALL"]
    if os.getuid() == 0:
        # Root without capabilities could not make name spaces of its own, as sandboxes inside of this one need.
        words += ["--unshare-user", "--uid", _NOBODY, "--gid", _NOBODY]
    return words


def _system() -> list[str]:
    """The system's folders read-only, but for what is root's alone; processes, devices and /tmp of its own."""
    words: list[str] = []
    for folder in SYSTEM:
        if os.path.islink(folder):
            words += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            words += ["--ro-bind", folder, folder]
    for file in filter(os.path.exists, _HIDDEN_FILES):
        words += ["--ro-bind", os.devnull, file]
    for folder in filter(os.path.isdir, _HIDDEN_FOLDERS):
        words += ["--tmpfs", folder]
    return [*words, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108 - the session's own


def _program(words: Sequence[str], environment: dict[str, str], paths: SessionPaths) -> list[Path]:
    """What the command needs to be run, outside of the system's folders: its files, certificates, name resolution."""
    found = program_files(words, environment.get("PATH", os.defpath), (Path.home(), paths.project))
    found += [Path(environment[name]) for name in _FOUND_BY_NAME if name in environment]
    found.append(Path(os.path.realpath("/etc/resolv.conf")))
    return [path for path in found if not any(path.is_relative_to(folder) for folder in SYSTEM)]


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
