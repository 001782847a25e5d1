"""opencode without the program: what its lines mean, what a session of it is given, and how it is called."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supervisor.agents.opencode.opencode_driver import OpencodeDriver
from supervisor.agents.opencode.opencode_parser import OpencodeParser
from supervisor.errors import AgentError
from supervisor.model.agent_report import AgentReport, Usage
from supervisor.model.session import SessionRequest
from supervisor.project.project import Project
from supervisor.project.project_settings import AgentSettings, ProjectSettings
from supervisor.workspaces.session_paths import SessionPaths

SESSION = "ses_e0239cd6effed0RIQEUWLP3HtL"
NOW = 1795258119.0

MODEL = (
    '{"timestamp":1795258118000,"type":"model","sessionID":"ses_1","provider":"anthropic","model":"claude-sonnet-4-5"}'
)
TEXT = (
    '{"type":"text","timestamp":1795258989248,"sessionID":"ses_e0239cd6effed0RIQEUWLP3HtL","part":{"id":"prt_1",'
    '"messageID":"msg_1","type":"text","text":"Done.","time":{"start":1795258989205,"end":1795258989212}}}'
)
WRITE = (
    '{"type":"tool_use","timestamp":1795258989099,"sessionID":"ses_e0239cd6effed0RIQEUWLP3HtL","part":{"type":"tool",'
    '"tool":"write","callID":"call_1_0","state":{"status":"completed","input":{"filePath":"out.json","content":"{}"},'
    '"output":"Wrote file successfully.","title":"tmp/out.json","time":{"start":1,"end":2}},"id":"prt_2"}}'
)
PATCH = (
    '{"type":"tool_use","timestamp":1,"sessionID":"ses_1","part":{"type":"tool","tool":"apply_patch","state":{"status":'
    '"completed","input":{"patchText":"*** Begin Patch\\n*** Add File: out.json\\n+{}\\n*** End Patch\\n"}}}}'
)
DENIED = (
    '{"type":"tool_use","timestamp":1795259181660,"sessionID":"ses_1","part":{"type":"tool","tool":"write","state":{'
    '"status":"error","input":{"filePath":"../../top.txt","content":"x"},"error":"The user has specified a rule which'
    ' prevents you from using this specific tool call."}}}'
)
TOOL_STEP = (
    '{"type":"step_finish","timestamp":1795258072115,"sessionID":"ses_e0239cd6effed0RIQEUWLP3HtL","part":{"id":"prt_3",'
    '"reason":"tool-calls","messageID":"msg_1","type":"step-finish","tokens":{"total":1120,"input":400,"output":50,'
    '"reasoning":0,"cache":{"write":70,"read":600}},"cost":0.0023925}}'
)
LAST_STEP = (
    '{"type":"step_finish","timestamp":1795258989248,"sessionID":"ses_e0239cd6effed0RIQEUWLP3HtL","part":{"id":"prt_4",'
    '"reason":"stop","messageID":"msg_2","type":"step-finish","tokens":{"total":1050,"input":400,"output":30,'
    '"reasoning":20,"cache":{"write":0,"read":600}},"cost":0}}'
)
STREAM_ERROR = (
    'timestamp=2026-11-21T10:46:18.922Z level=ERROR run=3577c8dc message="stream error" providerID=local modelID=m'
    ' session.id=ses_1 small=false agent=build error.error="AI_APICallError: Incorrect API key provided: dummy."'
)


def not_found(model: str, near: str) -> str:
    error = f"ProviderModelNotFoundError: Model not found: {model}. Did you mean: {near}?"
    start = "timestamp=2026-11-21T11:03:14.365Z level=ERROR run=fccd61f8 message=failed ref=err_aed6c1a4"
    return f'{start} error="{error}" cause="{error}\\n    at <anonymous> (/$bunfs/chunk.js:439:94416)"'


def retry(message: str, after_s: float = 2.0, **more: Any) -> str:
    status = {"type": "retry", "attempt": 1, "message": message, "next": int((NOW + after_s) * 1000), **more}
    return json.dumps({"timestamp": int(NOW * 1000), "type": "retry", "sessionID": SESSION, "status": status})


def error(name: str, message: str, **data: Any) -> str:
    inner = {"name": name, "data": {"message": message, **data}}
    return json.dumps({"type": "error", "timestamp": int(NOW * 1000), "sessionID": SESSION, "error": inner})


def refused(status: int, message: str, body: Any = None, **headers: str) -> str:
    told = {
        "date": "Sat, 21 Nov 2026 10:48:37 GMT",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    text = json.dumps({"error": body or {"message": message}})
    return error("APIError", message, statusCode=status, responseHeaders=told, responseBody=text)


def hear(*lines: str) -> AgentReport:
    parser = OpencodeParser()
    for line in lines:
        parser.feed_line(line)
    return parser.heard


def test_what_a_session_cost_is_the_sum_of_its_steps() -> None:
    heard = hear(MODEL, TOOL_STEP, TEXT, LAST_STEP)
    assert heard.usage == Usage(
        cost_usd=0.0023925, input_tokens=800, output_tokens=100, cache_read_tokens=1200, cache_write_tokens=70
    )
    assert heard.model == "claude-sonnet-4-5"
    assert heard.provider_session_id == "ses_1"
    assert heard.trouble is None


def test_a_cost_of_nothing_is_unknown() -> None:
    assert hear(MODEL, LAST_STEP).usage.cost_usd is None


def test_it_is_through_after_a_step_without_tool_calls() -> None:
    assert not hear(MODEL, TOOL_STEP, TEXT).ended
    assert hear(MODEL, TOOL_STEP, LAST_STEP).ended


def test_without_the_plugin_nothing_of_it_is_trusted() -> None:
    trouble = hear(TEXT, TOOL_STEP).trouble
    assert trouble is not None and trouble.kind == "set_up_wrongly" and trouble.is_final
    assert "plugin" in trouble.message


RATE = "Rate limit reached for gpt-x on requests per min. Please try again in 20s."
QUOTA = "You exceeded your current quota, please check your plan and billing details."
CREDIT = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."
GO = "Monthly usage limit reached. It will reset in 5 days 18 hours."
CHATGPT = "The usage limit has been reached"
TROUBLES = {
    "a limit of requests": (retry("Too Many Requests"), "rate_limit", None, False),
    "one that tells its end in words": (retry(RATE), "rate_limit", NOW + 20, False),
    "one that tells hours in words": (retry("Rate limit. Try again in 1h30m0s"), "rate_limit", NOW + 5400, True),
    "one that tells days in words": (
        retry("Rate limit. Resets in 2 days, 3 hours."),
        "rate_limit",
        NOW + 183_600,
        True,
    ),
    "one that tells less than a second": (retry("Rate limit. Try again in 120ms."), "rate_limit", NOW + 0.12, False),
    "an overload for an hour": (retry("Overloaded", after_s=3600), "rate_limit", NOW + 3600, True),
    "one that it would sleep over": (retry("Too Many Requests", after_s=18000), "rate_limit", NOW + 18000, True),
    "one for a minute that says quota": (retry(f"{QUOTA} Please retry in 34.5s."), "rate_limit", NOW + 34.5, False),
    "a quota": (retry(QUOTA), "usage_limit", None, True),
    "a plan's quota": (
        retry(GO, after_s=500_000, action={"reason": "account_rate_limit"}),
        "usage_limit",
        NOW + 500_000,
        True,
    ),
    "a subscription's, at first": (retry(CHATGPT), "usage_limit", None, False),
    "a subscription's, at last": (
        refused(429, CHATGPT, {"type": "usage_limit_reached", "resets_at": int(NOW) + 999, "resets_in_seconds": 1}),
        "usage_limit",
        NOW + 999,
        True,
    ),
    "an overload, at first": (retry("Overloaded", after_s=4), "overload", None, False),
    "what is not known, at first": (retry("Provider returned error"), "overload", None, False),
    "a limit after six attempts": (refused(429, RATE), "rate_limit", NOW + 20, True),
    "one with a header in seconds": (refused(429, "no", retry_after="77"), "rate_limit", NOW + 77, True),
    "one with a header in milliseconds": (refused(429, "no", retry_after_ms="1500"), "rate_limit", NOW + 1.5, True),
    "one with a date": (
        refused(429, "no", retry_after="Sat, 21 Nov 2026 10:50:39 GMT"),
        "rate_limit",
        1795258239.0,
        True,
    ),
    "no money": (refused(400, CREDIT), "usage_limit", None, True),
    "no money, openrouter": (refused(402, "Insufficient credits"), "usage_limit", None, True),
    "no money, openai": (refused(429, QUOTA, {"code": "insufficient_quota"}), "usage_limit", None, True),
    "an overload after six attempts": (refused(529, "Overloaded", retry_after="9"), "overload", None, True),
    "no connection": (
        error("APIError", "Cannot connect to API: Unable to connect.", isRetryable=True),
        "overload",
        None,
        True,
    ),
    "no answer": (
        error("APIError", "Provider response headers timed out after 300000ms", isRetryable=True),
        "overload",
        None,
        True,
    ),
    "a limit inside of a stream": (
        error("UnknownError", '{"message":"Rate limit exceeded","code":429}'),
        "rate_limit",
        None,
        True,
    ),
    "an overload inside of a stream": (
        error("UnknownError", '{"message":"Provider returned error","code":502}'),
        "overload",
        None,
        True,
    ),
    "a key that is refused": (refused(401, "invalid x-api-key"), "not_signed_in", None, True),
    "a key that google refuses": (refused(400, "API key not valid."), "not_signed_in", None, True),
    "a key without rights": (refused(403, "Your account does not have access"), "not_signed_in", None, True),
    "a sign-in that ran out": (error("UnknownError", "Token refresh failed: 401"), "not_signed_in", None, True),
    "no key": (
        error("ProviderAuthError", "Anthropic API key is missing.", providerID="anthropic"),
        "not_signed_in",
        None,
        True,
    ),
    "a model of a provider without a key": (
        not_found("anthropic/claude-sonnet-4-5", "claude-sonnet-4-5, claude-sonnet-4-5-20250929"),
        "not_signed_in",
        None,
        True,
    ),
    "a model that is not": (not_found("anthropic/claude-nope", "claude-fable-5"), "wrong_model", None, True),
    "a provider that is not": (not_found("nope/m", "standardcompute"), "wrong_model", None, True),
    "a model that is not there": (refused(404, "The model `m` does not exist"), "wrong_model", None, True),
    "settings that are wrong": (
        "Error: Configuration is invalid at OPENCODE_CONFIG_CONTENT",
        "set_up_wrongly",
        None,
        True,
    ),
    "half of an installation": (
        "Error: opencode-ai's postinstall script was not run.",
        "set_up_wrongly",
        None,
        True,
    ),
    "an argument that is not": ("opencode run [message..]", "set_up_wrongly", None, True),
}


@pytest.mark.parametrize(("line", "kind", "until", "final"), TROUBLES.values(), ids=TROUBLES)
def test_what_keeps_it_from_working(line: str, kind: str, until: float | None, final: bool) -> None:
    trouble = hear(MODEL, line).trouble
    assert trouble is not None
    assert (trouble.kind, trouble.until, trouble.is_final) == (kind, until, final)
    assert trouble.message
    assert bool(trouble.remedy) is (kind not in ("rate_limit", "overload"))


NO_TROUBLES = {
    "a prompt that is too long": error("ContextOverflowError", "This model's maximum context length is 128000 tokens."),
    "an answer that is too long": error("MessageOutputLengthError", ""),
    "a request that is wrong": refused(400, "messages: text content blocks must be non-empty"),
    "a prompt that is not allowed": refused(403, "Your input was flagged by moderation"),
    "what nobody knows": error("UnknownError", "Expected 512 words"),
    "an error of its own": error("UnknownError", "Unexpected server error. Check server logs.", ref="err_aed6c1a4"),
}


@pytest.mark.parametrize("line", NO_TROUBLES.values(), ids=NO_TROUBLES)
def test_what_is_the_tasks_fault_is_no_trouble(line: str) -> None:
    assert hear(MODEL, line).trouble is None


@pytest.mark.parametrize("line", [TEXT, WRITE, DENIED, TOOL_STEP])
def test_progress_clears_trouble(line: str) -> None:
    assert hear(MODEL, retry("Overloaded")).trouble is not None
    assert hear(MODEL, retry("Overloaded"), line).trouble is None


def test_what_only_a_person_can_mend_stays() -> None:
    missing = not_found("anthropic/claude-nope", "claude-fable-5")
    trouble = hear(missing, error("UnknownError", "Unexpected server error.", ref="err_1"), retry("Overloaded")).trouble
    assert trouble is not None and trouble.kind == "wrong_model"


# How it is used ---------------------------------------------------------------------------------------------------

Making = Callable[..., OpencodeDriver]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's home, and no variable but HOME and PATH."""
    folder = tmp_path / "user"
    folder.mkdir()
    for name in [name for name in os.environ if name != "PATH"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder))
    return folder


