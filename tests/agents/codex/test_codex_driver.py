"""What sessions of Codex are given, by what it is signed in, and how it is called; without the program."""

from __future__ import annotations

import json
import os
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest

from supervisor.agents.agent_registry import make_agent
from supervisor.agents.codex.codex_driver import CodexDriver
from supervisor.errors import AgentError, UsageError
from supervisor.model.agent_report import AgentReport, Usage
from supervisor.model.isolation import Level
from supervisor.project.project import Project
from supervisor.project.project_settings import AgentSettings, Price, ProjectSettings
from supervisor.workspaces.session_paths import SessionPaths
from tests.agents.codex.codex_lines import CONTEXT, FIRST, PROMPT
from tests.agents.session_setup import make_driver, program, session_request


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


def agent(root: Path, settings: AgentSettings | None = None, **project: Any) -> CodexDriver:
    return make_driver(CodexDriver, root, settings, **project)


def prepared(paths: SessionPaths, settings: AgentSettings | None = None, level: Level = "workspace") -> dict[str, Any]:
    """The home's settings file, read."""
    agent(paths.project, settings).prepare(paths, session_request("codex", level=level))
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
    codex.prepare(paths, session_request("codex", level="bubblewrap"))
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
    codex.prepare(paths, session_request("codex", level="bubblewrap"))
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


def test_without_a_sign_in_it_says_how_to_sign_in(tmp_path: Path) -> None:
    with pytest.raises(AgentError) as caught:
        agent(tmp_path, AgentSettings(program=program(tmp_path, "codex"))).check()
    assert "not signed in" in caught.value.what
    assert "codex login" in caught.value.remedy and "CODEX_API_KEY" in caught.value.remedy


BWRAP = "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1"


def test_where_its_sandbox_cannot_start_no_session_is_paid_for(paths: SessionPaths) -> None:
    settings = AgentSettings(program=program(paths.project, "codex", BWRAP))
    with pytest.raises(AgentError, match="bwrap: setting up uid map: Permission denied") as caught:
        agent(paths.project, settings).prepare(paths, session_request("codex"))
    assert "--dangerously-bypass-approvals-and-sandbox" in caught.value.remedy


def test_where_it_is_told_to_use_none_its_sandbox_is_not_tried_out(paths: SessionPaths) -> None:
    words = ("--dangerously-bypass-approvals-and-sandbox",)
    prepared(paths, AgentSettings(program=program(paths.project, "codex", BWRAP), args=words))


def test_in_the_supervisor_s_sandbox_it_uses_none_of_its_own(paths: SessionPaths) -> None:
    config = prepared(paths, AgentSettings(program=program(paths.project, "codex", BWRAP)), level="bubblewrap")
    assert config["sandbox_mode"] == "danger-full-access"


@pytest.mark.parametrize("script", ["exit 0", "exit 1", "echo 'error: unrecognized subcommand' >&2; exit 2"])
def test_only_a_sandbox_that_says_why_it_cannot_start_is_broken(script: str, paths: SessionPaths) -> None:
    assert (
        prepared(paths, AgentSettings(program=program(paths.project, "codex", script)))["sandbox_mode"]
        == "workspace-write"
    )


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
