"""The folders of a session, for the tests of all drivers."""

from __future__ import annotations

from pathlib import Path

import pytest

from supervisor.workspaces.session_paths import SessionPaths


@pytest.fixture
def paths(tmp_path: Path) -> SessionPaths:
    """The folders of a session, made and empty."""
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
