"""What a session in bubblewrap sees, writes and leaves behind."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.scripted_project import ANSWER, Small, numbered, said

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


def test_what_root_alone_may_read_is_hidden_from_an_agent_that_is_root(boxed: Small) -> None:
    found = looks(
        boxed,
        "for name in ('/etc/shadow', '/etc/gshadow'):\n"
        "    try:\n        found[name] = len(open(name).read())\n"
        "    except OSError:\n        found[name] = 0",
    )
    assert set(found.values()) == {0}


def test_it_has_no_capabilities_and_can_get_none(boxed: Small) -> None:
    found = looks(
        boxed,
        "status = dict(l.split(':', 1) for l in open('/proc/self/status').read().splitlines() if ':' in l)\n"
        "found['effective'] = int(status['CapEff'], 16)\n"
        "found['permitted'] = int(status['CapPrm'], 16)\n"
        "found['no_new'] = status['NoNewPrivs'].strip()\n"
        "found['mount'] = subprocess.run(['mount', '-t', 'tmpfs', 'x', '/mnt'], capture_output=True).returncode != 0",
    )
    assert found == {"effective": 0, "permitted": 0, "no_new": "1", "mount": True}


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


def test_what_is_named_readable_is_seen_and_cannot_be_written(boxed: Small, tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    (shelf / "book").write_text("words")
    program = (
        f"found = {{'read': open({str(shelf / 'book')!r}).read()}}\n"
        f"try:\n    open({str(shelf / 'note')!r}, 'w')\n    found['wrote'] = True\n"
        "except OSError:\n    found['wrote'] = False\n"
        "write({i: found for i in items})\n"
    )
    boxed.lay_out(numbered(1), agent=program, settings=BOXED, agent_settings={"readable": [str(shelf)]})
    boxed.run()
    assert boxed.main()["i01"] == {"read": "words", "wrote": False}
    assert not (shelf / "note").exists()


@pytest.mark.parametrize("left", ["setsid", "double fork", "ignores", "closed terminal"])
def test_whatever_it_starts_ends_with_it(boxed: Small, left: str) -> None:
    """The fixture looks for processes of the project that are left."""
    begin = {
        "setsid": "subprocess.Popen(['sleep', '100000'], start_new_session=True)",
        "double fork": "os.fork() or (os.setsid(), os.fork() or os.execvp('sleep', ['sleep', '100000']))",
        "ignores": "subprocess.Popen(['sh', '-c', 'trap \"\" TERM HUP INT; sleep 100000'], env={})",
        "closed terminal": "subprocess.Popen(['sleep', '100000'], stdin=-3, stdout=-3, stderr=-3, cwd='/', env={})",
    }[left]
    boxed.lay_out(numbered(2), agent=f"{begin}\n{ANSWER}", settings=BOXED)
    boxed.run()
    assert boxed.main() == said(numbered(2))


def test_it_is_asked_to_leave_and_has_time_to(boxed: Small) -> None:
    agent = (
        "signal.signal(signal.SIGTERM, lambda *_: (mark('asked'), sys.exit()))\nwrite(answers())\ntime.sleep(100000)\n"
    )
    boxed.lay_out(numbered(2), agent=agent, settings=BOXED)
    boxed.run()
    (session,) = boxed.sessions()
    assert (session.workspace / "asked").exists()


def test_a_signal_that_ended_it_is_told(boxed: Small) -> None:
    boxed.lay_out(
        numbered(1), agent="os.kill(os.getpid(), signal.SIGSEGV)\n", settings=BOXED, phases=[{"max_attempts": 1}]
    )
    boxed.run(status=1)
    assert "the session ended with signal 11" in boxed.progress


def test_nothing_is_left_when_its_supervisor_is_killed(boxed: Small) -> None:
    boxed.lay_out(numbered(2), agent="mark('began')\ntime.sleep(100000)\n", settings=BOXED)
    running = boxed.begin_run()
    boxed.marked("began")
    running.kill()


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


def test_a_program_by_a_script_in_another_place_finds_its_interpreter(boxed: Small, tmp_path: Path) -> None:
    script = tmp_path / "tools" / "mine"
    script.parent.mkdir()
    script.write_text(
        f"#!{sys.executable}\nimport json, os\nfrom pathlib import Path\n"
        "asked = json.load(open(os.environ['SUPERVISOR_INPUT_FILE']))['items']\n"
        "json.dump({i: {'said': p} for i, p in asked.items()}, open(os.environ['SUPERVISOR_OUTPUT_FILE'], 'w'))\n"
    )
    script.chmod(0o755)
    boxed.lay_out(numbered(2), settings=BOXED)
    text = (boxed.root / "supervisor.toml").read_text()
    boxed.write("supervisor.toml", f'{text}\n[agents.script]\ncommand = ["{script}"]\n')
    boxed.run("--agent", "script")
    assert boxed.main() == said(numbered(2))


def test_a_program_behind_a_version_managers_shim_is_found_with_its_manager(boxed: Small, tmp_path: Path) -> None:
    """As pyenv and its like do: a shim runs the manager beside it, which runs the version that is chosen."""
    manager = tmp_path / "manager"
    for name, words in {
        "shims/agent": f'exec "{manager}/libexec/manage" agent "$@"',
        "libexec/manage": f'exec "{manager}/versions/1.0/bin/$1"',
        "versions/1.0/bin/agent": 'printf \'{"i01": "found"}\' > $SUPERVISOR_OUTPUT_FILE',
    }.items():
        script = manager / name
        script.parent.mkdir(parents=True)
        script.write_text(f"#!/bin/sh\n{words}\n")
        script.chmod(0o755)
    boxed.lay_out(numbered(1), settings=BOXED)
    text = (boxed.root / "supervisor.toml").read_text()
    boxed.write("supervisor.toml", f'{text}\n[agents.managed]\ncommand = ["{manager}/shims/agent"]\n')
    boxed.run("--agent", "managed")
    assert boxed.main() == {"i01": "found"}


def test_the_input_of_a_retry_reaches_it_as_well(boxed: Small) -> None:
    agent = "write(answers() if session > 1 else {'i01': {'said': items['i01']}})\n"
    boxed.lay_out(numbered(2), agent=agent, settings=BOXED)
    boxed.run()
    assert json.loads((boxed.sessions()[1].workspace / "input.json").read_text())["items"] == {"i02": {"n": 2}}
