"""What Codex's lines, files and variables mean, without Codex: its lines are written here as it prints them."""

from __future__ import annotations

import json
import os
import stat
import time
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from supervisor.agents.agent_registry import make_agent
from supervisor.agents.codex.codex_driver import CodexDriver
from supervisor.agents.codex.codex_failures import ends_at
from supervisor.agents.codex.codex_parser import CodexParser
from supervisor.errors import AgentError, UsageError
from supervisor.model.agent_report import AgentReport, Usage
from supervisor.model.isolation import Isolation, Level
from supervisor.model.session import SessionRequest
from supervisor.project.project import Project
from supervisor.project.project_settings import AgentSettings, Price, ProjectSettings
from supervisor.workspaces.session_paths import SessionPaths

THREAD = '{"type":"thread.started","thread_id":"01a1fdae-3f0d-7242-9f18-397ddf6e2418"}'
TURN = '{"type":"turn.started"}'
COMMAND = (
    '{"type":"item.started","item":{"id":"item_0","type":"command_execution",'
    '"command":"/bin/bash -c \'echo out; exit 3\'","aggregated_output":"","exit_code":null,"status":"in_progress"}}'
)
FAILED = (
    '{"type":"item.completed","item":{"id":"item_0","type":"command_execution",'
    '"command":"/bin/bash -c \'echo out; exit 3\'","aggregated_output":"first\\nout\\n",'
    '"exit_code":3,"status":"failed"}}'
)
WORKED = (
    '{"type":"item.completed","item":{"id":"item_0","type":"command_execution","command":"/bin/bash -c \'true\'",'
    '"aggregated_output":"","exit_code":0,"status":"completed"}}'
)
WROTE = (
    '{"type":"item.completed","item":{"id":"item_0","type":"file_change","changes":'
    '[{"path":"/s/workspace/out.json","kind":"add"},{"path":"/s/workspace/notes.md","kind":"update"}],'
    '"status":"completed"}}'
)
WROTE_NOT = WROTE.replace('"completed"}}', '"failed"}}')
THOUGHT = '{"type":"item.completed","item":{"id":"item_0","type":"reasoning","text":"**Thinking** about it"}}'
SAID = '{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"hello there"}}'
WARNING = (
    '{"type":"item.completed","item":{"id":"item_0","type":"error","message":"Model metadata for `gpt-nope` not found.'
    ' Defaulting to fallback metadata; this can degrade performance and cause issues."}}'
)
COMPLETED = (
    '{"type":"turn.completed","usage":{"input_tokens":2000,"cached_input_tokens":1600,"cache_write_input_tokens":160,'
    '"output_tokens":100,"reasoning_output_tokens":20}}'
)
REFUSED = (
    "2026-11-21T10:47:47.789988Z ERROR codex_core::tools::router: error=patch rejected: writing outside of the project;"
    " rejected by user approval settings"
)
TOO_LONG = (
    "Error: turn/start: turn/start failed: Input exceeds the maximum length of 1048576 characters. (code -32602),"
    ' data: {"input_error_code":"input_too_large","max_chars":1048576,"actual_chars":1100000}'
)
NOON = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC).timestamp()


def error(message: str) -> str:
    return json.dumps({"type": "error", "message": message}, ensure_ascii=False)


def failed(message: str) -> str:
    return json.dumps({"type": "turn.failed", "error": {"message": message}}, ensure_ascii=False)


def retried(message: str) -> str:
    return error(f"Reconnecting... 1/5 ({message})")


def heard(*lines: str, now: float = NOON) -> AgentReport:
    """What the lines come to."""
    parser = CodexParser(lambda: now)
    for line in lines:
        parser.feed_line(line)
    return parser.heard


# Lines ------------------------------------------------------------------------------------------------------------


def test_a_session_that_went_well_tells_its_id_its_tokens_and_its_end() -> None:
    found = heard(THREAD, TURN, COMMAND, FAILED, WROTE, THOUGHT, SAID, COMPLETED)
    assert found.provider_session_id == "01a1fdae-3f0d-7242-9f18-397ddf6e2418"
    assert found.ended
    assert found.trouble is None


