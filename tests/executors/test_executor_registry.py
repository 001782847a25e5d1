"""Executors are found by name, those of other packages too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from supervisor.errors import UsageError
from supervisor.executors.executor_registry import executor_names, executor_to_ask
from supervisor.executors.local.local_executor import LocalExecutor
from supervisor.project.project import find_project
from tests.executors.conformance.subjects import LocalSubject
from tests.support.repository_content import REPOSITORY

OTHER = '''\
"""An executor of another package: it runs sessions here, and says where it was asked."""

from supervisor.executors.local.local_executor import LocalExecutor


class Elsewhere(LocalExecutor):
    def isolation_level(self, asked):
        return "elsewhere"


def make(context):
    return Elsewhere(context)
'''
USE = """\
import asyncio, sys
from pathlib import Path
from supervisor.agents.agent_registry import make_agent
from supervisor.executors.executor import ExecutorContext
from supervisor.executors.executor_registry import executor_names, make_executor
from supervisor.host.file_events import PollingEvents
from supervisor.model.isolation import Isolation
from supervisor.project.project import find_project
from tests.executors.conformance.test_executors import ANSWER, NAME, Observer
from tests.support.session_play import playing


async def main():
    project = find_project(Path(sys.argv[1]))
    executor = make_executor("elsewhere", ExecutorContext(project, PollingEvents("a test")))
    print(executor_names(), executor.isolation_level(Isolation()))
    agent = make_agent(project, "actor")
    handle = await executor.submit(playing(NAME, ANSWER), agent, lambda _: None)
    print((await executor.follow(handle, Observer())).output.data.decode())
    await executor.close()


asyncio.run(main())
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder as packages are installed into, with one that offers an executor."""
    folder = tmp_path / "site"
    metadata = folder / "elsewhere-1.0.dist-info"
    metadata.mkdir(parents=True)
    (folder / "elsewhere_executor.py").write_text(OTHER)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[supervisor.executors]\nelsewhere = elsewhere_executor:make\n")
    return folder


def test_an_executor_that_another_package_offers_runs_sessions(package: Path, tmp_path: Path) -> None:
    local = LocalSubject(tmp_path.resolve() / "project")
    path = os.pathsep.join([str(package), str(REPOSITORY)])
    done = subprocess.run(
        [sys.executable, "-c", USE, str(local.project.root)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "['elsewhere', 'local'] elsewhere\n{\"a\": 1}\n"), done.stderr


def test_a_name_that_there_is_not_is_said_with_those_that_there_are(tmp_path: Path) -> None:
    project = LocalSubject(tmp_path.resolve() / "project").project
    with pytest.raises(UsageError) as caught:
        executor_to_ask("locl", project)
    assert str(caught.value).startswith(
        "executor: there is no executor 'locl'\n  Did you mean 'local'? Here are: local"
    )


def test_the_local_one_is_always_there(tmp_path: Path) -> None:
    assert "local" in executor_names()
    LocalSubject(tmp_path.resolve() / "project")
    assert type(executor_to_ask("local", find_project(tmp_path / "project"))) is LocalExecutor
