"""What a session in bubblewrap sees, writes and leaves behind."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.support.scripted_project import Small, numbered

BOXED = {"sandbox": "bubblewrap"}


def looks(boxed: Small, program: str, **settings: Any) -> Any:
    """What a program that is an agent found out: it puts it into `found`."""
    agent = f"found = {{}}\n{program}\nwrite({{i: found for i in items}})\n"
    boxed.lay_out(numbered(1), agent=agent, settings={**BOXED, **settings})
    boxed.run()
    return boxed.main()["i01"]


def test_nothing_of_the_project_is_seen_but_the_own_workspace(boxed: Small) -> None:
    """Not the store, not the validators, not the main files, no other session's workspace."""
    found = looks(
        boxed,
        "root = Path(os.environ['SUPERVISOR_PROJECT'])\n"
        "found['files'] = sorted(str(p.relative_to(root)) for p in root.rglob('*') if p.is_file())",
    )
    own = "vfs/.supervisor/sessions/job1-phase1-batch1-session1/workspace"
    assert found["files"] == ["agents/plain.py", f"{own}/input.json", f"{own}/prompt.md"]


def test_neither_the_users_home_nor_what_others_have_in_tmp_is_seen(boxed: Small, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "secret").write_text("x")
    paths = [str(home), str(home / "secret"), str(Path(__file__)), str(tmp_path / "other")]
    (tmp_path / "other").write_text("x")
    boxed.lay_out(
        numbered(1),
        agent=f"write({{i: {{p: os.path.lexists(p) for p in {paths!r}}} for i in items}})\n",
        settings=BOXED,
    )
    running = boxed.begin("run", "small", "demo", HOME=str(home))
    assert running.end() == 0, running.err
    assert boxed.main()["i01"] == dict.fromkeys(paths, False)


@pytest.mark.parametrize("path", ["/usr/here", "/etc/here", "/bin/here", "/here", "/opt/here"])
def test_the_system_is_read_only(boxed: Small, path: str) -> None:
    program = (
        f"try:\n    open({path!r}, 'w').close()\n    found['wrote'] = True\n"
        "except OSError as error:\n    found['wrote'] = False"
    )
    found = looks(boxed, program)
    assert not Path(path).exists()
    assert found["wrote"] is (path == "/here")  # the root folder is the session's own, in memory


def test_it_sees_only_its_own_processes_and_none_of_the_machines_names(boxed: Small) -> None:
    found = looks(
        boxed,
        "found['pids'] = sorted(int(p) for p in os.listdir('/proc') if p.isdigit())\n"
        "found['name'] = os.uname().nodename\n"
        "found['ipc'] = os.readlink('/proc/self/ns/ipc')",
    )
    assert found["pids"] in ([1, 2], [1, 2, 3])
    assert found["name"] == "sandbox"
    assert found["ipc"] != os.readlink("/proc/self/ns/ipc")


def test_no_process_of_the_machine_can_be_signalled(boxed: Small) -> None:
    mine = os.getpid()
    program = (
        f"try:\n    os.kill({mine}, 0)\n    found['reached'] = True\nexcept OSError:\n    found['reached'] = False"
    )
    assert looks(boxed, program) == {"reached": False}


def test_there_is_a_network_unless_it_is_taken_away(boxed: Small) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        program = (
            "import socket\n"
            f"try:\n    socket.create_connection(('127.0.0.1', {port}), 5).close()\n    found['net'] = True\n"
            "except OSError:\n    found['net'] = False"
        )
        assert looks(boxed, program) == {"net": True}
        boxed.lay_out(
            numbered(1),
            agent=f"found = {{}}\n{program}\nwrite({{i: found for i in items}})\n",
            settings={**BOXED, "network": "none"},
        )
        boxed.run("--fresh")
        assert boxed.main()["i01"] == {"net": False}


def test_a_program_in_the_users_home_is_found_without_showing_the_home(boxed: Small, tmp_path: Path) -> None:
    """As a program lies that an installer put into ~/.local/bin, a link to what it keeps elsewhere."""
    home = tmp_path / "home"
    kept = home / ".local/share/agent/1.0"
    kept.mkdir(parents=True)
    (home / ".local/bin").mkdir()
    (home / ".local/share/keys").write_text("secret")
    program = kept / "agent"
    program.write_text(
        "#!/bin/sh\nls -A $1 > seen; cat > /dev/null < $SUPERVISOR_INPUT_FILE\n"
        'printf \'{"i01": {"seen": "%s"}}\' "$(cat seen)" > $SUPERVISOR_OUTPUT_FILE\n'
    )
    program.chmod(0o755)
    (home / ".local/bin/agent").symlink_to(program)
    boxed.lay_out(numbered(1), settings=BOXED)
    text = (boxed.root / "supervisor.toml").read_text()
    boxed.write(
        "supervisor.toml",
        text + f'\n[agents.installed]\ncommand = ["{home}/.local/bin/agent", "{home}/.local/share"]\n',
    )
    running = boxed.begin("run", "small", "demo", "--agent", "installed", HOME=str(home))
    assert running.end() == 0, running.err
    assert boxed.main()["i01"] == {"seen": "agent"}