def test_what_codex_calls_input_is_split_into_new_cached_and_stored() -> None:
    usage = heard(THREAD, COMPLETED).usage
    assert usage == Usage(input_tokens=240, output_tokens=100, cache_read_tokens=1600, cache_write_tokens=160)
    assert usage.tokens == 2100


@pytest.mark.parametrize(
    "told",
    ["{}", '{"input_tokens":0,"cached_input_tokens":0,"cache_write_input_tokens":0,"output_tokens":0}', '"many"'],
)
def test_tokens_that_the_provider_did_not_tell_are_unknown_not_none(told: str) -> None:
    assert heard(f'{{"type":"turn.completed","usage":{told}}}').usage == Usage()


def test_an_older_codex_that_tells_no_stored_tokens_is_understood() -> None:
    usage = heard(
        '{"type":"turn.completed","usage":{"input_tokens":10,"cached_input_tokens":4,"output_tokens":3}}'
    ).usage
    assert usage == Usage(input_tokens=6, output_tokens=3, cache_read_tokens=4, cache_write_tokens=0)


@pytest.mark.parametrize(
    "line", ["", "{", "{}", "[]", '{"type":7}', '{"type":"item.completed","item":7}', '{"type":"error"}']
)
def test_lines_that_no_version_prints_do_no_harm(line: str) -> None:
    assert heard(line) == AgentReport()


def test_a_warning_is_no_trouble_and_no_progress() -> None:
    assert heard(WARNING).trouble is None
    assert heard(retried("Connection failed: error sending request"), WARNING).trouble is not None


# Troubles ---------------------------------------------------------------------------------------------------------

TROUBLES = [
    ("exceeded retry limit, last status: 429 Too Many Requests", "rate_limit"),
    ("exceeded retry limit, last status: 429 Too Many Requests, request id: req_abc123", "rate_limit"),
    ("rate limit exceeded: Rate limit reached for gpt-5.5 on tokens per min (TPM): Limit 30000.", "rate_limit"),
    ("You’ve hit your usage limit. Try again later.", "usage_limit"),
    ("You've hit your usage limit. To get more access now, send a request to your admin or try again later.",
     "usage_limit"),
    ("You’ve hit your usage limit for GPT-Spark. Switch to another model now, or try again at 1:29 PM.", "usage_limit"),
    ("Your workspace is out of credits. Ask your workspace owner to refill in order to continue.", "usage_limit"),
    ("Quota exceeded. Check your plan and billing details.", "usage_limit"),
    ("stream disconnected before completion: The usage limit has been reached", "usage_limit"),
    ("unexpected status 402 Payment Required: no money, url: http://127.0.0.1:1/v1/responses", "usage_limit"),
    ("unexpected status 503 Service Unavailable: busy, url: http://127.0.0.1:1/v1/responses", "overload"),
    ("unexpected status 529 : Overloaded, url: http://127.0.0.1:1/v1/responses", "overload"),
    ("We’re currently experiencing high demand, which may cause temporary errors.", "overload"),
    ("Selected model is at capacity. Please try a different model.", "overload"),
    ("stream disconnected before completion: idle timeout waiting for SSE", "overload"),
    ("stream disconnected before completion: error sending request", "overload"),
    ("Connection failed: error sending request", "overload"),
    ("workspace routing discovery failed", "overload"),
    ("Failed to refresh token: 500 Internal Server Error", "overload"),
    ("unexpected status 401 Unauthorized: Incorrect API key provided: sk-dummy.", "not_signed_in"),
    ("Your access token could not be refreshed because your refresh token was already used. Please log out and sign in"
     " again.", "not_signed_in"),
    ("Missing environment variable: `CODEX_API_KEY`.", "not_signed_in"),
    ("The model `gpt-nope` does not exist or you do not have access to it.", "wrong_model"),
    ("{\"detail\": \"The 'gpt-nope' model is not supported when using Codex with a ChatGPT account.\"}", "wrong_model"),
    ('{"type":"error","status":400,"error":{"type":"invalid_request_error","message":"The \'gpt-9\' model requires a'
     ' newer version of Codex. Please upgrade to the latest app or CLI and try again."}}', "wrong_model"),
    ("unexpected status 403 Forbidden: Country, region, or territory not supported, url: http://x/", "set_up_wrongly"),
    ('unexpected status 402 Payment Required: {"detail": {"code": "deactivated_workspace"}}', "set_up_wrongly"),
    ("To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus.", "set_up_wrongly"),
    ("unexpected status 404 Not Found: nothing is at /responses, url: http://127.0.0.1:1/responses", "set_up_wrongly"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "kind"), TROUBLES)
