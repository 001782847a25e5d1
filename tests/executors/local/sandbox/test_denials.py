"""An agent that failed since it was kept from something: its error names it, and the key that allows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.sandboxes import BOXES, LEVELS
from tests.support.scripted_project import Small, numbered


def failed_with(small: Small, level: str, agent: str, environment: dict[str, str] | None = None, **given: Any) -> str:
    small.lay_out(
        numbered(1),
        agent=agent,
        settings={"sandbox": level},
        phases=[{"max_attempts": 1}],
        agent_settings=given or None,
    )
    running = small.begin("run", "small", "demo", **(environment or {}))
    assert running.end() == 1, running.err
    message: str = small.status()["failed_items"][0]["errors"][0]["message"]
    return message


@pytest.mark.parametrize("level", BOXES)
def test_a_file_that_may_not_be_read(small: Small, tmp_path: Path, level: str) -> None:
    book = tmp_path / "book.txt"
    book.write_text("words")
    message = failed_with(small, level, f"open({str(book)!r})\n")
    allows = "name it in `readable`, or in `writable` under [agents.plain]"
    assert f"{book} may not be opened in the sandbox: {allows}" in message
    reads = f"text = open({str(book)!r}).read()\nwrite({{i: text for i in items}})\n"
    small.lay_out(numbered(1), agent=reads, settings={"sandbox": level}, agent_settings={"readable": [str(book)]})
    small.run("--fresh")
    assert small.main() == {"i01": "words"}


@pytest.mark.parametrize("level", BOXES)
def test_a_file_of_the_system_that_may_not_be_written(small: Small, level: str) -> None:
    message = failed_with(small, level, "open('/etc/hosts', 'a')\n")
    assert "/etc/hosts may not be written in the sandbox: name its folder in `writable`" in message


@pytest.mark.parametrize("level", BOXES)
def test_what_is_named_writable_can_be_written_and_read(small: Small, tmp_path: Path, level: str) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    writes = (
        f"note = Path({str(shelf)!r}) / 'note'\nnote.write_text('x')\nwrite({{i: note.read_text() for i in items}})\n"
    )
    small.lay_out(numbered(1), agent=writes, settings={"sandbox": level}, agent_settings={"writable": [str(shelf)]})
    small.run()
    assert (small.main(), (shelf / "note").read_text()) == ({"i01": "x"}, "x")


@pytest.mark.parametrize("level", LEVELS)
def test_a_key_in_the_users_home(small: Small, tmp_path: Path, level: str) -> None:
    home = tmp_path / "home"
    (home / ".config/tool").mkdir(parents=True)
    (home / ".config/tool/key").write_text("a-key")
    message = failed_with(small, level, "open(Path.home() / '.config/tool/key')\n", {"HOME": str(home)})
    assert "its HOME is its own, without your ~/.config/tool/key" in message
    assert "`pass_env`" in message and "`readable`" in message and "XDG_CONFIG_HOME" in message
    reads = "key = open(os.environ['XDG_CONFIG_HOME'] + '/tool/key').read()\nwrite({i: key for i in items})\n"
    named = {"readable": ["~/.config/tool"], "env": {"XDG_CONFIG_HOME": "~/.config"}}
    small.lay_out(numbered(1), agent=reads, settings={"sandbox": level}, agent_settings=named)
    running = small.begin("run", "small", "demo", "--fresh", HOME=str(home))
    assert running.end() == 0, running.err
    assert small.main() == {"i01": "a-key"}


@pytest.mark.parametrize("level", LEVELS)
def test_a_variable_that_is_not_passed_on(small: Small, level: str) -> None:
    message = failed_with(small, level, "os.environ['MY_API_KEY']\n", {"MY_API_KEY": "correct-horse"})
    assert "the variable MY_API_KEY is set, but not passed on: name it in `pass_env` under [agents.plain]" in message


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_nobodys_is_named_by_nobody(small: Small, tmp_path: Path, level: str) -> None:
    message = failed_with(small, level, f"open({str(tmp_path / 'nowhere')!r})\n")
    assert "sandbox" not in message and "HOME" not in message
    message = failed_with(small, level, "os.mkdir(here / 'x', 0)\nopen(here / 'mine')\n", {"MINE": "1"})
    assert "sandbox" not in message and "pass_env" not in message


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"writable": ["shelf"]}, "'shelf' is no absolute path"),
        ({"readable": ["shelf"]}, "'shelf' is no absolute path"),
        ({"writable": ["{project}/gone"]}, "'{project}/gone' is not there"),
        ({"writable": ["{project}"]}, "holds the store and other sessions"),
        ({"writable": ["/"]}, "holds the store and other sessions"),
        ({"writable": ["{project}/vfs/.supervisor/sessions"]}, "lies among them"),
    ],
)
def test_a_path_that_no_session_can_be_shown_is_refused(small: Small, given: dict[str, Any], said: str) -> None:
    small.lay_out(numbered(1), agent_settings=given)
    (small.state / "sessions").mkdir(parents=True, exist_ok=True)
    ended = small.run(status=4)
    assert said in ended.err and "under [agents.plain]" in ended.err
    assert not small.sessions()


def test_that_an_own_command_has_a_home_of_its_own_is_said_until_it_was_thought_of(small: Small) -> None:
    small.lay_out(numbered(1))
    assert "agent plain: can start, default; its HOME is its own" in small.done("doctor").out
    assert "its HOME is its own: a key goes by `pass_env`" in small.done("agents").out
    small.lay_out(numbered(1), agent_settings={"pass_env": ["MY_API_KEY"]})
    assert "HOME" not in small.done("doctor").out + small.done("agents").out
