"""The variables of a session: folders of its own, nobody to ask, and what its agent gets besides."""

from __future__ import annotations

import os
from pathlib import Path

from supervisor.agents.cli_driver import CliDriver
from supervisor.executors.local.temporary_folder import RUNTIME
from supervisor.host import process_tree
from supervisor.model.session import SessionRequest
from supervisor.workspaces.session_paths import SessionPaths

_LOCALE = ("LANG", "LC_ALL", "LC_CTYPE", "TZ")
_NOBODY_THERE = {
    "CI": "1",
    "EDITOR": "true",
    "GIT_EDITOR": "true",
    "GIT_PAGER": "cat",
    "GIT_SEQUENCE_EDITOR": "true",
    "GIT_TERMINAL_PROMPT": "0",
    "PAGER": "cat",
    "VISUAL": "true",
}
"""Else programs stop at a page or in an editor, and wait for somebody."""


def session_environment(
    request: SessionRequest, agent: CliDriver, paths: SessionPaths, temporary: Path, mark: str
) -> dict[str, str]:
    """All of them; the agent's own go before what every session gets, the supervisor's before all."""
    home = paths.home
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "TMPDIR": str(temporary),
        "XDG_CONFIG_HOME": f"{home}/.config",
        "XDG_CACHE_HOME": f"{home}/.cache",
        "XDG_DATA_HOME": f"{home}/.local/share",
        "XDG_STATE_HOME": f"{home}/.local/state",
        "XDG_RUNTIME_DIR": f"{temporary}/{RUNTIME}",
        # The project may be a repository: git in a workspace would work on the user's own changes.
        "GIT_CEILING_DIRECTORIES": str(paths.workspace.parent),
        **{name: value for name, value in _NOBODY_THERE.items() if name not in agent.works_worse_with},
    }
    environment.update({name: os.environ[name] for name in _LOCALE if name in os.environ})
    environment.update(agent.environment(paths))
    environment.update({f"SUPERVISOR_{name.upper()}": value for name, value in paths.named().items()})
    environment["SUPERVISOR_ATTEMPT"] = str(request.attempt)
    environment[process_tree.SESSION_VARIABLE] = mark
    return environment
