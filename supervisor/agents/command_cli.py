"""Any command as an agent: `[agents.NAME]` with `command` in the project file."""

from __future__ import annotations

import difflib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from supervisor.agents.agent_paths import check_paths, fill, given_environment, given_secrets, named_paths
from supervisor.agents.agent_profile import AgentProfile
from supervisor.agents.cli_driver import AgentStatus, CliDriver
from supervisor.agents.json_lines_parser import JsonLinesParser, amount, as_event, count, dollars, words
from supervisor.agents.output_parser import OutputParser
from supervisor.agents.terminal_dialogs import TerminalDialog, TerminalProtocol
from supervisor.errors import AgentError, UsageError
from supervisor.model.agent_report import Usage
from supervisor.project.project_settings import AgentSettings
from supervisor.workspaces.session_paths import SessionPaths

EX_TEMPFAIL, EX_CONFIG = 75, 78
"""Exit statuses by which a program says that it is to be tried later, and that it is set up wrongly (sysexits.h)."""
EVENTS = "supervisor_"
"""What the types of the lines begin with that are for the supervisor."""
_NAMES = ("prompt_file", "input_file", "output_file", "workspace", "project", "model")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class CommandDriver(CliDriver):
    """A command with placeholders, run as it is written: no shell."""

    def __init__(self, name: str, settings: AgentSettings, project: Path) -> None:
        assert settings.command is not None
        # Whether it tells what its sessions cost, only these show.
        self.profile = AgentProfile.of(name, settings, tells_cost=True)
        self._words = tuple(settings.command)
        self._project = project
        self._settings = settings
        if settings.mode == "interactive":
            assert settings.ready is not None
            dialogs = tuple(TerminalDialog(shows=each.shows, answer=each.answer) for each in settings.dialogs)
            self.typing = TerminalProtocol(ready=settings.ready, dialogs=dialogs, leave=settings.leave)

    def check(self) -> None:
        self._check_placeholders()
        program = self._program
        check_paths(self.name, self._settings, self._project)
        if shutil.which(program) is None:
            raise AgentError(
                f"the program {program!r} is not there or cannot be executed",
                where=f"agent {self.name!r}",
                remedy=f"Install it, or correct `command` under [agents.{self.name}] in the project file.",
            )

    def _check_placeholders(self) -> None:
        """UsageError where a word has a name in braces that stands for nothing; those of a script are its own."""
        for word in (*self._words, *self._settings.readable, *self._settings.writable):
            for name in _PLACEHOLDER.findall(re.sub(r"\$\{\w+\}", "", word)):
                near = difflib.get_close_matches(name, _NAMES, n=1)
                if name in _NAMES or (not near and len(word.split()) != 1):
                    continue
                known = ", ".join(f"{{{each}}}" for each in _NAMES)
                raise UsageError(
                    f"{{{name}}} stands for nothing" + (f": did you mean {{{near[0]}}}?" if near else ""),
                    where=f"[agents.{self.name}] in the project file, {word!r}",
                    remedy=f"There are: {known}.",
                )

    def command(self, paths: SessionPaths, model: str | None) -> list[str]:
        named = {**paths.named(), "model": model or self._settings.model or ""}
        program, *others = self._words
        return [self._first(program, named), *(fill(word, named) for word in others)]

    def environment(self, paths: SessionPaths) -> dict[str, str]:
        passed = {name: os.environ[name] for name in self._settings.pass_env if name in os.environ}
        return {**passed, **given_environment(self._settings, paths)}

    def readable(self, paths: SessionPaths) -> list[Path]:
        return named_paths(self._settings.readable, paths.named())

    def writable(self, paths: SessionPaths) -> list[Path]:
        return named_paths(self._settings.writable, paths.named())

    def secrets(self) -> list[str]:
        return given_secrets(self._settings)

    def parser(self) -> OutputParser:
        return CommandParser()

    def status(self) -> AgentStatus:
        found = shutil.which(self._program)
        return AgentStatus(program=None if found is None else Path(found))

    def display(self, line: str) -> str:
        event = as_event(line)
        return "" if event is not None and str(event.get("type")).startswith(EVENTS) else line

    @property
    def _program(self) -> str:
        return self._first(self._words[0], {"project": str(self._project)})

    def _first(self, word: str, named: dict[str, str]) -> str:
        filled = fill(word, named)
        if "/" in word and not word.startswith(("/", "{")):
            return str(self._project / filled)  # sessions have a working directory of their own
        return filled


class CommandParser(JsonLinesParser):
    """Hears the lines and exit statuses by which any command may tell what it cost, and that it is limited.

    `{"type": "supervisor_usage", "cost_usd": 0.01, "input_tokens": …}` has the names of `Usage`; several add up.
    `{"type": "supervisor_limit", "message": …, "until": …}` says that it is used up, and until when (epoch seconds),
    where that is known.
    """

    def feed_line(self, line: str) -> None:
        if EVENTS in line:
            super().feed_line(line)

    def event(self, event: Mapping[str, Any]) -> None:
        if event.get("type") == f"{EVENTS}usage":
            tokens = {name: count(event, name) for name in Usage.model_fields if name != "cost_usd"}
            self.spend(Usage(cost_usd=dollars(event, "cost_usd"), **tokens))
        elif event.get("type") == f"{EVENTS}limit":
            message = words(event, "message") or "it said that it is limited"
            self.failed("usage_limit", message, until=amount(event, "until"), is_final=True)

    def finish(self, exit_status: int | None, last_lines: str) -> None:
        said = last_lines.splitlines()
        if exit_status == EX_CONFIG:
            nothing = "it ended with status 78 (EX_CONFIG) and said nothing"
            self.failed("set_up_wrongly", said[-1] if said else nothing, is_final=True)
        elif exit_status == EX_TEMPFAIL and self.heard.trouble is None:
            nothing = "it ended with status 75 (EX_TEMPFAIL) and said nothing"
            self.failed("rate_limit", said[-1] if said else nothing, is_final=True)