@pytest.fixture
def paths(tmp_path: Path) -> SessionPaths:
    session = tmp_path / "session"
    for name in ("home", "workspace"):
        (session / name).mkdir(parents=True)
    workspace = session / "workspace"
    files = {name: workspace / f"{name}.txt" for name in ("prompt_file", "input_file", "output_file")}
    return SessionPaths(project=tmp_path, workspace=workspace, home=session / "home", **files)


@pytest.fixture
def agent(home: Path, tmp_path: Path) -> Making:
    program = tmp_path / "opencode"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    def make(**settings: Any) -> OpencodeDriver:
        project = Project(tmp_path, ProjectSettings(), tmp_path / "supervisor.toml")
        return OpencodeDriver(project, "opencode", AgentSettings(program=str(program), **settings))

    return make


def spec(prompt: str = "shared\n\nown", shared: int = 8) -> SessionRequest:
    return SessionRequest(
        name="s1",
        agent="opencode",
        prompt=prompt,
        shared=shared,
        input_json="{}",
        output_name="out.json",
        attempt=1,
        timeout_s=1,
    )


def config(agent: OpencodeDriver, paths: SessionPaths) -> Any:
    return json.loads(agent.environment(paths)["OPENCODE_CONFIG_CONTENT"])


def user_file(home: Path, name: str, content: Any) -> Path:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


