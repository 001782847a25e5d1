"""Gemini CLI: `gemini -p`, which is given the prompt as a session begun, and prints one JSON object a line."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from supervisor.agents import gemini_shown, gemini_troubles
from supervisor.agents.base import Listener, SessionPaths
from supervisor.agents.listening import JsonListener, as_event, count, words
from supervisor.agents.program import ProgramAgent
from supervisor.agents.sign_in import SignIn
from supervisor.model.session import SessionSpec, TroubleKind, Usage

SETTINGS = Path(__file__).with_name("gemini_settings.json")
MODEL = "flash"
"""Asked for where nobody names a model. Its own default has a small model choose one for each prompt anew."""
_VERTEX = "GOOGLE_GENAI_USE_VERTEXAI"
_ACCOUNT_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
_COMMANDS = "run_shell_command"
_LEAD = "The task:\n\n"
"""Stands before the prompt: a message that begins with `/` or `?` would be left out of the session."""
_ASK = "Do now all that the task above asks."
_DEBUG_LOG = "debug.log"
_BEGUN = "2026-01-01T00:00:00.000Z"
_LONGEST_WAIT_S = 60.0
"""A session that is to wait for longer is ended: the gate waits, which holds no process."""
_LARGEST_RECORD_BYTES = 64 << 20


class GeminiAgent(ProgramAgent):
    """Gemini CLI as the user installed it, with a home of the session's own."""

    kind = "gemini"
    package = "@google/gemini-cli"
    key_variables = ("GEMINI_API_KEY", "GOOGLE_API_KEY", _ACCOUNT_FILE)
    other_variables = (
        "GOOGLE_GEMINI_BASE_URL",
        "GEMINI_MODEL",
        _VERTEX,
        "GOOGLE_VERTEX_BASE_URL",
        "GOOGLE_CLOUD_PROJECT",
        "GOOGLE_CLOUD_LOCATION",
    )
    # It empties the file and then writes it anew: sessions that shared it would read half of it.
    sign_in = SignIn(files=(".gemini/oauth_creds.json",), copied=True)
    how_to_sign_in = gemini_troubles.SIGN_IN
    tells_tokens = True

    def key_variable(self) -> str | None:
        """As Gemini CLI does, which takes the last two for Vertex AI only."""
        names = self.key_variables[1:] if _by_vertex() else self.key_variables[:1]
        return next((name for name in names if os.environ.get(name)), None)

    def readable(self, paths: SessionPaths) -> list[Path]:
        account = os.environ.get(_ACCOUNT_FILE)
        return [*super().readable(paths), *([] if not account else [Path(account)])]

    def prepare(self, paths: SessionPaths, spec: SessionSpec) -> None:
        super().prepare(paths, spec)
        _temporary(paths).mkdir(mode=0o700)
        for folder in (paths.home / ".gemini", paths.workspace / ".gemini"):
            folder.mkdir(mode=0o700, exist_ok=True)
        (paths.home / ".gemini" / "settings.json").write_text(self._settings(), encoding="utf-8")
        (paths.workspace / ".gemini" / ".env").touch()  # the first that is found on the way up is taken
        _begun(paths).write_text(session_begun(spec.prompt), encoding="ascii")

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

    def listen(self) -> Listener:
        return GeminiListener()

    def hear_files(self, home: Path, listener: Listener) -> None:
        assert isinstance(listener, GeminiListener)
        if listener.heard.usage.tokens is None:
            listener.hear_answers(_answers(home))
        listener.hear_record(_record(home / _DEBUG_LOG))

    def shown(self, line: str) -> str:
        return gemini_shown.shown(line)


