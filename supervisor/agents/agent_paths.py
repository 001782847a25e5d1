"""What `readable`, `writable` and `env` of an agent's settings mean in one session."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from supervisor.errors import AgentError
from supervisor.project.project_settings import AgentSettings
from supervisor.workspaces.session_paths import SessionPaths

OF_SIGN_IN = re.compile(r"KEY|TOKEN|SECRET|CREDENTIAL|PASSWORD|AUTH|PROFILE|BEDROCK|VERTEX|FOUNDRY")
"""In the names of variables that sign a program in, as far as names can tell."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_STATE = "vfs/.supervisor"


def fill(word: str, named: Mapping[str, str]) -> str:
    """The word with what its placeholders stand for; those that are not known stay."""
    return _PLACEHOLDER.sub(lambda match: named.get(match[1], match[0]), word)


def named_paths(given: tuple[str, ...], named: Mapping[str, str]) -> list[Path]:
    """Paths as they are in a session; `~` is the user's home, not the session's."""
    return [Path(fill(path, named)).expanduser() for path in given]


def given_environment(settings: AgentSettings, paths: SessionPaths) -> dict[str, str]:
    """The variables that the project file sets; a value that begins with `~/` begins in the user's home."""
    named = paths.named()
    return {name: _at_home(fill(value, named)) for name, value in settings.env.items()}


def given_secrets(settings: AgentSettings) -> list[str]:
    """What must be written nowhere: values of variables that are passed, and of those that are set and sign it in."""
    passed = [os.environ[name] for name in settings.pass_env if os.environ.get(name)]
    return passed + [value for name, value in settings.env.items() if OF_SIGN_IN.search(name)]


def home_hint(settings: AgentSettings | None) -> str:
    """What surprises of an own command: it does not find what is in the user's home; "" where that was thought of."""
    if settings is None or settings.command is None or settings.pass_env or settings.env:
        return ""
    return "its HOME is its own: a key goes by `pass_env`, files of yours by `readable` and `env`"


def check_paths(name: str, settings: AgentSettings, project: Path) -> None:
    """AgentError where a path of the settings is one that no session could be shown."""
    for key, given in (("readable", settings.readable), ("writable", settings.writable)):
        for path, word in zip(named_paths(given, {"project": str(project)}), given, strict=True):
            if "{" in str(path):
                continue  # it is in a session's own folder
            where = f"`{key}` under [agents.{name}] in the project file"
            if not path.is_absolute():
                raise AgentError(
                    f"{word!r} is no absolute path",
                    where=where,
                    remedy="Begin it with `/`, `~/` or `{project}/`.",
                )
            if key == "writable":
                _check_writable(path, word, where, project)


def _check_writable(path: Path, word: str, where: str, project: Path) -> None:
    real, state = path.resolve(), (project / _STATE).resolve()
    if not path.exists():
        raise AgentError(f"{word!r} is not there", where=where, remedy="Make the file or folder, or correct the path.")
    if state.is_relative_to(real) or real.is_relative_to(state):
        raise AgentError(
            f"{word!r} holds the store and other sessions, or lies among them",
            where=where,
            remedy="Name a folder that the agent needs, and no more.",
        )


def _at_home(value: str) -> str:
    return os.path.expanduser(value) if value == "~" or value.startswith("~/") else value
