"""Gemini CLI: `gemini -p`, which is given the prompt as a session begun, and prints one JSON object a line."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from supervisor.agents.credentials import Credentials
from supervisor.agents.gemini import gemini_display, gemini_failures
from supervisor.agents.gemini.gemini_parser import GeminiParser
from supervisor.agents.installed_cli import InstalledCliDriver
from supervisor.agents.json_lines_parser import as_event
from supervisor.agents.output_parser import OutputParser
from supervisor.agents.used_sign_in import host_of
from supervisor.host.untrusted_folder import texts_below
from supervisor.model.session import SessionRequest
from supervisor.workspaces.session_paths import SessionPaths

SETTINGS = Path(__file__).with_name("gemini_settings.json")
MODEL = "flash"
"""Asked for where nobody names a model. Its own default has a small model choose one for each prompt anew."""
_VERTEX = "GOOGLE_GENAI_USE_VERTEXAI"
_URL, _VERTEX_URL = "GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL"
_ACCOUNT_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
_COMMANDS = "run_shell_command"
_LEAD = "The task:\n\n"
"""Stands before the prompt: a message that begins with `/` or `?` would be left out of the session."""
_ASK = "Do now all that the task above asks."
_DEBUG_LOG = "debug.log"
_BEGUN = "2026-01-01T00:00:00.000Z"
_LARGEST_RECORD_BYTES = 64 << 20


class GeminiDriver(InstalledCliDriver):
    """Gemini CLI as the user installed it, with a home of the session's own."""

    kind = "gemini"
    package = "@google/gemini-cli"
    works_worse_with = frozenset({"CI"})  # by which it takes other defaults
    key_variables = ("GEMINI_API_KEY", "GOOGLE_API_KEY", _ACCOUNT_FILE)
    other_variables = (
        _URL,
        "GEMINI_MODEL",
        _VERTEX,
        _VERTEX_URL,
        "GOOGLE_CLOUD_PROJECT",
        "GOOGLE_CLOUD_LOCATION",
    )
    makers_host = "generativelanguage.googleapis.com"
    # It empties the file and then writes it anew: sessions that shared it would read half of it.
    sign_in = Credentials(files=(".gemini/oauth_creds.json",), copied=True)
    how_to_sign_in = gemini_failures.SIGN_IN
    tells_tokens = True

    def key_variable(self) -> str | None:
        """As Gemini CLI does, which takes the last two for Vertex AI only."""
        names = self.key_variables[1:] if _by_vertex() else self.key_variables[:1]
        return next((name for name in names if os.environ.get(name)), None)

    def readable(self, paths: SessionPaths) -> list[Path]:
        account = os.environ.get(_ACCOUNT_FILE)
        return [*super().readable(paths), *([] if not account else [Path(account)])]

    def prepare(self, paths: SessionPaths, request: SessionRequest) -> None:
        super().prepare(paths, request)
        _temporary(paths).mkdir(mode=0o700, exist_ok=True)
        for folder in (paths.home / ".gemini", paths.workspace / ".gemini"):
            folder.mkdir(mode=0o700, exist_ok=True)
        (paths.home / ".gemini" / "settings.json").write_text(self._settings(), encoding="utf-8")
        (paths.workspace / ".gemini" / ".env").touch()  # the first that is found on the way up is taken
        _begun(paths).write_text(session_begun(request.prompt), encoding="ascii")

    def _settings(self) -> str:
        """Gemini CLI's own settings; tools that are named there run unasked."""
        settings = json.loads(SETTINGS.read_text(encoding="utf-8"))
        subscribed = self.key_variable() is None and self.sign_in.found() is not None
        by = "vertex-ai" if _by_vertex() else "oauth-personal" if subscribed else "gemini-api-key"
        settings["security"]["auth"] = {"selectedType": by}
        if any("yolo" in word or word == "-y" for word in self.settings.args):
            settings["tools"]["core"].append(_COMMANDS)
        return json.dumps(settings, indent=1)

    def switches(self, paths: SessionPaths) -> dict[str, str]:
        logged = {"GEMINI_DEBUG_LOG_FILE": str(paths.home / _DEBUG_LOG)} if self.key_variable() is None else {}
        return {
            **logged,
            # Its path is written into what is sent: relative, it is the same in all sessions, so prompts begin alike.
            "GEMINI_CLI_HOME": os.path.relpath(paths.home, paths.workspace),
            "GEMINI_CLI_NO_RELAUNCH": "true",
            "NO_BROWSER": "true",
            "NO_COLOR": "1",
            "TMPDIR": str(_temporary(paths)),
        }

    def arguments(self, paths: SessionPaths, model: str | None) -> list[str]:
        chosen = model or (None if os.environ.get("GEMINI_MODEL") else MODEL)
        own_mode = any(word.startswith(("--approval-mode", "--yolo")) or word == "-y" for word in self.settings.args)
        return [
            *("--output-format", "stream-json"),
            *(() if own_mode else ("--approval-mode", "auto_edit")),
            *(() if chosen is None else ("--model", chosen)),
            *("--session-file", str(_begun(paths))),
            *self.settings.args,
            *("-p", _ASK),
        ]

    def parser(self) -> OutputParser:
        parser = GeminiParser()
        parser.sign_in = self.used_sign_in()
        return parser

    def asked_host(self) -> str:
        if _by_vertex():
            return host_of(os.environ.get(_VERTEX_URL), "aiplatform.googleapis.com")
        if self.key_variable() is None:
            return "cloudcode-pa.googleapis.com"
        return host_of(os.environ.get(_URL), self.makers_host)

    def parse_files(self, home: Path, parser: OutputParser) -> None:
        assert isinstance(parser, GeminiParser)
        if parser.heard.usage.tokens is None:
            parser.feed_answers(_answers(home))
        parser.feed_record("".join(texts_below(home, _DEBUG_LOG, _LARGEST_RECORD_BYTES)))

    def display(self, line: str) -> str:
        return gemini_display.display_line(line)


def session_begun(prompt: str) -> str:
    """A session of Gemini CLI's that holds the prompt and nothing else, for `--session-file`.

    What comes by standard input or `-p` is searched for `@path`, and put together anew where one is found.
    """
    head = {"sessionId": "task", "projectHash": "task", "startTime": _BEGUN, "lastUpdated": _BEGUN, "kind": "main"}
    parts = [{"text": _LEAD}, {"text": prompt}]
    return "".join(
        json.dumps(record) + "\n"
        for record in (head, {"id": "task", "timestamp": _BEGUN, "type": "user", "content": parts})
    )


def _answers(home: Path) -> list[Mapping[str, Any]]:
    """The model's answers as they were recorded, each as it stands there last."""
    answers: dict[str, Mapping[str, Any]] = {}
    for record in texts_below(home, ".gemini/tmp/*/chats/**/*.jsonl", _LARGEST_RECORD_BYTES):
        found = [as_event(line) or {} for line in record.split("\n") if '"tokens"' in line]
        answers.update({str(each.get("id")): each for each in found if each.get("type") == "gemini"})
    return list(answers.values())


def _by_vertex() -> bool:
    return os.environ.get(_VERTEX) == "true"


def _begun(paths: SessionPaths) -> Path:
    return paths.home / "task.jsonl"


def _temporary(paths: SessionPaths) -> Path:
    return paths.home / "tmp"
