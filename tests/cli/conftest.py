"""Projects with a job behind them, which tests of commands look at."""

from __future__ import annotations

import pytest

from tests.cli.made_project import Made
from tests.support.facts_project import Directory, SmallProject


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    above = tmp_path_factory.mktemp("made")
    init = Directory(above).supervisor("init", "squares")
    project = Directory(above / "squares")
    return Made(project, init, project.run("--agent", "mine"))


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    """A project with a job in which one of three items failed twice; its sessions talk."""
    project = SmallProject(tmp_path_factory.mktemp("failed"))
    project.agent(
        "import os, sys\n"
        'print("\\033[31msession", os.environ["SUPERVISOR_ATTEMPT"], "speaks\\033[0m")\n'
        'open(sys.argv[2], "w").write(\'{"a": 1, "c": 3}\')\n'
    )
    assert project.run("--max-attempts", "2").returncode == 1
    return project