def test_the_last_error_of_a_session_says_what_keeps_it_from_working(message: str, kind: str) -> None:
    found = heard(THREAD, TURN, error(message), failed(message))
    assert found.trouble is not None
    assert found.trouble.kind == kind
    assert found.trouble.is_final
    assert found.ended
    assert found.trouble.remedy if found.trouble.needs_person else True


@pytest.mark.parametrize(("message", "kind"), TROUBLES)
def test_what_codex_tries_again_is_not_final_but_a_refused_key(message: str, kind: str) -> None:
    trouble = heard(THREAD, TURN, retried(message)).trouble
    assert trouble is not None
    assert trouble.kind == kind
    assert trouble.is_final == ("401" in message)
    assert "Reconnecting" not in trouble.message


def test_waiting_for_a_network_is_an_overload() -> None:
    trouble = heard(error("Reconnecting... waiting for network (Connection failed: error sending request)")).trouble
    assert trouble is not None
    assert (trouble.kind, trouble.is_final) == ("overload", False)


@pytest.mark.parametrize("progress", [COMMAND, WROTE, THOUGHT, SAID, COMPLETED])
def test_progress_ends_a_trouble(progress: str) -> None:
    assert heard(retried("exceeded retry limit, last status: 429 Too Many Requests"), progress).trouble is None


@pytest.mark.parametrize(
    "message",
    [
        "Codex ran out of room in the model's context window. Start a new thread or clear earlier history.",
        "Something that no version says",
    ],
)
def test_what_is_the_batch_s_own_fault_is_no_trouble_of_the_agent(message: str) -> None:
    found = heard(THREAD, TURN, error(message), failed(message))
    assert found.trouble is None
    assert found.ended


def test_the_words_of_a_provider_are_shown_without_their_wrapping() -> None:
    trouble = heard(error('{"detail": "The \'gpt-x\' model is not supported when using Codex."}')).trouble
    assert trouble is not None
    assert trouble.message == "The 'gpt-x' model is not supported when using Codex."


@pytest.mark.parametrize(
    "line",
    [
        "error: unexpected argument '--nonsense' found",
        "Error loading config.toml:",
        "Error: Model provider `nope` not found",
        "Not inside a trusted directory and --skip-git-repo-check was not specified.",
    ],
)
def test_settings_that_codex_refuses_are_a_person_s_to_mend(line: str) -> None:
    trouble = heard(line).trouble
    assert trouble is not None
    assert (trouble.kind, trouble.is_final, trouble.message) == ("set_up_wrongly", True, line)
    assert "args" in trouble.remedy


@pytest.mark.parametrize("line", [TOO_LONG, REFUSED, "Reading prompt from stdin...", "node: something"])
def test_other_plain_lines_are_no_trouble(line: str) -> None:
    assert heard(line).trouble is None


# Times ------------------------------------------------------------------------------------------------------------


def at(text: str) -> float:
    return datetime.fromisoformat(f"{text}+00:00").timestamp()


@pytest.mark.parametrize(
    ("said", "until"),
    [
        ("Try again at 1:29 PM.", "2026-11-21 13:30"),
        ("or try again at 1:43 PM.", "2026-11-21 13:44"),
        ("or try again at 12:00 PM.", "2026-11-21 12:01"),
        ("or try again at 12:59 PM.", "2026-11-21 13:00"),
        ("or try again at 11:59 PM.", "2026-11-22 00:00"),
        ("or try again at 12:05 AM.", "2026-11-21 00:06"),
        ("or try again at Nov 22nd, 2026 12:05 AM.", "2026-11-22 00:06"),
        ("or try again at Nov 24th, 2026 10:41 AM.", "2026-11-24 10:42"),
        ("or try again at Dec 1st, 2026 9:05 PM.", "2026-12-01 21:06"),
        ("or try again at Jan 3rd, 2027 11:59 PM.", "2027-01-04 00:00"),
    ],
)  # fmt: skip
def test_a_usage_limit_is_over_a_minute_after_the_one_that_is_printed(said: str, until: str) -> None:
    trouble = heard(
        error(f"You’ve hit your usage limit. Visit https://chatgpt.com/settings/usage to buy {said}")
    ).trouble
    assert trouble is not None
    assert trouble.until == at(until)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Please try again in 4.054s. Visit x", 4.054),
        ("Please try again in 120ms. Visit x", 0.12),
        ("Please try again in 6m0s.", 360),
        ("Please try again in 1h2m3s.", 3723),
        ("or try again in 2 days 17 hours 14 minutes.", 234_840),
        ("or try again in 1 hour 1 minute.", 3660),
    ],
)
def test_a_limit_that_ends_after_a_while_is_counted_from_now(said: str, seconds: float) -> None:
    assert ends_at(said, NOON) == pytest.approx(NOON + seconds, abs=0.001)