SHOWN = {
    TEXT: "Done.",
    WRITE: "write out.json",
    PATCH: "apply_patch out.json",
    DENIED: "write ../../top.txt: The user has specified a rule which prevents you from using this specific tool call.",
    TOOL_STEP: "",
    MODEL: "",
    STREAM_ERROR: "",
    retry(RATE): f"{RATE}; it waits and tries again",
    refused(401, "invalid x-api-key"): "error: invalid x-api-key",
    error("UnknownError", "Unexpected server error. Check server logs.", ref="err_aed6c1a4"): "",
    not_found("nope/m", "x"): "ProviderModelNotFoundError: Model not found: nope/m. Did you mean: x?",
    "Error: You must provide a message": "Error: You must provide a message",
    '{"no": "line of its own"}': '{"no": "line of its own"}',
}


@pytest.mark.parametrize("line", SHOWN)
def test_people_are_shown_what_it_says_and_does(line: str, agent: Making) -> None:
    assert agent().display(line) == SHOWN[line]


def test_the_home_has_what_it_needs_and_nothing_is_installed_into_it(agent: Making, paths: SessionPaths) -> None:
    agent().prepare(paths, spec())
    folder = paths.home / ".config" / "opencode"
    assert (folder / "shared.md").read_text() == "shared\n\n"
    assert agent().stdin(paths).read_text() == "own"
    assert "session.status" in (folder / "plugin" / "supervised.js").read_text()
    assert (folder / "node_modules").is_dir()
    assert "@opencode-ai/plugin" in (folder / "package-lock.json").read_text()
    assert Path(agent().environment(paths)["TMPDIR"]).is_dir()
    agent().reclaim_credentials(paths)
    assert not Path(agent().environment(paths)["TMPDIR"]).exists()


