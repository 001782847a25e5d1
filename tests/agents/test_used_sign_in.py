"""What is said where a sign-in is refused: that there is one, by its name, and who refused it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from supervisor.agents.claude.claude_driver import ClaudeDriver
from supervisor.agents.codex.codex_driver import CodexDriver
from supervisor.agents.gemini.gemini_driver import GeminiDriver
from supervisor.agents.installed_cli import InstalledCliDriver
from supervisor.agents.opencode.opencode_driver import OpencodeDriver
from supervisor.agents.used_sign_in import host_of
from supervisor.model.agent_report import AgentFailure
from tests.agents.claude import claude_lines
from tests.agents.codex import codex_lines
from tests.agents.gemini import gemini_lines
from tests.agents.opencode import opencode_lines
from tests.agents.session_setup import make_driver

VALUE = "sk-the-value-of-the-key-4711"
HERE = "http://person:word@127.0.0.1:4711"
CODEX = codex_lines.failed(
    "unexpected status 401 Unauthorized: Incorrect API key provided: dummy., url: http://127.0.0.1:4711/v1/responses,"
    " request id: req_c56"
)
REFUSED: list[tuple[type[InstalledCliDriver], str, str, list[str]]] = [
    (ClaudeDriver, "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", [claude_lines.retry(401, "authentication_failed", 2, 1)]),
    (ClaudeDriver, "ANTHROPIC_AUTH_TOKEN", "", [claude_lines.retry(401, "authentication_failed", 2, 1)]),
    (CodexDriver, "CODEX_API_KEY", "OPENAI_BASE_URL", [CODEX]),
    (CodexDriver, "OPENAI_API_KEY", "", [CODEX]),
    (GeminiDriver, "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL", [gemini_lines.result(gemini_lines.KEY)]),
    (
        OpencodeDriver,
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_BASE_URL",
        [opencode_lines.MODEL, opencode_lines.refused(401, "invalid x-api-key")],
    ),
]
MAKERS = {ClaudeDriver: "api.anthropic.com", CodexDriver: "api.openai.com"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of nobody, and no variable that signs anything in."""
    for kind in (ClaudeDriver, CodexDriver, GeminiDriver, OpencodeDriver):
        for name in (*kind.key_variables, *kind.other_variables, "OPENAI_BASE_URL", "CLAUDE_CONFIG_DIR", "CODEX_HOME"):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def trouble(kind: type[InstalledCliDriver], root: Path, lines: list[str]) -> AgentFailure:
    parser = make_driver(kind, root).parser()
    for line in lines:
        parser.feed_line(line)
    assert parser.heard.trouble is not None
    return parser.heard.trouble


@pytest.mark.parametrize(("kind", "variable", "base", "lines"), REFUSED)
def test_a_key_that_is_set_and_refused_is_named_with_who_refused_it(
    kind: type[InstalledCliDriver],
    variable: str,
    base: str,
    lines: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, VALUE)
    if base:
        monkeypatch.setenv(base, HERE)
    found = trouble(kind, tmp_path, lines)
    asked = "127.0.0.1:4711" if base else MAKERS[kind]
    assert found.message.startswith(f"the key in {variable} is set and was refused by {asked}: ")
    assert found.remedy == f"Put a valid one into {variable}."
    assert "word" not in found.message and VALUE not in f"{found}"
    assert not found.message.endswith(".") and ".," not in found.message


def test_a_sign_in_that_is_refused_is_named_by_its_file(tmp_path: Path) -> None:
    file = tmp_path / ".claude" / ".credentials.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"claudeAiOauth": {"accessToken": "a", "refreshToken": "r"}}))
    found = trouble(ClaudeDriver, tmp_path, [claude_lines.retry(401, "authentication_failed", 2, 1)])
    assert found.message.startswith("the sign-in in ~/.claude/.credentials.json was refused by api.anthropic.com: ")
    assert "/login" in found.remedy


def test_of_opencode_the_sign_in_to_the_model_s_provider_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", VALUE)
    auth = tmp_path / ".local/share/opencode/auth.json"
    auth.parent.mkdir(parents=True)
    auth.write_text(json.dumps({"anthropic": {"type": "api", "key": VALUE}}))
    found = trouble(OpencodeDriver, tmp_path, [opencode_lines.MODEL, opencode_lines.refused(401, "invalid x-api-key")])
    assert found.message.startswith("the sign-in in ~/.local/share/opencode/auth.json was refused by anthropic: ")


def test_where_it_never_was_signed_in_it_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEX_API_KEY", VALUE)
    missing = codex_lines.failed("Missing environment variable: `CODEX_API_KEY`.")
    assert "codex login" in trouble(CodexDriver, tmp_path, [missing]).remedy


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://u:p@a.example:8443/v1?key=x", "a.example:8443"),
        ("nonsense", "else"),
        ("http://[::1", "else"),
        (None, "else"),
    ],
)
def test_of_a_base_url_only_the_host_is_shown(url: str | None, host: str) -> None:
    assert host_of(url, "else") == host