@pytest.mark.parametrize(
    "said",
    [
        "Try again later.",
        "try again at a better time",
        "try again at Feb 31st, 2026 1:00 PM.",
        "try again at 13:00 PM.",
        "try again in a moment",
        "Usage resets soon.",
    ],
)
def test_a_time_that_is_not_told_is_not_made_up(said: str) -> None:
    assert ends_at(f"You’ve hit your usage limit. {said}", NOON) is None


@pytest.fixture
def in_zone() -> Iterator[Callable[[str], None]]:
    """Have this process live in another time zone."""
    before = os.environ.get("TZ")

    def move(zone: str) -> None:
        os.environ["TZ"] = zone
        time.tzset()

    yield move
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Marquesas"])
@pytest.mark.parametrize(
    ("now", "said", "until"),
    [
        ("2026-11-21 12:00", "1:29 PM", "2026-11-21 13:30"),
        ("2026-11-21 23:58", "11:59 PM", "2026-11-22 00:00"),
        ("2026-11-22 00:01", "4:30 AM", "2026-11-22 04:31"),
        ("2026-12-31 23:50", "Jan 1st, 2027 1:20 AM", "2027-01-01 01:21"),
        ("2026-03-08 06:30", "7:30 AM", "2026-03-08 07:31"),  # while New York's clocks go forward
        ("2026-11-01 05:30", "6:30 AM", "2026-11-01 06:31"),  # and back
    ],
)
def test_the_supervisor_s_time_zone_and_summer_time_change_nothing(
    in_zone: Callable[[str], None], zone: str, now: str, said: str, until: str
) -> None:
    in_zone(zone)
    assert ends_at(f"You’ve hit your usage limit. Try again at {said}.", at(now)) == at(until)


# The record -------------------------------------------------------------------------------------------------------


def record(kind: str, payload: dict[str, Any]) -> str:
    return json.dumps(
        {"timestamp": "2026-11-21T10:54:17.516Z", "ordinal": 8, "type": kind, "payload": payload}, separators=(",", ":")
    )


def tokens(total: int) -> dict[str, int]:
    return {
        "input_tokens": 1000 * total,
        "cached_input_tokens": 400 * total,
        "cache_write_input_tokens": 80 * total,
        "output_tokens": 50 * total,
        "reasoning_output_tokens": 7 * total,
        "total_tokens": 1050 * total,
    }


def counted(total: int | None, *, primary: Any = None, secondary: Any = None) -> str:
    info = None if total is None else {"total_token_usage": tokens(total), "last_token_usage": tokens(1)}
    return record(
        "event_msg",
        {"type": "token_count", "info": info, "rate_limits": {"primary": primary, "secondary": secondary}},
    )


CONTEXT = record("turn_context", {"turn_id": "t", "cwd": "/s/workspace", "model": "gpt-5.5"})
PROMPT = record(
    "response_item",
    {"type": "message", "content": [{"type": "input_text", "text": 'say "turn_context" and "token_count" ' * 9}]},
)
FIRST = record("token_usage_record", {"thread_id": "t", "usage": tokens(1), "thread_token_usage": tokens(1)})


def after(lines: list[str], *printed: str) -> AgentReport:
    parser = CodexParser(lambda: NOON)
    for line in printed:
        parser.feed_line(line)
    parser.feed_record(lines)
    return parser.heard


