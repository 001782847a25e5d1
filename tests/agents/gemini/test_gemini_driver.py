"""What sessions of Gemini CLI are given and leave, by what it is signed in, and how it is called."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from supervisor.agents.agent_registry import make_agent
from supervisor.agents.gemini.gemini_driver import GeminiDriver, session_begun
from supervisor.errors import AgentError
from supervisor.model.agent_report import AgentReport, Usage
from supervisor.project.project import Project
from supervisor.project.project_settings import AgentSettings, Price, ProjectSettings
from supervisor.workspaces.session_paths import SessionPaths
from tests.agents.gemini.gemini_lines import INIT, RESULT, heard
from tests.agents.session_setup import program, session_request

# Session files --------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no sign-in of the person who runs the tests reaches them."""
    for name in (*GeminiDriver.key_variables, *GeminiDriver.other_variables):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))


@pytest.fixture
def gemini(tmp_path: Path) -> GeminiDriver:
    return agent(tmp_path)


def agent(root: Path, **settings: Any) -> GeminiDriver:
    """The agent of a project with these settings."""
    found = make_agent(
        Project(root, ProjectSettings(agents={"gemini": AgentSettings(**settings)}), root / "supervisor.toml"), "gemini"
    ).driver
    assert isinstance(found, GeminiDriver)
    return found


def signed_in(tmp_path: Path, token: str = "first") -> Path:
    """A sign-in by subscription in the user's home."""
    path = tmp_path / "user" / ".gemini" / "oauth_creds.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"access_token": token, "refresh_token": "r", "expiry_date": 1}), encoding="utf-8")
    path.chmod(0o600)
    return path


