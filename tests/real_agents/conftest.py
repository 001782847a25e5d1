"""Each CLI in turn, a server that it asks, and a project that must leave neither a process nor a key."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_support import processes
from model_server import ModelServer
from support import CLIS, FOLDER_VARIABLE, Cli, Squares

from supervisor.agents.registry import PROGRAMS


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.agents)


@pytest.fixture(params=CLIS, ids=lambda cli: cli.name)
def cli(request: pytest.FixtureRequest) -> Cli:
    """One of the CLIs; the test is skipped where it is not installed."""
    return installed(request.param)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A model that does what it is asked, until the test changes its mode."""
    with ModelServer() as serving:
        yield serving


@pytest.fixture
def squares(tmp_path: Path) -> Iterator[Squares]:
    """A project; after each test no process of it runs, and no key stands in any of its files."""
    project = Squares(tmp_path.resolve() / "project")
    yield project
    processes.none_left(project.root)
    assert project.files_with(project.secret) == []


def installed(cli: Cli) -> Cli:
    """The CLI, where it is installed; else the test is skipped, or fails where the CLIs were installed for it."""
    if cli.name not in PROGRAMS:
        pytest.skip(f"{cli.name} is not an agent of the supervisor yet")
    if cli.program is None:
        folder = os.environ.get(FOLDER_VARIABLE)
        missing = f"{cli.name} is not installed"
        if folder is not None:
            pytest.fail(f"{missing} in {folder}, which {FOLDER_VARIABLE} names", pytrace=False)
        pytest.skip(f"{missing}; `make test-agents` installs it for the tests, `npm install -g {cli.package}` for good")
    return cli