def test_the_record_tells_the_model() -> None:
    found = after([PROMPT, CONTEXT, PROMPT], THREAD, COMPLETED)
    assert found.model == "gpt-5.5"
    assert found.usage == heard(COMPLETED).usage


@pytest.mark.parametrize(
    ("lines", "times"),
    [
        ([CONTEXT, FIRST], 1),
        ([CONTEXT, FIRST, counted(1), counted(3)], 3),
        ([CONTEXT, FIRST, counted(1), counted(2), counted(None)], 2),
        ([CONTEXT, counted(2), counted(3)[:90]], 2),
        ([CONTEXT, counted(2), FIRST[:120]], 2),
    ],
)
def test_tokens_of_a_session_that_was_cut_off_come_from_its_record(lines: list[str], times: int) -> None:
    usage = after(lines, THREAD, TURN, COMMAND).usage
    assert usage == Usage(
        input_tokens=520 * times,
        output_tokens=50 * times,
        cache_read_tokens=400 * times,
        cache_write_tokens=80 * times,
    )


def test_a_session_that_was_cut_off_before_its_first_answer_cost_nothing_that_is_known() -> None:
    assert after([CONTEXT, counted(None)], THREAD, TURN).usage == Usage()


FULL, LEFT = {"used_percent": 100.0, "resets_at": 1795268681}, {"used_percent": 40.0, "resets_at": 1795657681}


@pytest.mark.parametrize(
    ("primary", "secondary", "until"),
    [
        (FULL, LEFT, 1795268681.0),
        (FULL, None, 1795268681.0),
        (FULL, {**LEFT, "used_percent": 100.0}, 1795657681.0),
        (LEFT, LEFT, None),
        (None, None, None),
        ("none", {"used_percent": "100"}, None),
    ],
)
def test_a_usage_limit_that_printed_no_time_ends_with_the_windows_that_are_used_up(
    primary: Any, secondary: Any, until: float | None
) -> None:
    lines = [CONTEXT, counted(None, primary=primary, secondary=secondary)]
    trouble = after(lines, error("You’ve hit your usage limit. Try again later.")).trouble
    assert trouble is not None
    assert trouble.until == until


@pytest.mark.parametrize(
    ("message", "until"),
    [
        ("You’ve hit your usage limit. Try again at 1:29 PM.", at("2026-11-21 13:30")),
        ("Your workspace is out of credits. Ask your workspace owner to refill in order to continue.", None),
        ("exceeded retry limit, last status: 429 Too Many Requests", None),
    ],
)
def test_the_windows_say_nothing_of_another_limit_or_of_one_whose_end_was_printed(
    message: str, until: float | None
) -> None:
    trouble = after([CONTEXT, counted(None, primary=FULL)], error(message)).trouble
    assert trouble is not None
    assert trouble.until == until


