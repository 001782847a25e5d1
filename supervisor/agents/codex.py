"""Codex: `codex exec`, which takes the prompt from a file and prints one JSON object a line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from supervisor.agents import codex_shown, codex_troubles
from supervisor.agents.base import Listener, SessionPaths
from supervisor.agents.listening import JsonListener, as_event, count, words
from supervisor.agents.program import ProgramAgent
from supervisor.agents.sign_in import SignIn
from supervisor.content.project import AgentSettings, Project
from supervisor.errors import AgentError
from supervisor.model.session import SessionSpec, Usage

CONFIG = Path(__file__).with_name("codex_config.toml")
BASE_URL = "OPENAI_BASE_URL"
_SILENCE_S = 900.0
"""Nothing is printed and no file touched while the model thinks; a stream that is silent Codex itself ends at 300 s."""
_SANDBOX_PATIENCE_S = 20.0
_LARGEST_RECORD_BYTES = 64 << 20


class CodexAgent(ProgramAgent):
    """Codex as the user installed it, with a home of the session's own."""

    kind = "codex"
    package = "@openai/codex"
    key_variables = ("CODEX_API_KEY", "OPENAI_API_KEY")
    sign_in = SignIn(files=(".codex/auth.json",), apart=True, moved_by="CODEX_HOME")
    how_to_sign_in = codex_troubles.SIGN_IN
    tells_tokens = True

    def __init__(self, project: Project, name: str, settings: AgentSettings) -> None:
        super().__init__(project, name, settings)
        if settings.stall_timeout is None and "stall_timeout" not in project.settings.model_fields_set:
            self.stall_timeout_s = _SILENCE_S

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

    def prepare(self, paths: SessionPaths, spec: SessionSpec) -> None:
        folder = paths.home / ".codex"
        folder.mkdir(mode=0o700)
        _temporary(paths).mkdir(mode=0o700)
        (folder / "config.toml").write_text(self._config(self._sandbox_mode(spec)), encoding="utf-8")
        super().prepare(paths, spec)

    def _sandbox_mode(self, spec: SessionSpec) -> str:
        """Codex's own sandbox where there is no other: one in another does not start for root, nor on many systems."""
        if spec.isolation.sandbox == "bubblewrap":
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
        unused = {*self.key_variables} - {*self.settings.pass_env}
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

    def listen(self) -> Listener:
        return CodexListener()

    def hear_files(self, home: Path, listener: Listener) -> None:
        assert isinstance(listener, CodexListener)
        for path in sorted((home / ".codex" / "sessions").glob("*/*/*/rollout-*.jsonl")):
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST_RECORD_BYTES:
                with open(path, encoding="utf-8", errors="replace") as lines:
                    listener.hear_record(lines)

    def shown(self, line: str) -> str:
        return codex_shown.shown(line)


class CodexListener(JsonListener):
    """Hears the lines of one `codex exec --json`, and what that wrote down of its session."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._clock = clock

    def event(self, event: Mapping[str, Any]) -> None:
        kind = event.get("type")
        if kind == "thread.started":
            self.note(conversation=words(event, "thread_id"))
        elif kind == "error":
            self._error(words(event, "message") or "")
        elif kind == "turn.failed":
            self._error(words(event, "error", "message") or "")
            self.note(ended=True)
        elif kind == "turn.completed":
            self.goes_well()
            self.spend(_usage(event.get("usage")))
            self.note(ended=True)
        elif words(event, "item", "type") not in (None, "error"):  # an item `error` is a warning
            self.goes_well()

    def text(self, line: str) -> None:
        meaning = codex_troubles.meaning_of_line(line)
        if meaning is not None:
            self.troubled(meaning.kind, line, remedy=meaning.remedy, final=True)

    def _error(self, message: str) -> None:
        said, tries_again = codex_troubles.without_retry(message)
        meaning = codex_troubles.meaning_of(said)
        if meaning is None:
            return
        until = codex_troubles.ends_at(said, self._clock()) if meaning.kind in ("rate_limit", "usage_limit") else None
        final = meaning.lasts or not tries_again
        self.troubled(meaning.kind, said, until=until, remedy=meaning.remedy, final=final)

    def hear_record(self, lines: Iterable[str]) -> None:
        """Take what Codex wrote down: the model, the tokens where it ended before it told them, the end of a limit."""
        spent: Any = None
        for line in lines:
            head = line[:200]
            if '"turn_context"' in head:
                self.note(model=words(as_event(line), "payload", "model") or self.heard.model)
            elif '"token_usage_record"' in head:
                spent = _inner(as_event(line), "payload", "thread_token_usage") or spent
            elif '"token_count"' in head:
                payload = _inner(as_event(line), "payload")
                spent = _inner(payload, "info", "total_token_usage") or spent
                self._limits(_inner(payload, "rate_limits"))
        if self.heard.usage.tokens is None:
            self.spend(_usage(spent))

    def _limits(self, limits: Any) -> None:
        """Take when the limits that are used up end, where the message of a usage limit told no time."""
        trouble = self.heard.trouble
        if trouble is None or trouble.until is not None or "hit your usage limit" not in trouble.message:
            return
        windows = [_inner(limits, name) or {} for name in ("primary", "secondary")]
        full = [each for each in windows if isinstance(used := each.get("used_percent"), (int, float)) and used >= 100]
        until = max((float(end) for each in full if (end := count(each, "resets_at")) is not None), default=None)
        self.note(trouble=trouble.model_copy(update={"until": until}))


def _usage(told: Any) -> Usage:
    """Tokens by their kinds: what Codex calls input is all of it, what it calls output has the reasoning in it."""
    total, spoken = count(told, "input_tokens"), count(told, "output_tokens")
    if not total and not spoken:
        return Usage()  # as it says where the provider told nothing
    cached, stored = count(told, "cached_input_tokens") or 0, count(told, "cache_write_input_tokens") or 0
    return Usage(
        input_tokens=max(0, (total or 0) - cached - stored),
        output_tokens=spoken,
        cache_read_tokens=cached,
        cache_write_tokens=stored,
    )


def _inner(table: Any, *names: str) -> dict[str, Any] | None:
    """The object at a path of member names; None where there is none."""
    for name in names:
        table = table.get(name) if isinstance(table, Mapping) else None
    return table if isinstance(table, dict) else None


def _temporary(paths: SessionPaths) -> Path:
    return paths.home / "tmp"
