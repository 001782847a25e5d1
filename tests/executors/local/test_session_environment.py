"""What every session gets: folders of its own, variables that keep programs from asking, and what `env` sets."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.sandboxes import LEVELS
from tests.support.scripted_project import Small, numbered, open_gate

TELLS = "write({i: {**{n: v for n, v in os.environ.items()}, 'cwd': str(here)} for i in items})\n"
NOBODY = {
    "CI": "1",
    "EDITOR": "true",
    "GIT_EDITOR": "true",
    "GIT_PAGER": "cat",
    "GIT_SEQUENCE_EDITOR": "true",
    "GIT_TERMINAL_PROMPT": "0",
    "PAGER": "cat",
    "VISUAL": "true",
}


def told(small: Small, level: str, **agent_settings: Any) -> dict[str, str]:
    small.lay_out(numbered(1), agent=TELLS, settings={"sandbox": level}, agent_settings=agent_settings)
    small.run()
    found: dict[str, str] = small.main()["i01"]
    return found


@pytest.mark.parametrize("level", LEVELS)
def test_a_file_of_one_name_in_the_temporary_folder_is_each_sessions_own(small: Small, level: str) -> None:
    agent = (
        "import tempfile\n"
        "file = Path(tempfile.gettempdir()) / 'answers.json'\n"
        "seen = file.exists()\n"
        "file.write_text(json.dumps(items))\n"
        "wait_at('gate')\n"
        "write({i: {'said': p, 'seen': seen} for i, p in json.loads(file.read_text()).items()})\n"
    )
    small.lay_out(numbered(4), agent=agent, settings={"sandbox": level, "concurrency": 2})
    running = small.begin_run()
    for session in small.at_gate(count=2):
        open_gate(session)
    assert running.end() == 0, running.err
    assert small.main() == {i: {"said": p, "seen": False} for i, p in numbered(4).items()}


@pytest.mark.parametrize("level", LEVELS)
def test_it_has_folders_of_its_own_and_is_told_that_nobody_is_there(small: Small, level: str) -> None:
    found = told(small, level)
    home = found["HOME"]
    assert {name: found[name] for name in NOBODY} == NOBODY
    assert found["GIT_CEILING_DIRECTORIES"] == home.removesuffix("/home") == found["cwd"].removesuffix("/workspace")
    of_xdg = {"CONFIG": ".config", "CACHE": ".cache", "DATA": ".local/share", "STATE": ".local/state"}
    assert {name: found[f"XDG_{name}_HOME"] for name in of_xdg} == {n: f"{home}/{p}" for n, p in of_xdg.items()}
    assert found["XDG_RUNTIME_DIR"] == f"{found['TMPDIR']}/run"


@pytest.mark.parametrize("level", LEVELS)
def test_a_socket_fits_into_the_temporary_folder_however_long_the_projects_path_is(small: Small, level: str) -> None:
    agent = (
        "import socket, stat, tempfile\n"
        "folder = Path(tempfile.mkdtemp(prefix='some-program-')) / 'a-folder-of-its-own'\n"
        "folder.mkdir()\n"
        "socket.socket(socket.AF_UNIX).bind(str(folder / 'listener.sock'))\n"
        "run = Path(os.environ['XDG_RUNTIME_DIR'])\n"
        "socket.socket(socket.AF_UNIX).bind(str(run / 'listener.sock'))\n"
        "write({i: oct(stat.S_IMODE(run.stat().st_mode)) for i in items})\n"
    )
    deep = Small(small.root / ("a" * 60) / "project")
    deep.root.mkdir(parents=True)
    deep.lay_out(numbered(1), agent=agent, settings={"sandbox": level})
    deep.run()
    assert deep.main() == {"i01": "0o700"}


def test_the_temporary_folders_short_name_ends_with_the_session(small: Small) -> None:
    agent = "write({i: os.environ['TMPDIR'] for i in items})\n"
    deep = Small(small.root / ("a" * 60) / "project")
    deep.root.mkdir(parents=True)
    deep.lay_out(numbered(1), agent=agent)
    deep.run()
    short = Path(deep.main()["i01"])
    assert len(str(short)) < 48
    assert not short.is_symlink()
    (session,) = deep.sessions()
    assert (session.folder / "home/tmp/run").is_dir()


def test_the_short_name_that_a_killed_supervisor_left_goes_with_the_next(small: Small) -> None:
    agent = "mark('began', os.environ['TMPDIR'])\nwait_at('gate') if session == 1 else write(answers())\n"
    deep = Small(small.root / ("a" * 60) / "project")
    deep.root.mkdir(parents=True)
    deep.lay_out(numbered(1), agent=agent)
    running = deep.begin_run()
    (session,) = deep.at_gate()
    short = Path((session.workspace / "began").read_text())
    assert short.is_symlink()
    running.kill()
    deep.run()
    assert not short.is_symlink()


def test_the_projects_file_sets_variables_over_all_others_but_the_supervisors(small: Small) -> None:
    own = {"CI": "", "HOME": "{project}/agents", "TMPDIR": "{workspace}", "PAGER": "less", "MINE": "~/x", "LANG": "C"}
    found = told(small, "workspace", env=own)
    assert {name: found[name] for name in own} == {
        **own,
        "HOME": str(small.root / "agents"),
        "TMPDIR": found["cwd"],
        "MINE": os.path.expanduser("~/x"),
    }


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"SUPERVISOR_ATTEMPT": "9"}, "SUPERVISOR_ATTEMPT in `env` is the supervisor's own"),
        ({"A B": "1"}, "env"),
    ],
)
def test_what_cannot_be_a_variable_of_a_session_is_refused(small: Small, env: dict[str, str], said: str) -> None:
    small.lay_out(numbered(1))
    text = (small.root / "supervisor.toml").read_text()
    table = ", ".join(f'"{name}" = "{value}"' for name, value in env.items())
    small.write("supervisor.toml", f"{text}\nenv = {{ {table} }}\n")
    assert said in small.run(status=2).err


def test_a_key_that_is_set_is_masked(small: Small) -> None:
    small.lay_out(
        numbered(1),
        agent="print(os.environ['MY_API_KEY'], os.environ['MODE'])\nwrite(answers())\n",
        agent_settings={"env": {"MY_API_KEY": "correct-horse-battery", "MODE": "careful"}},
    )
    small.run()
    (session,) = small.sessions()
    assert (session.folder / "transcript.txt").read_text().split() == ["[secret]", "careful"]


@pytest.mark.parametrize("level", LEVELS)
def test_git_in_a_workspace_leaves_the_repository_alone_that_the_project_is(small: Small, level: str) -> None:
    agent = (
        "done = [subprocess.run(['git', *words], capture_output=True, text=True).returncode\n"
        "        for words in (['stash'], ['status'], ['add', '-A'])]\n"
        "write({i: done for i in items})\n"
    )
    small.lay_out(numbered(1), agent=agent, settings={"sandbox": level})

    def git(*words: str) -> str:
        own = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        return subprocess.run(["git", *own, *words], cwd=small.root, check=True, capture_output=True, text=True).stdout

    git("init", "--quiet")
    git("add", "supervisor.toml", "vfs/items.json")
    git("commit", "--quiet", "-m", "first")
    changed = small.root / "supervisor.toml"
    changed.write_text(changed.read_text() + "\n# not committed\n")
    small.run()
    assert small.main() == {"i01": [128, 128, 128]}
    assert changed.read_text().endswith("# not committed\n")
    assert git("stash", "list") == ""
