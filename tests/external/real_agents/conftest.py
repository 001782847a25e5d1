"""Each CLI in turn, a server that it asks, and a project that must leave neither a process nor a key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.external.real_agents.agent_clis import CLIS, Cli, Squares, why_not
from tests.support import processes
from tests.support.model_server.server import ModelServer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out tests of CLIs that are not there."""
    here = Path(__file__).parent
    for item in items:
        if not item.path.is_relative_to(here):
            continue
        chosen = item.callspec.params.values() if hasattr(item, "callspec") else ()
        for missing in (reason for each in chosen if isinstance(each, Cli) and (reason := why_not(each))):
            item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(params=CLIS, ids=lambda cli: cli.name)
def cli(request: pytest.FixtureRequest) -> Cli:
    """One of the CLIs."""
    found: Cli = request.param
    return found


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
    project.end_all()
    processes.none_left(project.root)
    # A link of a session's home leads to the sign-in that it was lent.
    assert [path for path in project.files_with(project.secret) if not path.is_symlink()] == []
