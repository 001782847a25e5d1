"""What is asked of Landlock for each of its versions, and what an agent that starts in it can and cannot do."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supervisor.executors.local.sandbox.landlock import ruleset
from supervisor.executors.local.sandbox.landlock_paths import landlocked
from supervisor.executors.local.sandbox.sandbox_mounts import HIDDEN
from supervisor.workspaces.session_paths import SessionPaths
from tests.support.project_folder import Project
from tests.support.sandboxes import needs_landlock, path_without_bubblewrap
from tests.support.scripted_project import Small, numbered, said

BOXED = {"sandbox": "landlock"}


@pytest.mark.parametrize(
    ("version", "rights", "words"), [(1, 13, 1), (2, 14, 1), (3, 15, 1), (4, 15, 2), (5, 16, 2), (6, 16, 3), (9, 17, 3)]
)
def test_a_kernel_is_asked_for_what_it_knows_and_no_more(version: int, rights: int, words: int) -> None:
    attributes, handled = ruleset(version)
    assert handled == (1 << rights) - 1
    assert struct.unpack(f"={words}Q", attributes) == (handled, 0, 3)[:words]


def paths_of(folder: Path) -> SessionPaths:
    session = folder / "vfs/.supervisor/sessions/one"
    workspace = session / "workspace"
    workspace.mkdir(parents=True)
    (session / "home").mkdir()
    return SessionPaths(
        project=folder,
        workspace=workspace,
        home=session / "home",
        prompt_file=workspace / "prompt.md",
        input_file=workspace / "input.json",
        output_file=workspace / "output.json",
    )


def test_what_is_allowed_is_what_bubblewrap_would_show(tmp_path: Path) -> None:
    paths, shelf, desk = paths_of(tmp_path), tmp_path / "shelf", tmp_path / "desk"
    shelf.mkdir()
    allowed = landlocked(["sh"], {"PATH": os.defpath}, paths, [shelf, tmp_path / "gone"], [desk])
    assert str(shelf) in allowed["read"] and str(tmp_path / "gone") not in allowed["read"]
    assert allowed["write"] == [str(desk), str(paths.workspace), str(paths.home)]
    assert str(tmp_path) not in {path for found in allowed.values() for path in found}
    if os.getuid() == 0:  # nothing else keeps root from it
        assert not HIDDEN & set(allowed["read"])
        assert {"/etc/passwd"} < set(allowed["read"])


def test_a_program_that_is_put_in_the_place_of_another_is_found(tmp_path: Path) -> None:
    """As one that updates itself while a job runs: a link in ~/.local/bin to the folder of a version."""
    paths = paths_of(tmp_path / "project")
    link = tmp_path / "bin" / "agent"
    link.parent.mkdir()
    for version in ("1.0", "2.0"):
        program = tmp_path / "versions" / version / "agent"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        link.unlink(missing_ok=True)
        link.symlink_to(program)
        allowed = landlocked(["agent"], {"PATH": f"{link.parent}:{os.defpath}"}, paths, [], [])
        assert str(program.parent) in allowed["read"]


@needs_landlock
@pytest.mark.parametrize("limits", [{}, {"open_files": 64}])
def test_it_works_by_either_way_of_starting_a_process(small: Small, limits: dict[str, Any]) -> None:
    agent = (
        "assert os.ttyname(1) == os.ttyname(2)\n"
        "open('/dev/tty', 'w').write('x')\n"
        "subprocess.run(['sh', '-c', 'echo x > file && mkdir sub && mv file sub/ && cat sub/file'], check=True)\n"
        "open(os.environ['HOME'] + '/.rc', 'w').write('x')\n"
        "write(answers())\n"
    )
    small.lay_out(numbered(3), agent=agent, settings={**BOXED, "limits": limits})
    small.run()
    assert small.main() == said(numbered(3))


@needs_landlock
@pytest.mark.parametrize("limits", [{}, {"open_files": 64}])
def test_either_way_it_is_kept_from_files_of_others(small: Small, limits: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    agent = (
        f"secret = {str(tmp_path / 'secret')!r}\n"
        "def tried(work):\n"
        "    try:\n        work()\n    except OSError as error:\n        return error.errno\n"
        "found = [tried(lambda: open(secret)), tried(lambda: open(secret, 'w')),\n"
        "         tried(lambda: os.truncate(secret, 0)),\n"
        "         tried(lambda: os.unlink(secret)), tried(lambda: os.rename(secret, here / 'x')),\n"
        "         tried(lambda: os.link(secret, here / 'x')), tried(lambda: os.listdir(os.path.dirname(secret)))]\n"
        "write({i: found for i in items})\n"
    )
    small.lay_out(numbered(1), agent=agent, settings={**BOXED, "limits": limits})
    small.run()
    assert set(small.main()["i01"]) <= {13, 18}
    assert (tmp_path / "secret").read_text() == "x"


@needs_landlock
def test_the_embedded_agent_makes_a_course_in_it_where_bubblewrap_is_not(
    course: Callable[[], Project], tmp_path: Path
) -> None:
    made, tools = course(), path_without_bubblewrap(tmp_path / "tools")
    ended = made.cli("run", "course", "spa_for_eng_20seeds", PATH=tools)
    assert ended.status == 0, ended.err
    assert "sandbox landlock" in ended.out and "0 retries" in ended.out


LOCKS = "import multiprocessing\nwith multiprocessing.Lock():\n    write(answers())\n"


@needs_landlock
def test_locks_of_several_processes_need_a_folder_that_is_named_in_the_error_without_it(small: Small) -> None:
    small.lay_out(numbered(1), agent=LOCKS, settings=BOXED, phases=[{"max_attempts": 1}])
    small.run(status=1)
    assert "/dev/shm for locks" in small.status()["failed_items"][0]["errors"][0]["message"]
    small.lay_out(numbered(1), agent=LOCKS, settings=BOXED, agent_settings={"writable": ["/dev/shm"]})
    small.run("--fresh")
    assert small.main() == said(numbered(1))


@needs_landlock
def test_terminals_of_its_own_need_their_folder(small: Small) -> None:
    agent = "import pty\n_, slave = pty.openpty()\nassert os.isatty(slave)\nwrite(answers())\n"
    small.lay_out(numbered(1), agent=agent, settings=BOXED, agent_settings={"writable": ["/dev/pts"]})
    small.run()
    assert small.main() == said(numbered(1))