class GeminiListener(JsonListener):
    """Hears the lines of one `gemini --output-format stream-json`, and what it recorded of its conversation."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._clock = clock
        self._complaint = ""
        self._failed = ""
        """What is known of a failed request whose report is not whole yet."""

    def event(self, event: Mapping[str, Any]) -> None:
        self._failed = ""
        kind = event.get("type")
        if kind == "init":
            self.note(model=words(event, "model"), conversation=words(event, "session_id"))
        elif kind == "error":
            self._complaint = words(event, "message") or ""
        elif kind == "result":
            self._result(event)
        elif kind in ("tool_use", "tool_result") or words(event, "role") == "assistant":
            self.goes_well()

    def text(self, line: str) -> None:
        if gemini_troubles.begins_report(line):
            self._failed = line
        elif self._failed:
            self._failed += f"\n{line}"
        elif self.heard.conversation is None and gemini_troubles.is_refusal(line):
            self._trouble(line, "set_up_wrongly", final=True)
        else:
            self._complaint = gemini_troubles.fatal(line) or self._complaint
        if self._failed and gemini_troubles.ends_report(line):
            self._trouble(self._failed, "overload", final=False)
            self._failed = ""

    def hear_end(self, exit_status: int | None, last_lines: str) -> None:
        if self.heard.conversation is not None or self.heard.trouble is not None or (exit_status or 0) <= 0:
            return
        lines = last_lines.splitlines() or ["it ended at once and said nothing"]
        telling = (line for line in lines if gemini_troubles.read(line, None).kind is not None)
        message = self._complaint or next(telling, lines[-1])
        self._trouble(message, "set_up_wrongly", final=True, context=last_lines)

    def hear_record(self, record: str) -> None:
        """Take why its sign-in did not work: what it prints is the same for a refusal and for a lost network."""
        outage = gemini_troubles.outage(record)
        if outage and self.heard.trouble is not None and self.heard.trouble.kind == "not_signed_in":
            self.troubled("overload", f"the sign-in could not be checked: {outage}", final=True)

    def hear_answers(self, answers: list[Mapping[str, Any]]) -> None:
        """Take the model's answers as they were recorded, of a session that ended before it told what they cost."""
        for answer in answers:
            self.spend(_usage(answer.get("tokens"), "total", "input"))
            self.note(model=words(answer, "model") or self.heard.model)

    def _result(self, event: Mapping[str, Any]) -> None:
        stats = event.get("stats")
        models = stats.get("models") if isinstance(stats, Mapping) else None
        named = models if isinstance(models, Mapping) else {}
        served = [name for name, told in named.items() if count(told, "total_tokens")]
        self.note(
            usage=_usage(stats, "total_tokens", "input_tokens"),
            model=", ".join(served) or self.heard.model,
            ended=True,
        )
        if event.get("status") == "success":
            self.goes_well()
        else:
            self._trouble(words(event, "error", "message") or self._complaint, None, final=True)

    def _trouble(self, message: str, otherwise: TroubleKind | None, *, final: bool, context: str = "") -> None:
        """Note what a message means; `otherwise` where that is not known, and nothing without that."""
        told = gemini_troubles.read(message, otherwise, context)
        if told.kind is None:
            self.goes_well()
            return
        limited = told.kind in ("rate_limit", "usage_limit")
        until = None if told.wait_s is None or not limited else self._clock() + told.wait_s
        lasts = told.kind not in ("rate_limit", "overload") or (told.wait_s or 0.0) > _LONGEST_WAIT_S
        self.troubled(told.kind, told.said, until=until, remedy=told.remedy, final=final or lasts)


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


def _usage(told: Any, total: str, asked: str) -> Usage:
    """Tokens by their kinds: its input has the cached ones in it, and its output lacks the thinking, which is paid."""
    every, given, cached = count(told, total), count(told, asked), count(told, "cached") or 0
    if every is None or given is None:
        return Usage()
    return Usage(input_tokens=given - cached, output_tokens=every - given, cache_read_tokens=cached)


def _answers(home: Path) -> list[Mapping[str, Any]]:
    """The model's answers as they were recorded, each as it stands there last."""
    answers: dict[str, Mapping[str, Any]] = {}
    for path in sorted((home / ".gemini" / "tmp").glob("*/chats/**/*.jsonl")):
        found = [as_event(line) or {} for line in _record(path).split("\n") if '"tokens"' in line]
        answers.update({str(each.get("id")): each for each in found if each.get("type") == "gemini"})
    return list(answers.values())


def _record(path: Path) -> str:
    """What it wrote down there, where that is a file of a size that it would have."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST_RECORD_BYTES:
        return ""
    return path.read_text(encoding="utf-8", errors="replace")


def _by_vertex() -> bool:
    return os.environ.get(_VERTEX) == "true"


def _begun(paths: SessionPaths) -> Path:
    return paths.home / "task.jsonl"


def _temporary(paths: SessionPaths) -> Path:
    return paths.home / "tmp"
