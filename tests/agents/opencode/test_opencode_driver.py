"""What sessions of opencode are given, by what it is signed in, and how it is called; without the program."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supervisor.agents.opencode.opencode_driver import OpencodeDriver
from supervisor.errors import AgentError
from supervisor.project.project_settings import AgentSettings
from supervisor.workspaces.session_paths import SessionPaths
from tests.agents.session_setup import make_driver, program, session_request

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
def agent(home: Path, tmp_path: Path) -> Making:
    path = program(tmp_path, "opencode")
    return lambda **settings: make_driver(OpencodeDriver, tmp_path, AgentSettings(program=path, **settings))


def config(agent: OpencodeDriver, paths: SessionPaths) -> Any:
    return json.loads(agent.environment(paths)["OPENCODE_CONFIG_CONTENT"])


def user_file(home: Path, name: str, content: Any) -> Path:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_the_home_has_what_it_needs_and_nothing_is_installed_into_it(agent: Making, paths: SessionPaths) -> None:
    agent().prepare(paths, session_request("opencode", "shared\n\nown", shared=8))
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
    agent().prepare(paths, session_request("opencode", "all", shared=shared))
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
    agent().prepare(paths, session_request("opencode", "shared\n\nown", shared=8))
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
