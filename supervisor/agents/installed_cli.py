"""What agents have in common that are a program of their own with a sign-in of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

from supervisor.agents.agent_paths import OF_SIGN_IN, check_paths, given_environment, given_secrets, named_paths
from supervisor.agents.agent_profile import AgentProfile
from supervisor.agents.bounded_report import MOST_USD
from supervisor.agents.cli_driver import AgentStatus, CliDriver
from supervisor.agents.credentials import Credentials
from supervisor.agents.terminal_dialogs import TerminalDialog
from supervisor.agents.used_sign_in import UsedSignIn
from supervisor.errors import AgentError, UsageError
from supervisor.model.agent_report import Usage, to_billionths
from supervisor.model.session import SessionRequest
from supervisor.project.project import Project
from supervisor.project.project_settings import AgentSettings
from supervisor.workspaces.session_paths import SessionPaths

_VERSION = re.compile(r"\d+\.\d+[\w.\-+]*")
_ANSWER_PATIENCE_S = 30.0


class InstalledCliDriver(CliDriver):
    """A known program, found on PATH, with its own variables and sign-in."""

    kind: ClassVar[str]
    """Name of the program and, unless the project says otherwise, of the agent."""
    package: ClassVar[str]
    """How it is installed, for the remedy."""
    key_variables: ClassVar[tuple[str, ...]]
    """Its own documented variables that hold a key or a token; each of them signs it in."""
    other_variables: ClassVar[tuple[str, ...]] = ()
    """Its own documented variables for base URL, model and the like."""
    makers_host: ClassVar[str]
    """Whom it asks where it is told no other."""
    sign_in: ClassVar[Credentials]
    """Files of a sign-in by subscription."""
    how_to_sign_in: ClassVar[str]
    """The remedy where it is not signed in."""
    interactive: ClassVar[bool] = False
    """Whether it can also be typed into."""

    tells_cost: ClassVar[bool] = False
    """Whether its sessions tell what they cost, in money."""
    tells_tokens: ClassVar[bool] = False
    """Whether they tell how many tokens they used."""

    def __init__(self, project: Project, name: str, settings: AgentSettings) -> None:
        self.settings = settings
        self.profile = AgentProfile.of(
            name, settings, tells_cost=self.tells_cost, tells_tokens=self.tells_tokens, caches_prompts=True
        )
        self._project = project
        if settings.mode == "interactive" and not self.interactive:
            raise UsageError(
                f"{self.kind} works by itself only",
                where=f"`mode` under [agents.{name}] in {project.settings_file.name}",
                remedy='Leave it out, or write mode = "headless".',
            )

    @property
    def program(self) -> Path | None:
        """Where the program is; None where it is not installed."""
        named = self.settings.program or self.kind
        if "/" in named:
            named = str(self._project.root / Path(named).expanduser())
        found = shutil.which(named)
        return None if found is None else Path(found)

    def check(self) -> None:
        check_paths(self.name, self.settings, self._project.root)
        if self.program is None:
            raise AgentError(
                f"the program {self.settings.program or self.kind!r} is not installed",
                where=f"agent {self.name!r}",
                remedy=f"Install it with `npm install -g {self.package}`, or name it with `program` under"
                f" [agents.{self.name}] in the project file.",
            )
        if self.signed_in_by() is None:
            raise AgentError("it is not signed in", where=f"agent {self.name!r}", remedy=self.how_to_sign_in)

    def key_variable(self) -> str | None:
        """The variable whose key it uses; None where a sign-in by subscription is used, or there is neither."""
        return next((name for name in self.key_variables if os.environ.get(name)), None)

    def signed_in_by(self) -> str | None:
        """The variable or the file that signs it in; None where there is none."""
        passed = next(
            (name for name in self.settings.pass_env if OF_SIGN_IN.search(name) and os.environ.get(name)), None
        )
        passed = passed or next((name for name in self.settings.env if OF_SIGN_IN.search(name)), None)
        return self.key_variable() or passed or self.sign_in.shown()

    def used_sign_in(self) -> UsedSignIn | None:
        """What its sessions are signed in by, and who looks at it; None where there is nothing."""
        by = self.signed_in_by()
        return None if by is None else UsedSignIn(by=by, is_key=by in os.environ, asked=self.asked_host())

    def asked_host(self) -> str:
        """Whom its sessions ask."""
        return self.makers_host

    def status(self) -> AgentStatus:
        program = self.program
        by = self.signed_in_by()
        return AgentStatus(
            program=program,
            version=None if program is None else version_of(program),
            signed_in="no" if by is None else "yes",
            by=by or "",
        )

    def prepare(self, paths: SessionPaths, request: SessionRequest) -> None:
        if self.key_variable() is None:
            self.sign_in.lend(paths.home, boxed=request.isolation.opens_own_files_only)

    def reclaim_credentials(self, paths: SessionPaths) -> None:
        self.sign_in.reclaim(paths.home)

    def environment(self, paths: SessionPaths) -> dict[str, str]:
        passed = (*self.key_variables, *self.other_variables, *self.settings.pass_env)
        return {
            **{name: os.environ[name] for name in passed if os.environ.get(name)},
            **self.switches(paths),
            **given_environment(self.settings, paths),
        }

    def switches(self, paths: SessionPaths) -> dict[str, str]:
        """Variables of the program's own that have it do its work and nothing else."""
        return {}

    def readable(self, paths: SessionPaths) -> list[Path]:
        return named_paths(self.settings.readable, paths.named())

    def writable(self, paths: SessionPaths) -> list[Path]:
        given = named_paths(self.settings.writable, paths.named())
        return given if self.key_variable() is not None else [*given, *self.sign_in.lent()]

    def secrets(self) -> list[str]:
        keys = [os.environ[name] for name in self.key_variables if os.environ.get(name)]
        return [*keys, *given_secrets(self.settings), *self.sign_in.secrets()]

    def command(self, paths: SessionPaths, model: str | None) -> list[str]:
        return [str(self.program or self.kind), *self.arguments(paths, model or self.settings.model)]

    @abstractmethod
    def arguments(self, paths: SessionPaths, model: str | None) -> list[str]:
        """What the program is called with."""

    def dialogs(self) -> tuple[TerminalDialog, ...]:
        """Questions that the project file answers."""
        return tuple(TerminalDialog(shows=each.shows, answer=each.answer) for each in self.settings.dialogs)

    def priced(self, usage: Usage) -> Usage:
        """The usage with its cost, where the project file gives the price and all tokens are known."""
        price = self.settings.price
        if price is None or usage.cost_usd is not None or usage.input_tokens is None or usage.output_tokens is None:
            return usage
        cost = (
            usage.input_tokens * price.input
            + usage.output_tokens * price.output
            + (usage.cache_read_tokens or 0) * price.cache_read
            + (usage.cache_write_tokens or 0) * price.cache_write
        ) / 1_000_000
        return usage.model_copy(update={"cost_usd": to_billionths(min(MOST_USD, cost))})


def answer_of(program: Path, option: str) -> subprocess.CompletedProcess[str]:
    """What a program says of itself, in a home of its own; OSError or TimeoutExpired where it says nothing."""
    with tempfile.TemporaryDirectory(prefix="supervisor-") as home:  # some write into it before they answer
        return subprocess.run(
            [program, option],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ANSWER_PATIENCE_S,
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": home, "TMPDIR": home, "TERM": "dumb"},
            check=False,
        )


def version_of(program: Path) -> str | None:
    """The version that a program tells of itself; None where it does not."""
    try:
        said = answer_of(program, "--version")
    except (OSError, subprocess.TimeoutExpired):
        return None
    if said.returncode != 0:
        return None
    found = _VERSION.search(said.stdout) or _VERSION.search(said.stderr)
    return None if found is None else found[0]