@pytest.mark.parametrize("shared", [0, 3])
def test_a_prompt_is_never_empty(shared: int, agent: Making, paths: SessionPaths) -> None:
    agent().prepare(paths, spec("all", shared))
    assert agent().stdin(paths).read_text() == "all"
    assert (paths.home / ".config" / "opencode" / "shared.md").read_text() == ""


def test_it_may_use_files_of_its_workspace_and_nothing_else(agent: Making, paths: SessionPaths) -> None:
    own = {"*": "deny", f"{str(paths.workspace)[1:]}/*": "allow"}
    assert config(agent(), paths)["permission"] == {"*": "deny", "read": own, "edit": own}


def test_the_sign_in_is_lent_also_beside_a_key(
    home: Path, agent: Making, paths: SessionPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = user_file(
        home, ".local/share/opencode/auth.json", {"openai": {"type": "api", "key": "dummy-0123456789abcdef"}}
    )
    monkeypatch.setenv("ANTHROPIC_API_KEY", "dummy-key")
    agent().prepare(paths, spec())
    assert (paths.home / ".local/share/opencode/auth.json").resolve() == kept.resolve()
    assert kept in agent().writable(paths) or kept.parent in agent().writable(paths)
    assert {"dummy-key", "dummy-0123456789abcdef"} <= set(agent().secrets())


def test_only_its_own_variables_are_passed_on(
    agent: Making, paths: SessionPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENROUTER_API_KEY", "SOMETHING_ELSE", "MINE"):
        monkeypatch.setenv(name, "x")
    passed = set(agent(pass_env=("MINE",)).environment(paths))
    assert {"OPENROUTER_API_KEY", "MINE"} <= passed
    assert "SOMETHING_ELSE" not in passed
    assert {name for name in passed if name not in ("OPENROUTER_API_KEY", "MINE", "TMPDIR", "GIT_DIR")} == {
        name for name in passed if name.startswith("OPENCODE_")
    }


@pytest.mark.parametrize(
    ("name", "given", "passed"),
    [
        ("ANTHROPIC_BASE_URL", "http://127.0.0.1:1", "http://127.0.0.1:1/v1"),
        ("ANTHROPIC_BASE_URL", "https://gate.example/anthropic/", "https://gate.example/anthropic/v1"),
        ("ANTHROPIC_BASE_URL", "https://gate.example/v1", "https://gate.example/v1"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:1/", "http://127.0.0.1:1/v1"),
        ("OPENAI_BASE_URL", "https://gate.example/openai", "https://gate.example/openai"),
    ],
)
def test_a_base_url_names_the_version(
    name: str, given: str, passed: str, agent: Making, paths: SessionPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, given)
    assert agent().environment(paths)[name] == passed


def test_it_says_by_what_it_is_signed_in(home: Path, agent: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    assert agent().signed_in_by() is None
    with pytest.raises(AgentError, match="not signed in"):
        agent().check()
    user_file(home, ".config/opencode/opencode.json", {"provider": {"own": {"npm": "@ai-sdk/openai-compatible"}}})
    assert agent().signed_in_by() == "~/.config/opencode/opencode.json"
    user_file(home, ".local/share/opencode/auth.json", {"openai": {"type": "oauth"}})
    assert agent().signed_in_by() == "~/.local/share/opencode/auth.json"
    monkeypatch.setenv("XAI_API_KEY", "x")
    assert agent().signed_in_by() == "XAI_API_KEY"
    agent().check()


def test_a_model_has_to_be_named(home: Path, agent: Making, paths: SessionPaths) -> None:
    def model(given: str | None = None, **settings: Any) -> str:
        words = agent(**settings).command(paths, given)
        return words[words.index("--model") + 1]

    with pytest.raises(AgentError, match="no model is named"):
        model()
    with pytest.raises(AgentError, match="names no provider"):
        model("opus")
    user_file(home, ".config/opencode/opencode.json", {"model": "theirs/m"})
    assert model() == "theirs/m"
    assert model(model="projects/m") == "projects/m"
    assert model("asked/for/m", model="projects/m") == "asked/for/m"


def test_the_free_models_of_its_makers_are_off_unless_somebody_signed_in_there(
    home: Path, agent: Making, paths: SessionPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    assert config(agent(), paths)["disabled_providers"] == ["opencode"]
    user_file(home, ".local/share/opencode/auth.json", {"opencode": {"type": "api", "key": "k"}})
    assert config(agent(), paths)["disabled_providers"] == []


def test_of_the_users_settings_the_providers_are_taken(
    home: Path, agent: Making, paths: SessionPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE_KEY", "key-of-the-gate")
    user_file(home, ".config/opencode/own.key", "key-in-a-file\n")
    user_file(
        home, ".config/opencode/opencode.json", {"provider": {"own": {"options": {"timeout": 5}}}, "model": "own/a"}
    )
    text = """{
      // The servers here, all "of them".
      "permission": "allow", "plugin": ["opencode-anything"], /* and more */ "mcp": {"x": {"type": "local"}},
      "provider": {
        "own": {"options": {"baseURL": "http://host//v1", "apiKey": "{file:own.key}",}, "models": {"m": {}}}, // last
        "gate": {"options": {"apiKey": "{env:GATE_KEY}", "headers": {"X-Auth": "key-in-a-header"}}},
      },
    }"""
    user_file(home, ".config/opencode/opencode.jsonc", text)
    given = config(agent(), paths)
    assert given["provider"]["own"] == {
        "options": {"timeout": 5, "baseURL": "http://host//v1", "apiKey": "key-in-a-file"},
        "models": {"m": {}},
    }
    assert given["provider"]["gate"]["options"]["apiKey"] == "key-of-the-gate"
    assert given["permission"]["*"] == "deny" and not {"plugin", "mcp"} & set(given)
    assert {"key-in-a-file", "key-of-the-gate", "key-in-a-header"} <= set(agent().secrets())


def test_settings_that_cannot_be_read_are_named(home: Path, agent: Making) -> None:
    path = user_file(home, ".config/opencode/opencode.json", '{"provider": ')
    with pytest.raises(AgentError, match=str(path)):
        agent().check()
    user_file(home, ".config/opencode/opencode.json", {"provider": {"own": {"options": {"apiKey": "{file:~/no.key}"}}}})
    with pytest.raises(AgentError, match=r"no\.key"):
        agent().check()


def test_settings_that_no_variable_holds_are_refused(home: Path, agent: Making, paths: SessionPaths) -> None:
    models = {f"a-model-with-a-long-name-{n}": {"name": f"The model of number {n}"} for n in range(3000)}
    user_file(home, ".config/opencode/opencode.json", {"provider": {"gate": {"models": models}}})
    with pytest.raises(AgentError, match="too long"):
        agent().environment(paths)


def test_it_may_be_silent_while_a_long_file_comes_in(agent: Making) -> None:
    assert agent().profile.stall_timeout_s == 900
    assert agent(stall_timeout=60).profile.stall_timeout_s == 60
