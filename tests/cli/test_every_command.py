"""Every command: its help, its words in a pipe, and a job that there is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from supervisor.cli.cli_app import GROUPS
from tests.support.facts_project import Directory, SmallProject, plain_words

COMMANDS = ["run", "start", "status", "jobs", "logs", "watch", "stop", "resume", "cancel", "retry"]
COMMANDS += ["doctor", "agents", "validate", "init", "export", "report"]
FIRST_OF_GROUPS = {commands[0] for commands in GROUPS.values()}
"""A new Python shows of each of them that its group loads by itself what it needs."""


@pytest.mark.parametrize("name", ["status", "logs", "watch", "export", "stop", "cancel", "resume", "retry"])
def test_a_job_that_there_is_not_is_named_with_those_that_there_are(failed: SmallProject, name: str) -> None:
    ran = failed.supervisor(name, "facts/nothing")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "there is no job 'facts/nothing'" in ran.stderr
    assert "the latest are: facts/demo" in ran.stderr
    ran = failed.supervisor(name, "77")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "there is no job 77" in ran.stderr
    assert "supervisor jobs" in ran.stderr


def test_the_version_is_a_line(tmp_path: Path) -> None:
    ran = Directory(tmp_path).supervisor("--version")
    assert ran.returncode == 0
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", ran.stdout)


def test_help_names_every_command(tmp_path: Path) -> None:
    for words in (("--help",), ("-h",)):
        ran = Directory(tmp_path).supervisor(*words)
        assert ran.returncode == 0
        assert [name for name in COMMANDS if f" {name} " not in plain_words(ran.stdout)] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(tmp_path: Path, name: str) -> None:
    ran = Directory(tmp_path).supervisor(name, "--help", anew=name in FIRST_OF_GROUPS)
    assert ran.returncode == 0
    assert f"supervisor {name}" in plain_words(ran.stdout)


@pytest.mark.parametrize("env", [{"TERM": "xterm-256color"}, {"NO_COLOR": "1"}], ids=["as_it_is", "NO_COLOR"])
def test_in_a_pipe_there_are_plain_lines(failed: SmallProject, env: dict[str, str]) -> None:
    ran = failed.supervisor("run", "facts", "demo", env=env)
    assert " INFO    job 1 facts/demo goes on: " in ran.stdout
    refused = failed.supervisor("run", "facts", "X", "--agnet", "mine", env=env)
    assert refused.returncode == 2
    status = failed.supervisor("status", env=env)
    assert status.stdout.startswith("job 1 facts/demo: completed_with_gaps")
    assert "\x1b" not in ran.stdout + ran.stderr + refused.stderr + status.stdout
