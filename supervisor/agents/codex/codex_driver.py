"""Codex: `codex exec`, which takes the prompt from a file and prints one JSON object a line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from functools import cached_property
from pathlib import Path

from supervisor.agents.codex import codex_display, codex_failures
from supervisor.agents.codex.codex_parser import LARGEST_RECORD_BYTES, CodexParser
from supervisor.agents.credentials import Credentials
from supervisor.agents.installed_cli import InstalledCliDriver
from supervisor.agents.output_parser import OutputParser
from supervisor.agents.used_sign_in import host_of
from supervisor.errors import AgentError
from supervisor.host.untrusted_folder import texts_below
from supervisor.model.session import SessionRequest
from supervisor.project.project import Project
from supervisor.project.project_settings import AgentSettings
from supervisor.workspaces.session_paths import SessionPaths

CONFIG = Path(__file__).with_name("codex_config.toml")
BASE_URL = "OPENAI_BASE_URL"
_SILENCE_S = 900.0
"""Nothing is printed and no file touched while the model thinks; a stream that is silent Codex itself ends at 300 s."""
_SANDBOX_PATIENCE_S = 20.0


class CodexDriver(InstalledCliDriver):
    """Codex as the user installed it, with a home of the session's own."""

    kind = "codex"
    package = "@openai/codex"
    key_variables = ("CODEX_API_KEY", "OPENAI_API_KEY")
    makers_host = "api.openai.com"
    sign_in = Credentials(files=(".codex/auth.json",), apart=True, moved_by="CODEX_HOME")
    how_to_sign_in = codex_failures.SIGN_IN
    tells_tokens = True

    def __init__(self, project: Project, name: str, settings: AgentSettings) -> None:
        super().__init__(project, name, settings)
        if settings.stall_timeout is None and "stall_timeout" not in project.settings.model_fields_set:
            self.profile = self.profile.model_copy(update={"stall_timeout_s": _SILENCE_S})

    def key_variable(self) -> str | None:
        """As Codex does, which knows only the first of the two: a sign-in goes before the other."""
        names = self.key_variables if self.sign_in.found() is None else self.key_variables[:1]
        return next((name for name in names if os.environ.get(name)), None)

    @cached_property
    def _broken_sandbox(self) -> str | None:
        """Why no command can run in Codex's own sandbox; None where one can. It is tried out once, without a model."""
        program = self.program
        if program is None:
            return None
        with tempfile.TemporaryDirectory(prefix="supervisor-") as home:
            temporary = Path(home, "tmp")
            temporary.mkdir()
            environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": home, "TMPDIR": str(temporary)}
            try:
                tried = subprocess.run(
                    [program, "sandbox", "-c", 'sandbox_mode="workspace-write"', "--", "true"],
                    cwd=home,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=_SANDBOX_PATIENCE_S,
                    check=False,
                )
            except (OSError, subprocess.TimeoutExpired):
                return None
        said = re.search(r"^bwrap: .*", tried.stderr, re.MULTILINE)
        return said[0] if tried.returncode and said else None

    def prepare(self, paths: SessionPaths, request: SessionRequest) -> None:
        folder = paths.home / ".codex"
        folder.mkdir(mode=0o700)
        _temporary(paths).mkdir(mode=0o700, exist_ok=True)
        (folder / "config.toml").write_text(self._config(self._sandbox_mode(request)), encoding="utf-8")
        super().prepare(paths, request)

    def _sandbox_mode(self, request: SessionRequest) -> str:
        """Codex's own sandbox where there is no other: one in another does not start for root, nor on many systems."""
        if request.isolation.opens_own_files_only:
            return "danger-full-access"
        if not any("danger" in word for word in self.settings.args) and self._broken_sandbox is not None:
            raise AgentError(
                f"its sandbox cannot start here, so that no command would run: {self._broken_sandbox}",
                where=f"agent {self.name!r}",
                remedy="Install bubblewrap, or allow user namespaces. Where the machine is a sandbox, do without one:"
                f' args = ["--dangerously-bypass-approvals-and-sandbox"] under [agents.{self.name}].',
            )
        return "workspace-write"

    def _config(self, sandbox_mode: str) -> str:
        """The settings; a base URL is for a key, and has plain HTTP, since what stands in for OpenAI knows no more."""
        settings = f'sandbox_mode = "{sandbox_mode}"\n{CONFIG.read_text(encoding="utf-8")}'
        address = os.environ.get(BASE_URL)
        if not address or self.key_variable() is None:
            return settings
        provider = {"name": BASE_URL, "base_url": address, "env_key": self.key_variables[0], "wire_api": "responses"}
        table = "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in provider.items())
        return f'model_provider = "given"\n{settings}\n[model_providers.given]\n{table}'

    def environment(self, paths: SessionPaths) -> dict[str, str]:
        variable = self.key_variable()
        unused = {*self.key_variables} - {*self.settings.pass_env, *self.settings.env}
        others = {name: value for name, value in super().environment(paths).items() if name not in unused}
        return others if variable is None else {**others, self.key_variables[0]: os.environ[variable]}

    def switches(self, paths: SessionPaths) -> dict[str, str]:
        # It prints times of day in its time zone. Below TMPDIR it would not put the programs that its sandbox needs.
        return {"TZ": "UTC", "TMPDIR": str(_temporary(paths))}

    def arguments(self, paths: SessionPaths, model: str | None) -> list[str]:
        chosen = [] if model is None else ["--model", model]
        return ["exec", "--json", "--skip-git-repo-check", "--color", "never", *chosen, *self.settings.args, "-"]

    def stdin(self, paths: SessionPaths) -> Path:
        return paths.prompt_file

    def parser(self) -> OutputParser:
        parser = CodexParser()
        parser.sign_in = self.used_sign_in()
        return parser

    def asked_host(self) -> str:
        given = os.environ.get(BASE_URL) if self.key_variable() is not None else None
        return host_of(given, self.makers_host if self.key_variable() is not None else "chatgpt.com")

    def parse_files(self, home: Path, parser: OutputParser) -> None:
        assert isinstance(parser, CodexParser)
        for record in texts_below(home, ".codex/sessions/*/*/*/rollout-*.jsonl", LARGEST_RECORD_BYTES):
            parser.feed_record(record.split("\n"))

    def display(self, line: str) -> str:
        return codex_display.display_line(line)


def _temporary(paths: SessionPaths) -> Path:
    return paths.home / "tmp"
