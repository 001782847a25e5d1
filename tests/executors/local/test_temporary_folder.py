"""The short names of temporary folders: where they lead, whose they are, and when they go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from supervisor.executors.local import temporary_folder
from supervisor.executors.local.temporary_folder import let_go_of_temporary, make_temporary, sweep_temporary
from supervisor.workspaces.workspace_provider import Workspace

NAME = "job1-phase1-batch1-session1"
FAST_BYTES = 60
"""A shorter link is kept by ext4 in its inode."""


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "links"
    monkeypatch.setattr(temporary_folder, "_links", lambda: str(folder))
    return folder


def sessions_of(root: Path, name: str = NAME) -> Path:
    """The folder of a project's sessions, one of which has its home."""
    sessions = root / ("a" * 60) / "sessions"
    (sessions / name / "home").mkdir(parents=True)
    return sessions


def made(sessions: Path, mark: str, name: str = NAME) -> Path:
    return make_temporary(Workspace(sessions, name).paths(sessions, "out.json"), mark, "workspace")


def test_a_short_name_leads_to_the_session_s_own_folder_and_goes_with_it(tmp_path: Path, links: Path) -> None:
    sessions = sessions_of(tmp_path)
    short = made(sessions, "key/one")
    assert short.parent == links
    assert short.resolve() == (sessions / NAME / "home/tmp").resolve()
    assert len(os.readlink(short)) < FAST_BYTES
    let_go_of_temporary("key/one")
    assert not short.is_symlink()


@pytest.mark.parametrize("mode", [0o777, 0o750])
def test_where_others_may_write_or_look_no_name_is_made(tmp_path: Path, links: Path, mode: int) -> None:
    links.mkdir()
    links.chmod(mode)
    sessions = sessions_of(tmp_path)
    assert made(sessions, "key/one") == sessions / NAME / "home/tmp"
    assert not list(links.iterdir())


def test_a_name_that_leads_elsewhere_is_made_anew(tmp_path: Path, links: Path) -> None:
    sessions = sessions_of(tmp_path)
    short = made(sessions, "key/one")
    for link in list(links.iterdir()):
        link.unlink()
        link.symlink_to(tmp_path)
    assert made(sessions, "key/one").resolve() == (sessions / NAME / "home/tmp").resolve()
    assert short.is_symlink()


def test_a_project_s_names_are_swept_and_those_that_lead_nowhere_and_no_others(tmp_path: Path, links: Path) -> None:
    ours, others = sessions_of(tmp_path / "ours"), sessions_of(tmp_path / "others")
    made(ours, "ours/one")
    kept = made(others, "others/one")
    (links / "nowhere").symlink_to(tmp_path / "gone")
    sweep_temporary(ours)
    left = set(links.iterdir())
    assert kept in left and len(left) == 2
    sweep_temporary(others)
    assert not list(links.iterdir())
