"""How far a session is kept apart here: which level it gets, and what that does and does not do, in words."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from supervisor.errors import AgentError
from supervisor.executors.local.sandbox.bubblewrap import why_no_bubblewrap
from supervisor.executors.local.sandbox.landlock import SCOPES_SINCE, SOCKETS_SINCE, landlock_version
from supervisor.model.isolation import Isolation, Level

_HOST_TOOLS = ("srt", "rg", "socat")
_EMPTIES_SINCE = 3
_INSTALL = "apt install bubblewrap"
_OFF_BY = {"kernel/apparmor_restrict_unprivileged_userns": "1", "kernel/unprivileged_userns_clone": "0"}
"""Settings of the kernel that keep ordinary users from making name spaces, and the value by which they do."""


def why_no_landlock() -> str | None:
    """Why Landlock cannot be used here; None where it can."""
    if not sys.platform.startswith("linux"):
        return "Landlock needs Linux"
    return None if landlock_version() else "this kernel has no Landlock, or it is not among its `lsm=`"


def level_for(isolation: Isolation) -> Level:
    """The level that sessions get: the one asked for, or the strongest that works here.

    AgentError where the one asked for, or what is asked of the network, cannot be had.
    """
    level = _level(isolation.sandbox)
    if isolation.network != "on" and level != "bubblewrap":
        why_not = None if isolation.sandbox in ("workspace", "landlock") else why_no_bubblewrap()
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


def described(isolation: Isolation) -> str:
    """The level with what it keeps apart, what not, and the one command that does more; AgentError as `level_for`."""
    level = level_for(isolation)
    if level == "bubblewrap":
        apart, not_apart = ["files", "processes", "signals"], ["network", "abstract sockets"]
        if isolation.network != "on":
            apart, not_apart = [*apart, *not_apart], []
    elif level == "landlock":
        apart, not_apart = _by_landlock(landlock_version())
    else:
        apart, not_apart = ["workspace", "home", "environment"], ["files", "processes", "network"]
    parts = [f"keeps apart {', '.join(apart)}", f"not {', '.join(not_apart)}" if not_apart else "", better(isolation)]
    return f"{level} ({'; '.join(filter(None, parts))})"


def better(isolation: Isolation) -> str:
    """What to do for more; "" where there is nothing to be done."""
    level = level_for(isolation)
    if level == "bubblewrap":
        return ""
    if isolation.sandbox == level and (level == "workspace" or why_no_bubblewrap() is None):
        return 'sandbox = "auto" keeps apart more'
    if not sys.platform.startswith("linux"):
        return ""
    if shutil.which("bwrap") is None:
        return f"`{_INSTALL}` keeps apart more"
    for name, value in _OFF_BY.items():
        setting = Path("/proc/sys", name)
        if setting.exists() and setting.read_text(encoding="ascii").strip() == value:
            other = "0" if value == "1" else "1"
            return f"`sysctl {name.replace('/', '.')}={other}` lets bubblewrap keep apart more"
    return ""


def warning(isolation: Isolation) -> str:
    """One line where nothing keeps sessions apart though the strongest was asked for; "" where something does."""
    if isolation.sandbox != "auto" or why_no_bubblewrap() is None or why_no_landlock() is None:
        return ""
    why = f"{why_no_bubblewrap()}; {why_no_landlock()}"
    return f"an agent can read and write all that you can: {why}; {better(isolation) or 'no command here changes that'}"


def is_wrapped(isolation: Isolation) -> bool:
    """Whether each session has processes and name spaces of a sandbox around it, where it can be had at all."""
    try:
        return level_for(isolation) == "bubblewrap"
    except AgentError:
        return False


def _level(choice: str) -> Level:
    if choice == "workspace":
        return "workspace"
    no_landlock = why_no_landlock()
    if choice == "landlock":
        if no_landlock is not None:
            raise AgentError(no_landlock, where="sandbox", remedy='Choose sandbox = "auto", or another kernel.')
        return "landlock"
    no_bubblewrap = why_no_bubblewrap()
    if no_bubblewrap is None:
        return "bubblewrap"
    if choice == "bubblewrap":
        raise AgentError(
            no_bubblewrap, where="sandbox", remedy='Install it, or choose sandbox = "auto", "landlock" or "workspace".'
        )
    if no_landlock is None:
        return "landlock"
    if choice == "required":
        raise AgentError(
            f"nothing here keeps sessions apart: {no_bubblewrap}; {no_landlock}",
            where="sandbox",
            remedy=f'`{_INSTALL}`, or choose sandbox = "auto".',
        )
    return "workspace"


def _by_landlock(version: int) -> tuple[list[str], list[str]]:
    """What Landlock of this version keeps apart, and what not."""
    since = {"signals": SCOPES_SINCE, "abstract sockets": SCOPES_SINCE, "sockets by path": SOCKETS_SINCE}
    apart = ["files", *(name for name, first in since.items() if version >= first)]
    others = [name for name, first in since.items() if version < first]
    others += ["emptying of files by name"] if version < _EMPTIES_SINCE else []
    return apart, [*others, "network", "list of processes", "names, times and modes of files"]
