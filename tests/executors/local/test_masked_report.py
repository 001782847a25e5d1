"""What an agent wrote down of itself in its home holds no secret by the time that anybody else has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest

from supervisor.agents.claude.claude_driver import ClaudeDriver
from supervisor.executors.local.masked_report import masked_report
from supervisor.executors.local.session_monitor import SessionMonitor
from supervisor.executors.local.session_outcome import session_outcome
from supervisor.executors.local.session_recovery import result_of_session
from supervisor.executors.local.terminal.redaction import Redactor
from supervisor.model.agent_report import LONGEST_MESSAGE, AgentFailure, AgentReport
from supervisor.model.session import OutputRejection
from supervisor.project.project import Project
from supervisor.project.project_settings import AgentSettings, ProjectSettings
from supervisor.workspaces.empty_folder import EmptyFolderProvider
from supervisor.workspaces.workspace_provider import Workspace
from tests.agents.session_setup import make_driver, session_request

KEY = "plain words that are a key"


class _Ended:
    """What is asked of the monitor of a session that ended without having printed anything."""

    def __init__(self, agent: ClaudeDriver, home: Path) -> None:
        self.agent, self.home, self.parser = agent, home, agent.parser()
        self.mask = Redactor(agent.secrets())
        self.transcript, self.typist = self, None

    @property
    def heard(self) -> AgentReport:
        return self.parser.heard

    def tail(self) -> str:
        return ""


@pytest.fixture
def claude(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClaudeDriver:
    """One that is typed into, with a key."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    return make_driver(ClaudeDriver, tmp_path, AgentSettings(mode="interactive"))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A session's, in whose home it was recorded what it said last: its key."""
    made = EmptyFolderProvider(tmp_path / "sessions").create(session_request("claude"))
    folder = made.home / ".claude" / "projects" / "-s"
    folder.mkdir(parents=True)
    message = {"id": "m", "content": [{"type": "text", "text": f"It is {KEY}."}], "usage": {"output_tokens": 5}}
    (folder / "1.jsonl").write_text(json.dumps({"type": "assistant", "message": message}) + "\n")
    return made


def test_nothing_of_it_is_in_what_a_session_comes_to(claude: ClaudeDriver, workspace: Workspace) -> None:
    nothing = OutputRejection(kind="no_output", message="nothing")
    result = session_outcome(cast("SessionMonitor", _Ended(claude, workspace.home)), "exited", 0, 1.0, nothing)
    assert result.heard.last_message == "It is [secret]."
    assert result.refusal is not None and result.refusal.message == "nothing; it said last: It is [secret]."


def test_nothing_of_it_is_in_what_comes_of_one_that_nobody_waited_for(
    claude: ClaudeDriver, workspace: Workspace, tmp_path: Path
) -> None:
    project = Project(tmp_path, ProjectSettings(), tmp_path / "supervisor.toml")
    assert result_of_session(project, workspace, None, claude, None).heard.last_message == "It is [secret]."


def test_every_text_is_masked_and_the_beginning_of_one_that_was_cut() -> None:
    cut = (KEY[8:] + " and more").ljust(LONGEST_MESSAGE)
    trouble = AgentFailure(kind="overload", message=f"no {KEY}")
    heard = AgentReport(model=KEY, provider_session_id=KEY, last_message=cut, trouble=trouble)
    assert KEY[8:] not in repr(masked_report(heard, Redactor([KEY])))
