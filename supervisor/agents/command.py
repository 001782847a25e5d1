"""Any command as an agent: `[agents.NAME]` in the project file."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from supervisor.agents.base import SessionPaths
from supervisor.errors import AgentError

EX_CONFIG = 78
"""Exit status by which a program says that it is set up wrongly (sysexits.h); any agent may use it."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class CommandAgent:
    """A command with placeholders, run as it is written: no shell."""

    def __init__(
        self,
        name: str,
        command: tuple[str, ...],
        *,
        project: Path,
        pass_env: tuple[str, ...] = (),
        timeout_s: float | None = None,
        concurrency: int | None = None,
    ) -> None:
        self.name = name
        self.concurrency = concurrency
        self.timeout_s = timeout_s
        first = command[0]
        if "/" in first and not first.startswith(("/", "{")):
            first = str(project / first)  # sessions have a working directory of their own
        self._command = (first, *command[1:])
        self._project = project
        self._pass_env = pass_env

    def check(self) -> None:
        program = self._fill(self._command[0], {"project": str(self._project)})
        if shutil.which(program) is None:
            raise AgentError(
                f"the program {program!r} is not there or cannot be executed",
                where=f"agent {self.name!r}",
                remedy=f"Install it, or correct `command` under [agents.{self.name}] in the project file.",
            )

    def command(self, paths: SessionPaths, model: str | None) -> list[str]:
        named = {**paths.named(), "model": model or ""}
        return [self._fill(word, named) for word in self._command]

    def environment(self, paths: SessionPaths) -> dict[str, str]:
        return {name: os.environ[name] for name in self._pass_env if name in os.environ}

    def cannot_work(self, exit_status: int | None, transcript_tail: str) -> str | None:
        if exit_status != EX_CONFIG:
            return None
        said = transcript_tail.splitlines()
        return said[-1] if said else "it ended with status 78 (EX_CONFIG) and said nothing"

    @staticmethod
    def _fill(word: str, named: dict[str, str]) -> str:
        return _PLACEHOLDER.sub(lambda match: named.get(match[1], match[0]), word)
