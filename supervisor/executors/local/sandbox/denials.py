"""What a session that failed was kept from, as far as its last lines tell, and the key that allows it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from supervisor.agents.cli_driver import CliDriver
from supervisor.executors.local.sandbox.sandbox_mounts import SYSTEM
from supervisor.model.session import SessionRequest, SessionResult
from supervisor.workspaces.session_paths import SessionPaths

_DENIED = re.compile(
    r"permission denied|EACCES|EPERM|operation not permitted|read-only file system|EROFS", re.IGNORECASE
)
_MISSING = re.compile(r"no such file or directory|ENOENT|not found|does not exist|cannot open", re.IGNORECASE)
_UNSET = re.compile(
    r"KeyError|\bunset\b|not set|missing|required|undefined|not found|no such|is not defined", re.IGNORECASE
)
_READ_ONLY = re.compile(r"read-only file system|EROFS", re.IGNORECASE)
_PATH = re.compile(r"""['"`](~?/[^'"`\n]+)['"`]|(?<![\w./:~-])(~?/[^\s'"`:;,()\[\]<>]+)""")
_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9]\b")
_LINES, _MOST = 40, 3
_SHARED_MEMORY = "/dev/shm"  # noqa: S108


def with_remedy(result: SessionResult, request: SessionRequest, agent: CliDriver, paths: SessionPaths) -> SessionResult:
    """The result; of a session without an output, with what it seems to have been kept from."""
    if result.refusal is None:
        return result
    found = list(dict.fromkeys(_denials(result.transcript_tail.splitlines()[-_LINES:], request, agent, paths)))
    if not found:
        return result
    said = "; ".join(found[:_MOST])
    changed = {"refusal": result.refusal.model_copy(update={"message": f"{result.refusal.message}; {said}"})}
    trouble = result.heard.trouble
    if trouble is not None and not trouble.remedy:
        heard = result.heard.model_copy(update={"trouble": trouble.model_copy(update={"remedy": f"{said}."})})
        return result.model_copy(update={**changed, "heard": heard})
    return result.model_copy(update=changed)


def _denials(lines: Iterable[str], request: SessionRequest, agent: CliDriver, paths: SessionPaths) -> Iterator[str]:
    level, apart = request.isolation.sandbox, request.isolation.opens_own_files_only
    under = f"under [agents.{agent.name}]"
    given = agent.environment(paths)
    open_to_it = [paths.workspace, paths.home, *agent.writable(paths)]
    shown = [*agent.readable(paths), *map(Path, SYSTEM)]
    unnamed = False
    for line in lines:
        denied = _DENIED.search(line) is not None
        if denied or _MISSING.search(line):
            named = [path.rstrip(".") for groups in _PATH.findall(line) for path in groups if path]
            unnamed = unnamed or (denied and not named)
            for path in map(Path, named):
                hint = _of_home(path, paths) or (
                    _of_sandbox(path, denied, bool(_READ_ONLY.search(line)), open_to_it, shown) if apart else ""
                )
                if hint:
                    yield f"{hint} {under}" if "`" in hint else hint
        if _UNSET.search(line):
            for name in _VARIABLE.findall(line):
                if name in os.environ and name not in given:
                    yield f"the variable {name} is set, but not passed on: name it in `pass_env` {under}"
    if apart and unnamed:
        yield (
            f"the sandbox {level} opens its own files only: name others in `readable` or `writable` {under}"
            f" ({_SHARED_MEMORY} for locks of several processes)"
        )


def _of_home(path: Path, paths: SessionPaths) -> str:
    """Where it looked for something in its home that the user has in theirs."""
    if str(path).startswith("~/"):
        inner = path.relative_to("~")
    elif path.is_relative_to(paths.home) and path != paths.home:
        inner = path.relative_to(paths.home)
    else:
        return ""
    if os.path.exists(paths.home / inner) or not os.path.lexists(Path.home() / inner):
        return ""
    variable = 'XDG_CONFIG_HOME = "~/.config"' if inner.parts[0] == ".config" else 'HOME = "~"'
    return (
        f"its HOME is its own, without your ~/{inner}: pass a key by `pass_env`, or name ~/{inner} in `readable`"
        f" and set `env = {{{variable}}}`"
    )


def _of_sandbox(path: Path, denied: bool, read_only: bool, open_to_it: list[Path], shown: list[Path]) -> str:
    """Where it was kept from a path outside of its folders; "" where that was not the sandbox."""
    if not path.is_absolute() or any(path.is_relative_to(folder) for folder in open_to_it):
        return ""
    there = os.path.lexists(path)
    if not there and not denied:
        return ""
    if str(path).startswith(_SHARED_MEMORY):
        return f"{_SHARED_MEMORY} is shared with others: name it in `writable`"
    seen = any(path.is_relative_to(folder) for folder in shown)
    if seen and not denied:
        return ""
    if read_only or seen or not there:
        where = "; its temporary folder is $TMPDIR" if path.is_relative_to("/tmp") else ""  # noqa: S108
        return f"{path} may not be written in the sandbox{where}: name its folder in `writable`"
    return f"{path} may not be opened in the sandbox: name it in `readable`, or in `writable`"