# The agent --------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def user_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a user who has no key and is not signed in."""
    home = tmp_path / "user"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", str(tmp_path / "nothing-installed"))
    for name in ("CODEX_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "CODEX_HOME"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def paths(tmp_path: Path) -> SessionPaths:
    workspace, home = tmp_path / "session" / "workspace", tmp_path / "session" / "home"
    workspace.mkdir(parents=True)
    home.mkdir()
    return SessionPaths(
        project=tmp_path,
        workspace=workspace,
        home=home,
        prompt_file=workspace / "prompt.md",
        input_file=workspace / "input.json",
        output_file=workspace / "out.json",
    )


def agent(root: Path, settings: AgentSettings | None = None, **project: Any) -> CodexDriver:
    here = Project(root, ProjectSettings(**project), root / "supervisor.toml")
    return CodexDriver(here, "codex", settings or AgentSettings())


def spec(level: Level = "workspace") -> SessionRequest:
    isolation = Isolation(sandbox=level)
    return SessionRequest(
        name="s",
        agent="codex",
        prompt="p",
        input_json="{}",
        output_name="out.json",
        attempt=1,
        timeout_s=60,
        isolation=isolation,
    )


def prepared(paths: SessionPaths, settings: AgentSettings | None = None, level: Level = "workspace") -> dict[str, Any]:
    """The home's settings file, read."""
    agent(paths.project, settings).prepare(paths, spec(level))
    return tomllib.loads((paths.home / ".codex" / "config.toml").read_text(encoding="utf-8"))


def sign_in(folder: Path) -> Path:
    file = folder / "auth.json"
    folder.mkdir(parents=True, exist_ok=True)
    tokens_ = {"id_token": "an-id-token-of-some-length", "refresh_token": "rt-a-token-of-some-length"}
    file.write_text(json.dumps({"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "tokens": tokens_}))
    return file


def test_the_project_finds_it_under_its_name_and_under_another(tmp_path: Path) -> None:
    settings = ProjectSettings(agents={"thorough": AgentSettings(kind="codex", model="gpt-6", args=("-c", "x=1"))})
    here = Project(tmp_path, settings, tmp_path / "supervisor.toml")
    assert isinstance(make_agent(here, "codex").driver, CodexDriver)
    assert isinstance(make_agent(here, "thorough").driver, CodexDriver)
    with pytest.raises(UsageError, match="codex works by itself only"):
        agent(tmp_path, AgentSettings(mode="interactive"))


def test_it_is_called_with_its_prompt_as_a_file(paths: SessionPaths) -> None:
    settings = AgentSettings(program=str(paths.home / "codex"), model="gpt-5.5", args=("-c", "x=1"))
    words = agent(paths.project, settings).command(paths, None)
    assert words[1:] == [
        *("exec", "--json", "--skip-git-repo-check", "--color", "never", "--model", "gpt-5.5", "-c", "x=1", "-"),
    ]
    assert agent(paths.project, settings).command(paths, "gpt-6")[6:8] == ["--model", "gpt-6"]
    assert "--model" not in agent(paths.project).command(paths, None)
    assert agent(paths.project).stdin(paths) == paths.prompt_file


def test_the_home_has_settings_a_folder_for_temporary_files_and_nothing_else(paths: SessionPaths) -> None:
    config = prepared(paths)
    assert (config["approval_policy"], config["sandbox_mode"]) == ("never", "workspace-write")
    assert "model_provider" not in config
    assert sorted(str(path.relative_to(paths.home)) for path in paths.home.rglob("*")) == [
        ".codex",
        ".codex/config.toml",
        "tmp",
    ]
    assert stat.S_IMODE((paths.home / ".codex").stat().st_mode) == 0o700


def test_times_are_printed_in_utc_whatever_the_supervisor_s_zone(
    paths: SessionPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    given = agent(paths.project, AgentSettings(pass_env=("TZ",))).environment(paths)
    assert given == {"TZ": "UTC", "TMPDIR": str(paths.home / "tmp")}


@pytest.mark.parametrize("variable", ["CODEX_API_KEY", "OPENAI_API_KEY"])
def test_either_key_signs_it_in_and_is_passed_as_the_one_that_it_knows(
    variable: str, paths: SessionPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "sk-dummy")
    codex = agent(paths.project)
    given = codex.environment(paths)
    assert codex.signed_in_by() == variable
    assert given["CODEX_API_KEY"] == "sk-dummy"
    assert "OPENAI_API_KEY" not in given
    assert "sk-dummy" in codex.secrets()
    assert "sk-dummy" not in json.dumps(prepared(paths))


def test_its_own_key_goes_before_the_general_one(paths: SessionPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-general")
    monkeypatch.setenv("CODEX_API_KEY", "sk-own")
    assert agent(paths.project).signed_in_by() == "CODEX_API_KEY"
    assert agent(paths.project).environment(paths)["CODEX_API_KEY"] == "sk-own"


def test_a_base_url_is_written_for_a_key(paths: SessionPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-dummy")
    monkeypatch.setenv("OPENAI_BASE_URL", 'http://127.0.0.1:9/v1?a="ü"')
    config = prepared(paths)
    assert config["model_providers"][config["model_provider"]] == {
        "name": "OPENAI_BASE_URL",
        "base_url": 'http://127.0.0.1:9/v1?a="ü"',
        "env_key": "CODEX_API_KEY",
        "wire_api": "responses",
    }
    assert config["sandbox_mode"] == "workspace-write"
    assert "OPENAI_BASE_URL" not in agent(paths.project).environment(paths)


def test_a_subscription_is_lent_as_a_link_and_its_tokens_are_sent_to_no_other_address(
    paths: SessionPaths, user_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = sign_in(user_home / ".codex")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    codex, config = agent(paths.project), prepared(paths)
    link = paths.home / ".codex" / "auth.json"
    assert codex.signed_in_by() == "~/.codex/auth.json"
    assert link.is_symlink() and link.resolve() == file.resolve()
    assert "model_provider" not in config
    assert "CODEX_API_KEY" not in codex.environment(paths)
    assert set(codex.secrets()) == {"an-id-token-of-some-length", "rt-a-token-of-some-length"}


def renewed(file: Path, token: str) -> None:
    """Write the file anew as Codex does, at a later moment."""
    content = json.loads(file.read_text())
    content["tokens"]["refresh_token"] = token
    later = file.with_name(".auth-new")
    later.write_text(json.dumps(content))
    os.utime(later, ns=(0, file.stat().st_mtime_ns + 10**9))
    later.replace(file)


def test_in_a_sandbox_the_sign_in_is_lent_in_a_folder_in_which_it_can_be_renewed(
    paths: SessionPaths, user_home: Path
) -> None:
    file = sign_in(user_home / ".codex")
    (user_home / ".codex" / "history.jsonl").write_text("private")
    codex = agent(paths.project)
    codex.prepare(paths, spec("bubblewrap"))
    (folder,) = codex.writable(paths)
    link = paths.home / ".codex" / "auth.json"
    assert link.resolve() == folder / "auth.json"
    assert (folder / "auth.json").read_bytes() == file.read_bytes()
    assert not (folder / "history.jsonl").exists()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "auth.json").stat().st_mode) == 0o600

    renewed(folder / "auth.json", "a-token-of-the-session")
    codex.reclaim_credentials(paths)
    assert "a-token-of-the-session" in file.read_text()

    renewed(file, "a-token-of-the-user")
    codex.sign_in.lend(paths.home / "another", boxed=True)
    assert "a-token-of-the-user" in (folder / "auth.json").read_text()
    codex.reclaim_credentials(paths)
    assert "a-token-of-the-user" in file.read_text()


def test_what_does_not_look_like_the_sign_in_is_not_taken_back(paths: SessionPaths, user_home: Path) -> None:
    file = sign_in(user_home / ".codex")
    codex = agent(paths.project)
    codex.prepare(paths, spec("bubblewrap"))
    before = file.read_bytes()
    (codex.writable(paths)[0] / "auth.json").write_text('{"tokens": {}}')
    codex.reclaim_credentials(paths)
    assert file.read_bytes() == before


def test_a_subscription_goes_before_the_general_key_but_not_before_its_own(
    paths: SessionPaths, user_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(user_home / ".codex")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-general")
    assert agent(paths.project).signed_in_by() == "~/.codex/auth.json"
    assert "CODEX_API_KEY" not in agent(paths.project).environment(paths)
    monkeypatch.setenv("CODEX_API_KEY", "sk-own")
    assert agent(paths.project).signed_in_by() == "CODEX_API_KEY"
    prepared(paths)
    assert not (paths.home / ".codex" / "auth.json").exists()


def test_a_sign_in_is_found_where_codex_home_says(
    paths: SessionPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = sign_in(tmp_path / "elsewhere")
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "elsewhere"))
    assert agent(paths.project).signed_in_by() == str(file)
    prepared(paths)
    assert (paths.home / ".codex" / "auth.json").resolve() == file.resolve()


def program(folder: Path, script: str) -> str:
    """A program in place of Codex."""
    file = folder / "codex"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(file)


def test_without_a_sign_in_it_says_how_to_sign_in(tmp_path: Path) -> None:
    with pytest.raises(AgentError) as caught:
        agent(tmp_path, AgentSettings(program=program(tmp_path, "exit 0"))).check()
    assert "not signed in" in caught.value.what
    assert "codex login" in caught.value.remedy and "CODEX_API_KEY" in caught.value.remedy


BWRAP = "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1"


def test_where_its_sandbox_cannot_start_no_session_is_paid_for(paths: SessionPaths) -> None:
    settings = AgentSettings(program=program(paths.project, BWRAP))
    with pytest.raises(AgentError, match="bwrap: setting up uid map: Permission denied") as caught:
        agent(paths.project, settings).prepare(paths, spec())
    assert "--dangerously-bypass-approvals-and-sandbox" in caught.value.remedy


def test_where_it_is_told_to_use_none_its_sandbox_is_not_tried_out(paths: SessionPaths) -> None:
    words = ("--dangerously-bypass-approvals-and-sandbox",)
    prepared(paths, AgentSettings(program=program(paths.project, BWRAP), args=words))


def test_in_the_supervisor_s_sandbox_it_uses_none_of_its_own(paths: SessionPaths) -> None:
    config = prepared(paths, AgentSettings(program=program(paths.project, BWRAP)), level="bubblewrap")
    assert config["sandbox_mode"] == "danger-full-access"


@pytest.mark.parametrize("script", ["exit 0", "exit 1", "echo 'error: unrecognized subcommand' >&2; exit 2"])
def test_only_a_sandbox_that_says_why_it_cannot_start_is_broken(script: str, paths: SessionPaths) -> None:
    assert prepared(paths, AgentSettings(program=program(paths.project, script)))["sandbox_mode"] == "workspace-write"


def test_a_cost_is_told_only_where_the_price_is_given(tmp_path: Path) -> None:
    usage = Usage(input_tokens=240, output_tokens=100, cache_read_tokens=1600, cache_write_tokens=160)
    plain = agent(tmp_path)
    assert (plain.profile.tells_tokens, plain.profile.tells_cost) == (True, False)
    assert plain.priced(usage).cost_usd is None
    priced = agent(tmp_path, AgentSettings(price=Price(input=1, output=10, cache_read=0.1, cache_write=2)))
    assert priced.profile.tells_cost
    assert priced.priced(usage).cost_usd == pytest.approx((240 + 1000 + 160 + 320) / 1e6)
    assert priced.priced(Usage()).cost_usd is None


def test_long_thought_is_no_stall_unless_the_project_says_so(tmp_path: Path) -> None:
    assert agent(tmp_path).profile.stall_timeout_s == 900
    assert agent(tmp_path, AgentSettings(stall_timeout=5)).profile.stall_timeout_s == 5
    assert agent(tmp_path, stall_timeout=7).profile.stall_timeout_s is None


def test_the_record_is_found_in_the_home(paths: SessionPaths) -> None:
    folder = paths.home / ".codex" / "sessions" / "2026" / "11" / "21"
    codex = agent(paths.project)
    parser = codex.parser()
    codex.parse_files(paths.home, parser)
    assert parser.heard == AgentReport()
    folder.mkdir(parents=True)
    (folder / "rollout-2026-11-21T10-54-17-t.jsonl").write_text("\n".join([CONTEXT, PROMPT, FIRST]))
    (folder / "rollout-2026-11-21T10-54-18-link.jsonl").symlink_to("/dev/zero")
    codex.parse_files(paths.home, parser)
    assert parser.heard.model == "gpt-5.5"
    assert parser.heard.usage.tokens == 1050


# For people -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (SAID, "hello there"),
        (COMMAND, "$ echo out; exit 3"),
        (FAILED, "exit status 3: out"),
        (WROTE, "wrote out.json, changed notes.md"),
        (WROTE_NOT, "could not write out.json, could not write notes.md"),
        (WARNING, "warning: Model metadata for `gpt-nope` not found. Defaulting to fallback metadata; this can degrade"
                  " performance and cause issues."),
        (retried("Connection failed"), "Reconnecting... 1/5 (Connection failed)"),
        (error("Quota exceeded."), "Quota exceeded."),
        (REFUSED, REFUSED),
        (TOO_LONG, TOO_LONG),
        *((line, "") for line in (THREAD, TURN, WORKED, THOUGHT, COMPLETED, failed("Quota exceeded."))),
        *((line, "") for line in ('{"type":"item.completed","item":7}', '{"type":"item.updated","item":{}}', "{}")),
        ('{"type":"item.completed","item":{"type":"file_change","changes":[7,{"path":3}]}}', ""),
    ],
)  # fmt: skip
def test_people_see_what_it_says_runs_and_writes_and_what_goes_wrong(line: str, shown: str, tmp_path: Path) -> None:
    assert agent(tmp_path).display(line) == shown
