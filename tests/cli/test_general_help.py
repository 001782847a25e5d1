"""The general help is a kept text, so that it comes at once; it says what the commands would say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from supervisor.cli.cli_app import GROUPS, app_for
from supervisor.cli.main import HELP_FILE
from tests.support.facts_project import Directory, plain_words

PUT_TOGETHER = 'from supervisor.cli.cli_app import app_for; app_for(())(["--help"], prog_name="supervisor")'


def words_of(text: str) -> list[str]:
    """The words of a help text but for the types of options, of which each release of Typer thinks otherwise."""
    return re.sub(r" <\w+> ", " ", plain_words(text)).split()


def kept() -> str:
    return Path(HELP_FILE).read_text(encoding="utf-8")


def test_the_kept_help_says_what_the_commands_say(tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-c", PUT_TOGETHER],
        env=directory.environment(COLUMNS="80"),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert words_of(kept()) == words_of(ran.stdout), "`make help-text` keeps it anew"


def test_the_kept_help_is_what_is_shown(tmp_path: Path) -> None:
    for words, status in ((("--help",), 0), (("-h",), 0), ((), 2)):
        ran = Directory(tmp_path).supervisor(*words, anew=True)
        assert (ran.returncode, ran.stdout, ran.stderr) == (status, kept(), "")


def test_where_its_letters_cannot_be_shown_the_help_is_put_together(tmp_path: Path) -> None:
    ran = Directory(tmp_path).supervisor("--help", env={"PYTHONIOENCODING": "ascii"})
    assert ran.returncode == 0
    assert ran.stdout.isascii()
    assert " retry " in ran.stdout


@pytest.mark.parametrize(
    ("words", "needless"),
    [
        (("--help",), {"typer", "pydantic", "typing", "json", "sqlite3"}),
        (("--version",), {"typer", "pydantic", "typing", "json", "sqlite3"}),
        (("status",), {"rich.live", "jinja2", "asyncio", "filelock", "asyncinotify", "supervisor.cli.run_commands"}),
        (("jobs",), {"rich.live", "jinja2", "asyncio", "filelock", "asyncinotify", "supervisor.cli.run_commands"}),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_command_loads_only_what_it_needs(words: tuple[str, ...], needless: set[str], tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    assert directory.supervisor("init", ".").returncode == 0
    ran = directory.supervisor(*words, env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert ran.returncode == 0
    loaded = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines() if line.startswith("import time:")}
    assert "supervisor.cli.main" in loaded
    assert loaded & needless == set()


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_has_the_commands_that_are_looked_for_in_it(group: str) -> None:
    for name in GROUPS[group]:
        app = app_for([name])
        there = {each.name or each.callback.__name__ for each in app.registered_commands if each.callback is not None}
        there |= {each.name for each in app.registered_groups if each.name is not None}
        assert there == set(GROUPS[group])
