"""What sessions of Claude Code are given, by what it is signed in, and how it is called; without the program."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from supervisor.agents.agent_registry import make_agent
from supervisor.agents.claude.claude_driver import ClaudeDriver
from supervisor.agents.claude.claude_terminal import TerminalParser
from supervisor.engine.preflight import check_agents
from supervisor.errors import AgentError, UsageError
from supervisor.model.agent_report import Usage
from supervisor.model.job import JobOptions
from supervisor.project.project import Project, find_project
from supervisor.project.project_settings import AgentSettings, AnsweredDialog, Price, ProjectSettings
from supervisor.workspaces.session_paths import SessionPaths
from tests.agents.session_setup import make_driver, program, session_request

# What sessions are given ----------------------------------------------------------------------------------------------

HELP = "--tools --setting-sources --strict-mcp-config --exclude-dynamic-system-prompt-sections"
KEY = "sk-ant-api03-dummy-key-0123456789abcdefghij"


@pytest.fixture(autouse=True)
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with nothing of Claude Code in it, and none of its variables."""
    home = tmp_path / "person"
    home.mkdir()
    for name in os.environ:
        if name.startswith(("ANTHROPIC", "CLAUDE")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    return home


def agent(folder: Path, options: str = HELP, **settings: Any) -> ClaudeDriver:
    script = f"echo '{options}'"
    return make_driver(ClaudeDriver, folder, AgentSettings(program=program(folder, "claude", script), **settings))


def sign_in(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    tokens = {"accessToken": "sk-ant-oat01-" + "x" * 30, "refreshToken": "sk-ant-ort01-" + "y" * 30, "expiresAt": 1}
    path = folder / ".credentials.json"
    path.write_text(json.dumps({"claudeAiOauth": tokens}))
    return path


def test_it_is_known_by_its_name(tmp_path: Path) -> None:
    project = Project(tmp_path, ProjectSettings(), tmp_path / "supervisor.toml")
    assert isinstance(make_agent(project, "claude").driver, ClaudeDriver)


def test_the_whole_prompt_is_read_from_its_file_where_nothing_is_shared(tmp_path: Path, paths: SessionPaths) -> None:
    claude = agent(tmp_path)
    claude.prepare(paths, session_request("claude", "SHARED own"))
    assert claude.stdin(paths) == paths.prompt_file
    words = claude.command(paths, "opus")
    assert "--append-system-prompt-file" not in words
    assert words[words.index("--model") + 1] == "opus"
    assert words[words.index("--setting-sources") + 1] == ""
    assert "SHARED" not in " ".join(words)


def test_what_is_shared_goes_before_the_prompt(tmp_path: Path, paths: SessionPaths) -> None:
    claude = agent(tmp_path)
    claude.prepare(paths, session_request("claude", "SHARED own", shared=7))
    words = claude.command(paths, None)
    assert Path(words[words.index("--append-system-prompt-file") + 1]).read_text() == "SHARED "
    assert "--exclude-dynamic-system-prompt-sections" in words
    stdin = claude.stdin(paths)
    assert stdin is not None
    assert stdin.read_text() == "own"
    assert "--model" not in words


def test_options_that_only_newer_ones_know_are_given_to_those(tmp_path: Path, paths: SessionPaths) -> None:
    assert "--restricted" not in agent(tmp_path).command(paths, None)
    newer = agent(tmp_path, f"{HELP} --restricted --permission-prompts <target>").command(paths, None)
    assert "--restricted" in newer
    assert newer[newer.index("--permission-prompts") + 1] == "none"


def test_one_that_cannot_be_confined_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    agent(tmp_path).check()
    with pytest.raises(AgentError, match="does not know --setting-sources, --strict-mcp-config"):
        agent(tmp_path, "--tools --exclude-dynamic-system-prompt-sections").check()


def test_the_user_s_own_arguments_come_last_and_choose_the_tools(tmp_path: Path, paths: SessionPaths) -> None:
    assert "Read,Write" in agent(tmp_path).command(paths, None)
    words = agent(tmp_path, args=("--tools", "Read,Write,Edit")).command(paths, None)
    assert words[-2:] == ["--tools", "Read,Write,Edit"]
    assert words.count("--tools") == 1


def test_a_session_sees_its_own_variables_and_no_others(
    tmp_path: Path, paths: SessionPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_MODEL", "opus")
    monkeypatch.setenv("CLAUDE_CODE_USE_BEDROCK", "1")
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", "/somewhere")
    found = agent(tmp_path).environment(paths)
    assert (found["ANTHROPIC_API_KEY"], found["ANTHROPIC_MODEL"]) == (KEY, "opus")
    assert "CLAUDE_CODE_USE_BEDROCK" not in found and "CLAUDE_CONFIG_DIR" not in found
    assert found["CLAUDE_CODE_DISABLE_ATTACHMENTS"] == "1"
    assert found["CLAUDE_CODE_TMPDIR"] == str(paths.home / "tmp")
    assert "TZ" not in found
    assert KEY in agent(tmp_path).secrets()
    passed = agent(tmp_path, pass_env=("CLAUDE_CODE_USE_BEDROCK",))
    assert passed.environment(paths)["CLAUDE_CODE_USE_BEDROCK"] == "1"


@pytest.mark.parametrize(
    ("address", "left_out"),
    [(None, False), ("https://api.anthropic.com", False), ("http://127.0.0.1:8080", True)],
)
def test_the_maker_s_own_line_is_left_out_for_other_servers(
    address: str | None, left_out: bool, tmp_path: Path, paths: SessionPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    if address is not None:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    found = agent(tmp_path).environment(paths)
    assert found.get("CLAUDE_CODE_ATTRIBUTION_HEADER") == ("0" if left_out else None)


def test_a_sign_in_is_used_where_it_is(tmp_path: Path, paths: SessionPaths, person: Path) -> None:
    claude = agent(tmp_path)
    with pytest.raises(AgentError, match="not signed in"):
        claude.check()
    file = sign_in(person / ".claude")
    claude.check()
    assert claude.signed_in_by() == "~/.claude/.credentials.json"
    assert claude.environment(paths)["CLAUDE_SECURESTORAGE_CONFIG_DIR"] == str(file.parent)
    claude.prepare(paths, session_request("claude", "SHARED own"))
    claude.reclaim_credentials(paths)
    assert not (paths.home / ".claude").exists()
    assert len([secret for secret in claude.secrets() if secret.startswith("sk-ant-o")]) == 2


def test_in_a_sandbox_a_copy_of_the_sign_in_is_used_and_nothing_else_of_its_folder_is_seen(
    tmp_path: Path, paths: SessionPaths, person: Path
) -> None:
    """The folder also holds settings, which may name commands that the user's own Claude Code runs."""
    file = sign_in(person / ".claude")
    (file.parent / "settings.json").write_text("{}")
    claude = agent(tmp_path)
    claude.prepare(paths, session_request("claude", level="bubblewrap"))
    (seen,) = claude.writable(paths)
    assert [path.name for path in seen.iterdir() if not path.name.endswith(".lock")] == [file.name]
    assert claude.environment(paths)["CLAUDE_SECURESTORAGE_CONFIG_DIR"] == str(seen)
    renewed = json.loads(file.read_text())
    renewed["claudeAiOauth"]["expiresAt"] = 2
    (seen / "new").write_text(json.dumps(renewed))
    os.utime(seen / "new", (time.time() + 5, time.time() + 5))
    (seen / "new").rename(seen / file.name)
    claude.reclaim_credentials(paths)
    assert json.loads(file.read_text()) == renewed


def test_a_sign_in_whose_renewal_was_refused_is_not_taken_back(
    tmp_path: Path, paths: SessionPaths, person: Path
) -> None:
    file = sign_in(person / ".claude")
    claude = agent(tmp_path)
    boxed = session_request("claude", level="bubblewrap")
    claude.prepare(paths, boxed)
    lent = (paths.home / ".claude" / ".credentials.json").resolve()
    assert lent != file and lent.read_bytes() == file.read_bytes()
    assert claude.environment(paths)["CLAUDE_SECURESTORAGE_CONFIG_DIR"] == str(lent.parent)
    before = file.read_bytes()
    emptied = {"accessToken": "", "refreshToken": "", "expiresAt": 0}
    lent.write_text(json.dumps({"claudeAiOauth": emptied}))
    os.utime(lent, ns=(0, file.stat().st_mtime_ns + 10**9))
    claude.reclaim_credentials(paths)
    assert file.read_bytes() == before
    claude.sign_in.lend(paths.home / "another", boxed=True)
    assert lent.read_bytes() == before


def test_a_sign_in_of_another_folder_is_used_there(
    tmp_path: Path, paths: SessionPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "work"))
    sign_in(tmp_path / "work")
    claude = agent(tmp_path)
    assert claude.signed_in_by() == str(tmp_path / "work" / ".credentials.json")
    assert claude.environment(paths)["CLAUDE_SECURESTORAGE_CONFIG_DIR"] == str(tmp_path / "work")


@pytest.mark.parametrize("name", ClaudeDriver.key_variables)
def test_a_key_goes_before_a_sign_in(
    name: str, tmp_path: Path, paths: SessionPaths, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(person / ".claude")
    monkeypatch.setenv(name, KEY)
    claude = agent(tmp_path)
    assert claude.signed_in_by() == name
    assert "CLAUDE_SECURESTORAGE_CONFIG_DIR" not in claude.environment(paths)
    assert claude.writable(paths) == []


def test_its_cost_is_its_own_word(tmp_path: Path) -> None:
    price = Price(input=1, output=1)
    usage = Usage(cost_usd=0.5, input_tokens=1, output_tokens=1)
    assert agent(tmp_path, price=price).priced(usage).cost_usd == 0.5
    cut_off = Usage(input_tokens=1_000_000, output_tokens=1_000_000)
    assert agent(tmp_path, price=price).priced(cut_off).cost_usd == 2.0


# Interactive ----------------------------------------------------------------------------------------------------------


def test_one_that_is_typed_into_is_set_up_before_it_asks(
    tmp_path: Path, paths: SessionPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    dialogs = (AnsweredDialog(shows="Really", answer="y"),)
    claude = agent(tmp_path, f"{HELP} --restricted --permission-prompts", mode="interactive", dialogs=dialogs)
    request = session_request("claude", "SHARED own", shared=7)
    claude.prepare(paths, request)
    state = json.loads((paths.home / ".claude.json").read_text())
    assert state["projects"] == {str(paths.workspace.resolve()): {"hasTrustDialogAccepted": True}}
    assert state["customApiKeyResponses"]["approved"] == [KEY[-20:]]
    assert claude.stdin(paths) is None
    assert claude.prompt_to_paste(request) == "own"
    words = claude.command(paths, None)
    assert "-p" not in words and "--permission-prompts" not in words and "--disable-slash-commands" not in words
    assert "--restricted" in words and "--append-system-prompt-file" in words
    assert claude.environment(paths)["TZ"] == "UTC"
    assert isinstance(claude.parser(), TerminalParser)
    assert claude.typing is not None
    assert claude.typing.dialogs[0].shows == "Really"
    assert len(claude.typing.dialogs) > 1


@pytest.mark.parametrize(("version", "told"), [("2.1.245", False), ("2.1.246", True), ("3.0", True), ("", True)])
def test_one_that_is_typed_into_tells_its_cost_from_a_version_on(version: str, told: bool, tmp_path: Path) -> None:
    says = f"{version} (Claude Code)" if version else "unknown"
    assert agent(tmp_path, says, mode="interactive").tells_money() == told
    assert agent(tmp_path, says).tells_money()
    assert agent(tmp_path, says, mode="interactive", price=Price(input=1, output=1)).tells_money()


def test_for_a_limit_of_cost_one_that_will_not_tell_it_is_refused(tmp_path: Path) -> None:
    known = "[agents.claude]\nmode = 'interactive'\nprogram = './claude'\n"
    (tmp_path / "supervisor.toml").write_text(known)
    program(tmp_path, "claude", "case $1 in --version) echo 2.1.197;; *) echo '" + HELP + "';; esac")
    project = find_project(tmp_path)
    with pytest.raises(UsageError, match="does not tell what its sessions cost"):
        check_agents(project, JobOptions(agent="claude", max_cost=1.0))
