"""What every provider of workspaces promises. Another one is one more factory in `FACTORIES`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from supervisor.model.session import OutputRejection
from supervisor.workspaces.empty_folder import EmptyFolderProvider
from supervisor.workspaces.workspace_provider import WorkspaceProvider
from tests.support.session_play import OUTPUT_NAME, SessionPlay, playing

FACTORIES: dict[str, Callable[[Path], WorkspaceProvider]] = {"empty folder": EmptyFolderProvider}
NAME = "job1-phase1-batch1-session1"
REQUEST = playing(NAME, SessionPlay(output="{}"))


@pytest.fixture(params=list(FACTORIES))
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> WorkspaceProvider:
    """One of them, over a folder that is there and empty."""
    sessions = tmp_path / "sessions"
    sessions.mkdir()
    return FACTORIES[request.param](sessions)


def test_a_fresh_workspace_has_prompt_and_input_and_a_home_that_is_empty(provider: WorkspaceProvider) -> None:
    made = provider.create(REQUEST)
    assert (made.prompt.read_text(), made.input.read_text()) == (REQUEST.prompt, REQUEST.input_json)
    assert made.prompt.is_relative_to(made.path) and made.input.is_relative_to(made.path)
    assert list(made.home.iterdir()) == []
    assert not made.output(OUTPUT_NAME).exists() and not made.transcript.exists()


def test_only_its_owner_may_look_into_it(provider: WorkspaceProvider) -> None:
    made = provider.create(REQUEST)
    assert {os.stat(folder).st_mode & 0o077 for folder in (made.folder, made.path, made.home)} == {0}


def test_what_the_session_keeps_lies_outside_of_what_its_agent_is_given(provider: WorkspaceProvider) -> None:
    made = provider.create(REQUEST)
    for path in (made.transcript, made.process_note):
        assert not path.is_relative_to(made.path) and not path.is_relative_to(made.home)


def test_nothing_is_in_it_that_an_earlier_one_of_the_same_name_left(provider: WorkspaceProvider) -> None:
    before = provider.create(REQUEST)
    for path in (before.output(OUTPUT_NAME), before.home / "left", before.transcript):
        path.write_text("left")
    made = provider.create(REQUEST)
    assert not any(path.exists() for path in (made.output(OUTPUT_NAME), made.home / "left", made.transcript))


def test_one_that_was_made_is_opened_and_another_is_not(provider: WorkspaceProvider) -> None:
    made = provider.create(REQUEST)
    found = provider.open(NAME)
    assert found is not None and (found.folder, found.path) == (made.folder, made.path)
    assert provider.open("job9-phase9-batch9-session9") is None


def test_the_output_is_collected_as_it_was_written(provider: WorkspaceProvider) -> None:
    made = provider.create(REQUEST)
    made.output(OUTPUT_NAME).write_bytes(b'{"a": 1}')
    assert provider.collect(made, OUTPUT_NAME, 100) == b'{"a": 1}'


@pytest.mark.parametrize("kind", ["no_output", "too_large", "not_a_file"])
def test_what_is_no_output_of_the_session_is_refused(kind: str, provider: WorkspaceProvider, tmp_path: Path) -> None:
    made = provider.create(REQUEST)
    if kind == "too_large":
        made.output(OUTPUT_NAME).write_bytes(b"[" * 101)
    if kind == "not_a_file":
        (tmp_path / "secret").write_text("{}")
        made.output(OUTPUT_NAME).symlink_to(tmp_path / "secret")
    read = provider.collect(made, OUTPUT_NAME, 100)
    assert isinstance(read, OutputRejection) and read.kind == kind


@pytest.mark.parametrize("again", ["removed", "made anew"])
def test_one_with_folders_deeper_than_a_path_may_be_is_gone(again: str, provider: WorkspaceProvider) -> None:
    folder = os.open(provider.create(REQUEST).home, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("folder", dir_fd=folder)
        below = os.open("folder", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(folder)
    if again == "removed":
        assert provider.remove(NAME) and provider.open(NAME) is None
    else:
        assert list(provider.create(REQUEST).home.iterdir()) == []


def test_one_that_is_removed_is_gone_and_may_be_made_anew(provider: WorkspaceProvider) -> None:
    provider.create(REQUEST)
    assert provider.remove(NAME)
    assert provider.open(NAME) is None
    assert provider.remove(NAME)
    assert provider.create(REQUEST).prompt.exists()
