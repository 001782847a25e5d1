"""Claude Code: `claude -p`, which takes the prompt from a file and prints one JSON object a line."""

from __future__ import annotations

import functools
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from supervisor.agents.claude import claude_display, claude_failures, claude_terminal
from supervisor.agents.claude.claude_parser import ClaudeParser
from supervisor.agents.credentials import Credentials
from supervisor.agents.installed_cli import InstalledCliDriver, answer_of, version_of
from supervisor.agents.output_parser import OutputParser
from supervisor.agents.used_sign_in import host_of
from supervisor.errors import AgentError
from supervisor.model.session import SessionRequest
from supervisor.project.project import Project
from supervisor.project.project_settings import AgentSettings
from supervisor.workspaces.session_paths import SessionPaths

BASE_URL = "ANTHROPIC_BASE_URL"
_PRINTS = ("-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages")
_LEAVES_NOTHING = ("--no-session-persistence", "--disable-slash-commands")
_CONFINED = ("--permission-mode", "acceptEdits", "--setting-sources", "", "--strict-mcp-config")
_NEEDED = frozenset({"--tools", "--setting-sources", "--strict-mcp-config", "--exclude-dynamic-system-prompt-sections"})
_SIGN_IN_FILE = ".claude/.credentials.json"


class ClaudeDriver(InstalledCliDriver):
    """Claude Code as the user installed it, with a home of the session's own."""

    kind = "claude"
    package = "@anthropic-ai/claude-code"
    key_variables = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")
    other_variables = (
        BASE_URL,
        "ANTHROPIC_MODEL",
        "ANTHROPIC_DEFAULT_OPUS_MODEL",
        "ANTHROPIC_DEFAULT_SONNET_MODEL",
        "ANTHROPIC_DEFAULT_HAIKU_MODEL",
    )
    makers_host = "api.anthropic.com"
    sign_in = Credentials(files=(_SIGN_IN_FILE,), apart=True, moved_by="CLAUDE_CONFIG_DIR")
    how_to_sign_in = claude_failures.SIGN_IN
    works_worse_with = frozenset({"CI"})  # by which it asks for other ways to sign in, and draws no screen
    interactive = True
    tells_cost = tells_tokens = True

    def __init__(self, project: Project, name: str, settings: AgentSettings) -> None:
        super().__init__(project, name, settings)
        if settings.mode == "interactive":
            self.typing = claude_terminal.typing(self.dialogs())

    def check(self) -> None:
        super().check()
        missing = _NEEDED - self._known_options()
        if missing:
            raise AgentError(
                f"{self.program} does not know {', '.join(sorted(missing))}",
                where=f"agent {self.name!r}",
                remedy=f"Install a newer one: `npm install -g {self.package}`.",
            )

    def tells_money(self) -> bool:
        if self.typing is None or self.settings.price is not None:
            return super().tells_money()
        program = self.program
        version = None if program is None else _version_of(program, program.stat().st_mtime_ns)
        return version is None or version >= claude_terminal.NOTES_COST_SINCE

    def _known_options(self) -> frozenset[str]:
        program = self.program
        return frozenset() if program is None else _options_of(program, program.stat().st_mtime_ns)

    def prepare(self, paths: SessionPaths, request: SessionRequest) -> None:
        if request.isolation.opens_own_files_only:  # else the sign-in stays where it is, see `switches`
            super().prepare(paths, request)
        _temporary(paths).mkdir(mode=0o700, exist_ok=True)
        if request.shared:
            _shared(paths).write_text(request.prompt[: request.shared], encoding="utf-8")
            _rest(paths).write_text(request.prompt[request.shared :], encoding="utf-8")
        if self.typing is not None:
            settings = claude_terminal.settings(paths.workspace.resolve(), os.environ.get(self.key_variables[0]))
            (paths.home / ".claude.json").write_text(settings, encoding="utf-8")

    def _sign_in_folder(self, paths: SessionPaths) -> Path | None:
        """The folder of the sign-in that sessions share; None where they are given a key.

        In a sandbox it is the one of a copy: the user's own also holds settings whose commands run outside of it.
        """
        found, lent = self.sign_in.found(), paths.home / _SIGN_IN_FILE
        if found is None or self.key_variable() is not None:
            return None
        return lent.resolve().parent if lent.is_symlink() else found.parent

    def switches(self, paths: SessionPaths) -> dict[str, str]:
        base, folder = os.environ.get(BASE_URL), self._sign_in_folder(paths)
        return {
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_DISABLE_ATTACHMENTS": "1",
            "CLAUDE_CODE_DISABLE_AUTO_MEMORY": "1",
            "CLAUDE_CODE_DISABLE_GIT_INSTRUCTIONS": "1",
            "CLAUDE_CODE_TMPDIR": str(_temporary(paths)),
            # Else it ends without a word of it where it is to wait for more than a minute.
            "CLAUDE_CODE_RETRY_WATCHDOG": "1",
            "CLAUDE_CODE_RETRY_WATCHDOG_SCOPE": "capacity",
            # Else a stream that stops half-way is never noticed, but for the maker's own; sooner than as a stall here.
            "CLAUDE_ENABLE_BYTE_WATCHDOG": "1",
            "CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS": "180000",
            **({} if self.typing is None else claude_terminal.SWITCHES),
            # By a lock in this folder, of sessions that find the sign-in expired one alone renews it.
            **({} if folder is None else {"CLAUDE_SECURESTORAGE_CONFIG_DIR": str(folder)}),
            # A line that differs from session to session stands first: only its maker can leave it out of the cache.
            **(
                {}
                if not base or urlsplit(base).hostname == self.makers_host
                else {"CLAUDE_CODE_ATTRIBUTION_HEADER": "0"}
            ),
        }

    def arguments(self, paths: SessionPaths, model: str | None) -> list[str]:
        known, given = self._known_options(), self.settings.args
        shared = ("--append-system-prompt-file", str(_shared(paths)), "--exclude-dynamic-system-prompt-sections")
        return [
            *((*_PRINTS, *_LEAVES_NOTHING) if self.typing is None else ()),
            *_CONFINED,
            *(() if any(word.startswith("--tools") for word in given) else ("--tools", "Read,Write")),
            *(("--restricted",) if "--restricted" in known else ()),
            *(("--permission-prompts", "none") if self.typing is None and "--permission-prompts" in known else ()),
            *(shared if _shared(paths).exists() else ()),
            *(() if model is None else ("--model", model)),
            *given,
        ]

    def prompt_to_paste(self, request: SessionRequest) -> str:
        return request.prompt[request.shared :]

    def stdin(self, paths: SessionPaths) -> Path | None:
        if self.typing is not None:
            return None
        return _rest(paths) if _rest(paths).exists() else paths.prompt_file

    def parser(self) -> OutputParser:
        parser = ClaudeParser() if self.typing is None else claude_terminal.TerminalParser()
        parser.sign_in = self.used_sign_in()
        return parser

    def asked_host(self) -> str:
        return host_of(os.environ.get(BASE_URL), self.makers_host)

    def parse_files(self, home: Path, parser: OutputParser) -> None:
        if isinstance(parser, claude_terminal.TerminalParser):
            parser.feed_records(home)

    def display(self, line: str) -> str:
        return claude_display.display_line(line)


@functools.cache
def _version_of(program: Path, changed_ns: int) -> tuple[int, ...] | None:
    """The version of a program, by its own word; None where it does not tell."""
    told = re.match(r"\d+(\.\d+)+", version_of(program) or "")
    return None if told is None else tuple(map(int, told[0].split(".")))


@functools.cache
def _options_of(program: Path, changed_ns: int) -> frozenset[str]:
    """The options that a program knows, by its own help; `changed_ns` is when it was changed, for asking anew then."""
    try:
        told = answer_of(program, "--help")
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AgentError(f"{program} --help does not work: {error}", where="agent claude") from error
    return frozenset(re.findall(r"--[a-z][a-z-]+", told.stdout))


def _shared(paths: SessionPaths) -> Path:
    """What all batches of the phase have in common."""
    return paths.home / "shared.md"


def _rest(paths: SessionPaths) -> Path:
    """What the batch has for itself."""
    return paths.home / "batch.md"


def _temporary(paths: SessionPaths) -> Path:
    return paths.home / "tmp"