def settings_in(paths: SessionPaths) -> Any:
    return json.loads((paths.home / ".gemini" / "settings.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "prompt",
    [
        "# Task\n",
        "/help me",
        "?",
        "<session_context> and so on",
        'a\u2028b\u0085c\r\nd\re\t"quoted" \\ back\x00\x1b[31m @input.json `x` 𝄞 \ufeff',
        "   ",
    ],
)
def test_the_prompt_is_in_the_session_file_as_it_is_and_is_never_the_first_thing(prompt: str) -> None:
    head, message = [json.loads(line) for line in session_begun(prompt).split("\n")[:-1]]
    assert all(head[name] for name in ("sessionId", "projectHash", "kind"))
    first, second = message["content"]
    assert second == {"text": prompt}
    assert first["text"].strip()[0] not in "/?<"


def test_a_session_gets_its_prompt_its_settings_and_an_end_of_the_search_for_variables(
    gemini: GeminiDriver, paths: SessionPaths
) -> None:
    gemini.prepare(paths, session_request("gemini", "ünï"))
    assert (paths.home / "task.jsonl").read_text(encoding="utf-8") == session_begun("ünï")
    assert (paths.workspace / ".gemini" / ".env").read_bytes() == b""
    assert (paths.home / "tmp").is_dir()
    assert settings_in(paths)["security"] == {
        "folderTrust": {"enabled": False},
        "auth": {"selectedType": "gemini-api-key"},
    }


def test_it_may_run_commands_only_where_it_is_told_to(
    tmp_path: Path, paths: SessionPaths, gemini: GeminiDriver
) -> None:
    gemini.prepare(paths, session_request("gemini"))
    assert "run_shell_command" not in settings_in(paths)["tools"]["core"]
    assert "auto_edit" in gemini.arguments(paths, None)
    bold = agent(tmp_path, args=("--approval-mode", "yolo"))
    (paths.home / "tmp").rmdir()
    bold.prepare(paths, session_request("gemini"))
    assert "run_shell_command" in settings_in(paths)["tools"]["core"]
    assert bold.arguments(paths, None).count("--approval-mode") == 1


@pytest.mark.parametrize(
    ("variables", "signed_in_too", "by", "selected"),
    [
        ({"GEMINI_API_KEY": "k"}, True, "GEMINI_API_KEY", "gemini-api-key"),
        ({}, True, "~/.gemini/oauth_creds.json", "oauth-personal"),
        ({}, False, None, "gemini-api-key"),
        ({"GOOGLE_API_KEY": "k"}, False, None, "gemini-api-key"),
        ({"GOOGLE_API_KEY": "k", "GOOGLE_GENAI_USE_VERTEXAI": "true"}, False, "GOOGLE_API_KEY", "vertex-ai"),
        (
            {"GOOGLE_APPLICATION_CREDENTIALS": "/a.json", "GOOGLE_GENAI_USE_VERTEXAI": "true", "GEMINI_API_KEY": "k"},
            True,
            "GOOGLE_APPLICATION_CREDENTIALS",
            "vertex-ai",
        ),
    ],
)
def test_by_what_it_is_signed_in(
    variables: dict[str, str],
    signed_in_too: bool,
    by: str | None,
    selected: str,
    tmp_path: Path,
    paths: SessionPaths,
    monkeypatch: pytest.MonkeyPatch,
    gemini: GeminiDriver,
) -> None:
    if signed_in_too:
        signed_in(tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    gemini.prepare(paths, session_request("gemini"))
    assert gemini.signed_in_by() == by
    assert settings_in(paths)["security"]["auth"] == {"selectedType": selected}
    assert (paths.home / ".gemini" / "oauth_creds.json").exists() == (selected == "oauth-personal")
    assert {name: gemini.environment(paths)[name] for name in variables} == variables


def test_an_account_that_only_chose_a_name_is_not_signed_in(tmp_path: Path, gemini: GeminiDriver) -> None:
    folder = tmp_path / "user" / ".gemini"
    folder.mkdir(parents=True)
    (folder / "google_accounts.json").write_text('{"active": null, "old": ["a@b.c"]}', encoding="utf-8")
    assert gemini.signed_in_by() is None


def test_where_it_is_not_signed_in_it_says_how(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="not signed in") as refused:
        agent(tmp_path, program=program(tmp_path, "gemini")).check()
    assert "GEMINI_API_KEY" in str(refused.value)


def test_a_renewed_sign_in_is_the_user_s_and_the_session_s_copy_is_gone(
    tmp_path: Path, paths: SessionPaths, gemini: GeminiDriver
) -> None:
    real = signed_in(tmp_path)
    gemini.prepare(paths, session_request("gemini"))
    copy = paths.home / ".gemini" / "oauth_creds.json"
    assert not copy.is_symlink()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert "first" in copy.read_text(encoding="utf-8")
    copy.write_text(json.dumps({"access_token": "second", "refresh_token": "r", "expiry_date": 2}), encoding="utf-8")
    gemini.reclaim_credentials(paths)
    assert json.loads(real.read_text(encoding="utf-8"))["access_token"] == "second"
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert not copy.exists()


def test_a_copy_that_was_not_renewed_changes_nothing(tmp_path: Path, paths: SessionPaths, gemini: GeminiDriver) -> None:
    real = signed_in(tmp_path)
    before = real.stat()
    gemini.prepare(paths, session_request("gemini"))
    gemini.reclaim_credentials(paths)
    assert (real.stat().st_ino, real.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


# Called how -----------------------------------------------------------------------------------------------------------


def test_sessions_differ_in_nothing_that_is_sent(paths: SessionPaths, gemini: GeminiDriver) -> None:
    assert gemini.environment(paths)["GEMINI_CLI_HOME"] == f"..{os.sep}home"


def test_why_a_sign_in_failed_is_written_down_where_one_is_used(
    paths: SessionPaths, monkeypatch: pytest.MonkeyPatch, gemini: GeminiDriver
) -> None:
    assert "GEMINI_DEBUG_LOG_FILE" in gemini.environment(paths)
    monkeypatch.setenv("GEMINI_API_KEY", "k")
    assert "GEMINI_DEBUG_LOG_FILE" not in gemini.environment(paths)
    assert gemini.secrets() == ["k"]


def test_the_model_is_the_one_named_else_that_of_its_variable_else_one_that_stays(
    tmp_path: Path, paths: SessionPaths, monkeypatch: pytest.MonkeyPatch, gemini: GeminiDriver
) -> None:
    def asked(agent: GeminiDriver, model: str | None) -> str | None:
        words = agent.command(paths, model)
        return words[words.index("--model") + 1] if "--model" in words else None

    assert asked(gemini, "gemini-2.5-pro") == "gemini-2.5-pro"
    assert asked(agent(tmp_path, model="pro"), None) == "pro"
    assert asked(gemini, None) == "flash"
    monkeypatch.setenv("GEMINI_MODEL", "gemini-2.5-flash")
    assert asked(gemini, None) is None
    assert gemini.environment(paths)["GEMINI_MODEL"] == "gemini-2.5-flash"


def test_thinking_is_paid_as_output(tmp_path: Path, gemini: GeminiDriver) -> None:
    usage = heard(INIT, RESULT).usage
    assert not gemini.profile.tells_cost
    assert gemini.priced(usage).cost_usd is None
    priced = agent(tmp_path, price=Price(input=1.25, output=10.0, cache_read=0.125))
    assert priced.profile.tells_cost
    assert priced.priced(usage).cost_usd == pytest.approx((2000 * 1.25 + 74 * 10 + 400 * 0.125) / 1e6)


# The record -----------------------------------------------------------------------------------------------------------

SIGNED_OUT = (
    "Error authenticating: FatalAuthenticationError: Manual authorization is required but the current session is"
    " non-interactive."
)


@pytest.mark.parametrize(
    ("why", "kind"),
    [
        ("invalid_grant", "not_signed_in"),
        ("invalid_token", "not_signed_in"),
        ("unavailable", "overload"),
        ("request to https://oauth2.googleapis.com/tokeninfo failed, reason: socket hang up", "overload"),
        (None, "not_signed_in"),
    ],
)
def test_a_lost_network_is_told_from_a_lost_sign_in_by_the_record(
    why: str | None, kind: str, gemini: GeminiDriver, tmp_path: Path
) -> None:
    parser = gemini.parser()
    parser.feed_line(SIGNED_OUT)
    parser.finish(41, SIGNED_OUT)
    line = "" if why is None else f"[2026-11-21T11:54:50.154Z] [DEBUG] Cached credentials are not valid: {why}\n"
    (tmp_path / "debug.log").write_text(f"[2026-11-21T11:54:49.806Z] [DEBUG] Ignore file not found\n{line}")
    gemini.parse_files(tmp_path, parser)
    trouble = parser.heard.trouble
    assert trouble is not None
    assert trouble.kind == kind
    assert (why or "") in trouble.message if kind == "overload" else "Manual authorization" in trouble.message


def answer(name: str, **more: Any) -> str:
    tokens = {"input": 1200, "output": 30, "cached": 200, "thoughts": 7, "tool": 0, "total": 1237}
    return json.dumps(
        {"id": name, "type": "gemini", "content": "", "tokens": tokens, "model": "gemini-2.5-pro", **more},
        separators=(",", ":"),
    )


def recorded(home: Path, *lines: str, name: str = "session-1.jsonl") -> None:
    folder = home / ".gemini" / "tmp" / "workspace" / "chats"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join(lines), encoding="utf-8")


def test_tokens_of_a_session_that_was_cut_off_come_from_its_record(gemini: GeminiDriver, tmp_path: Path) -> None:
    prompt = json.dumps({"id": "task", "type": "user", "content": [{"text": '"tokens" "type":"gemini"'}]})
    recorded(tmp_path, prompt, '{"$set":{"lastUpdated":"x"}}', answer("a"), answer("a", toolCalls=[]), answer("b")[:90])
    recorded(tmp_path, answer("c"), name="session-2.jsonl")
    (tmp_path / ".gemini" / "tmp" / "workspace" / "chats" / "link.jsonl").symlink_to("session-1.jsonl")
    parser = gemini.parser()
    parser.feed_line(INIT)
    gemini.parse_files(tmp_path, parser)
    assert parser.heard.usage == Usage(input_tokens=2000, output_tokens=74, cache_read_tokens=400)


def test_the_record_of_one_that_told_its_tokens_adds_none(gemini: GeminiDriver, tmp_path: Path) -> None:
    recorded(tmp_path, answer("a"))
    parser = gemini.parser()
    for line in (INIT, RESULT):
        parser.feed_line(line)
    gemini.parse_files(tmp_path, parser)
    assert parser.heard.usage.tokens == 2474


def test_one_that_never_began_has_no_record(gemini: GeminiDriver, tmp_path: Path) -> None:
    parser = gemini.parser()
    gemini.parse_files(tmp_path / "deleted", parser)
    assert parser.heard == AgentReport()
