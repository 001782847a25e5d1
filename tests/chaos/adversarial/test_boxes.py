"""What a session that opens its own files only cannot reach, and what it still can do, at each level that says so."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.sandboxes import BOXES, LANDLOCK, needs_scopes
from tests.support.scripted_project import ANSWER, Small, numbered, open_gate, said


@pytest.fixture(params=BOXES)
def level(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def looks(small: Small, level: str, program: str, **environment: str) -> Any:
    """What a program that is an agent found out: it puts it into `found`; `tried` is the error of a call, or None."""
    agent = (
        "found = {}\n\n\ndef tried(work):\n    try:\n        work()\n    except OSError as error:\n"
        "        return type(error).__name__\n\n\n" + program + "\nwrite({i: found for i in items})\n"
    )
    small.lay_out(numbered(1), agent=agent, settings={"sandbox": level})
    running = small.begin("run", "small", "demo", **environment)
    assert running.end() == 0, running.err
    return small.main()["i01"]


def test_neither_keys_in_the_users_home_nor_what_others_have_in_tmp_can_be_opened(
    small: Small, level: str, tmp_path: Path
) -> None:
    home, beside = tmp_path / "home", tmp_path / "beside"
    (home / ".ssh").mkdir(parents=True)
    for file in (home / ".ssh/id_ed25519", beside):
        file.write_text("x")
    program = (
        f"for path in ({str(home / '.ssh/id_ed25519')!r}, {str(beside)!r}):\n"
        "    found[path] = [tried(lambda: open(path)), tried(lambda: open(path, 'r+')),\n"
        "                   tried(lambda: os.unlink(path)), tried(lambda: os.truncate(path, 0))]\n"
        f"found['made'] = tried(lambda: open({str(home / '.ssh/authorized_keys')!r}, 'w'))"
    )
    found = looks(small, level, program, HOME=str(home))
    assert all(None not in errors for errors in (found[str(beside)], found[str(home / ".ssh/id_ed25519")]))
    assert [path.name for path in (home / ".ssh").iterdir()] == ["id_ed25519"]
    assert beside.read_text() == (home / ".ssh/id_ed25519").read_text() == "x"


def test_no_file_of_the_project_can_be_opened_but_its_own(small: Small, level: str) -> None:
    program = (
        "root = Path(os.environ['SUPERVISOR_PROJECT'])\n"
        "for name in ('supervisor.toml', 'vfs/items.json', 'vfs/.supervisor/store.sqlite', 'validators/x'):\n"
        "    found[name] = [tried(lambda: open(root / name)), tried(lambda: open(root / name, 'r+'))]\n"
        "found['own'] = [tried(lambda: open(here / 'input.json')), tried(lambda: open(root / 'agents/plain.py'))]"
    )
    found = looks(small, level, program)
    assert found.pop("own") == [None, None]
    assert all(None not in errors for errors in found.values()), found


def test_no_other_session_can_be_looked_into_or_written_to(small: Small, level: str) -> None:
    agent = (
        "mark('there', 'secret')\nwait_at('gate')\n"
        "others = Path(os.environ['SUPERVISOR_WORKSPACE']).parents[1]\nfound = []\n"
        "for number in (1, 2):\n"
        "    folder = others / f'job1-phase1-batch{number}-session1' / 'workspace'\n"
        "    for mode in ('r', 'w'):\n"
        "        try:\n            open(folder / 'there', mode).close()\n            found.append((number, mode))\n"
        "        except OSError:\n            pass\n"
        "write({i: [batch, found] for i in items})\n"
    )
    small.lay_out(numbered(2), agent=agent, settings={"sandbox": level}, phases=[{"batch_size": 1}])
    running = small.begin_run()
    for session in small.at_gate(count=2):
        open_gate(session)
    assert running.end() == 0, running.err
    assert small.main() == {f"i0{n}": [n, [[n, "r"], [n, "w"]]] for n in (1, 2)}


@pytest.mark.parametrize("path", ["/usr/here", "/etc/here", "/bin/here", "/opt/here"])
def test_nothing_of_the_system_can_be_written(small: Small, level: str, path: str) -> None:
    found = looks(small, level, f"found['error'] = tried(lambda: open({path!r}, 'w'))")
    assert not Path(path).exists()
    assert found["error"] is not None


def test_no_program_outside_can_be_run(small: Small, level: str, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    words = f"found['error'] = tried(lambda: subprocess.run([{str(program)!r}]))"
    assert looks(small, level, words)["error"] in ("PermissionError", "FileNotFoundError")


def test_neither_variables_nor_memory_of_other_processes_can_be_read(small: Small, level: str) -> None:
    program = "\n".join(
        f"found[{name!r}] = tried(lambda: open('/proc/{os.getpid()}/{name}', 'rb').read(1))"
        for name in ("environ", "mem", "maps")
    )
    assert None not in looks(small, level, program).values()


@needs_scopes
def test_no_process_of_the_machine_can_be_signalled(small: Small, level: str) -> None:
    program = f"found['error'] = tried(lambda: os.kill({os.getpid()}, 0))"
    assert looks(small, level, program)["error"] in ("PermissionError", "ProcessLookupError")


@needs_scopes
@pytest.mark.parametrize("level", [LANDLOCK])
def test_no_abstract_socket_outside_can_be_connected_to(small: Small, level: str) -> None:
    """Bubblewrap, whose names of these sockets are the network's, says that it does not keep them apart."""
    with socket.socket(socket.AF_UNIX) as server:
        name = f"\0of-somebody-else-{os.getpid()}"
        server.bind(name)
        server.listen()
        program = (
            "import socket\n"
            f"found['outside'] = tried(lambda: socket.socket(socket.AF_UNIX).connect({name!r}))\n"
            "own = socket.socket(socket.AF_UNIX)\nown.bind('\\0own-' + str(os.getpid()))\nown.listen()\n"
            "found['own'] = tried(lambda: socket.socket(socket.AF_UNIX).connect(own.getsockname()))"
        )
        assert looks(small, level, program) == {"outside": "PermissionError", "own": None}


def test_what_root_alone_may_read_is_hidden_from_an_agent_that_is_root(small: Small, level: str) -> None:
    found = looks(
        small,
        level,
        "for name in ('/etc/shadow', '/etc/gshadow'):\n"
        "    try:\n        found[name] = len(open(name).read())\n"
        "    except OSError:\n        found[name] = 0",
    )
    assert set(found.values()) == {0}


def test_it_has_no_capabilities_and_can_get_none(small: Small, level: str) -> None:
    found = looks(
        small,
        level,
        "status = dict(l.split(':', 1) for l in open('/proc/self/status').read().splitlines() if ':' in l)\n"
        "found['effective'] = int(status['CapEff'], 16)\n"
        "found['permitted'] = int(status['CapPrm'], 16)\n"
        "found['no_new'] = status['NoNewPrivs'].strip()\n"
        "found['mount'] = subprocess.run(['mount', '-t', 'tmpfs', 'x', '/mnt'], capture_output=True).returncode != 0",
    )
    assert found == {"effective": 0, "permitted": 0, "no_new": "1", "mount": True}


def test_what_is_named_readable_is_seen_and_cannot_be_written(small: Small, level: str, tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    (shelf / "book").write_text("words")
    program = (
        f"found = {{'read': open({str(shelf / 'book')!r}).read()}}\n"
        f"try:\n    open({str(shelf / 'note')!r}, 'w')\n    found['wrote'] = True\n"
        "except OSError:\n    found['wrote'] = False\n"
        "write({i: found for i in items})\n"
    )
    small.lay_out(numbered(1), agent=program, settings={"sandbox": level}, agent_settings={"readable": [str(shelf)]})
    small.run()
    assert small.main()["i01"] == {"read": "words", "wrote": False}
    assert not (shelf / "note").exists()


@pytest.mark.parametrize("left", ["setsid", "double fork", "ignores", "closed terminal"])
def test_whatever_it_starts_ends_with_it(small: Small, level: str, left: str) -> None:
    """The fixture looks for processes of the project that are left."""
    begin = {
        "setsid": "subprocess.Popen(['sleep', '100000'], start_new_session=True)",
        "double fork": "os.fork() or (os.setsid(), os.fork() or os.execvp('sleep', ['sleep', '100000']))",
        "ignores": "subprocess.Popen(['sh', '-c', 'trap \"\" TERM HUP INT; sleep 100000'], env={})",
        "closed terminal": "subprocess.Popen(['sleep', '100000'], stdin=-3, stdout=-3, stderr=-3, cwd='/', env={})",
    }[left]
    small.lay_out(numbered(2), agent=f"{begin}\n{ANSWER}", settings={"sandbox": level})
    small.run()
    assert small.main() == said(numbered(2))


def test_it_is_asked_to_leave_and_has_time_to(small: Small, level: str) -> None:
    agent = (
        "signal.signal(signal.SIGTERM, lambda *_: (mark('asked'), sys.exit()))\nwrite(answers())\ntime.sleep(100000)\n"
    )
    small.lay_out(numbered(2), agent=agent, settings={"sandbox": level, "finish_timeout": 0.2})
    small.run()
    (session,) = small.sessions()
    assert (session.workspace / "asked").exists()


def test_a_signal_that_ended_it_is_told(small: Small, level: str) -> None:
    small.lay_out(
        numbered(1),
        agent="os.kill(os.getpid(), signal.SIGSEGV)\n",
        settings={"sandbox": level},
        phases=[{"max_attempts": 1}],
    )
    small.run(status=1)
    assert "the session ended with signal 11" in small.progress


def test_nothing_is_left_when_its_supervisor_is_killed(small: Small, level: str) -> None:
    small.lay_out(numbered(2), agent="mark('began')\ntime.sleep(100000)\n", settings={"sandbox": level})
    running = small.begin_run()
    small.marked("began")
    running.kill()


def test_a_program_by_a_script_in_another_place_finds_its_interpreter(small: Small, level: str, tmp_path: Path) -> None:
    script = tmp_path / "tools" / "mine"
    script.parent.mkdir()
    script.write_text(
        f"#!{sys.executable}\nimport json, os\nfrom pathlib import Path\n"
        "asked = json.load(open(os.environ['SUPERVISOR_INPUT_FILE']))['items']\n"
        "json.dump({i: {'said': p} for i, p in asked.items()}, open(os.environ['SUPERVISOR_OUTPUT_FILE'], 'w'))\n"
    )
    script.chmod(0o755)
    small.lay_out(numbered(2), settings={"sandbox": level})
    text = (small.root / "supervisor.toml").read_text()
    small.write("supervisor.toml", f'{text}\n[agents.script]\ncommand = ["{script}"]\n')
    small.run("--agent", "script")
    assert small.main() == said(numbered(2))


def test_a_program_behind_a_version_managers_shim_is_found_with_its_manager(
    small: Small, level: str, tmp_path: Path
) -> None:
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
    small.lay_out(numbered(1), settings={"sandbox": level})
    text = (small.root / "supervisor.toml").read_text()
    small.write("supervisor.toml", f'{text}\n[agents.managed]\ncommand = ["{manager}/shims/agent"]\n')
    small.run("--agent", "managed")
    assert small.main() == {"i01": "found"}


def test_the_input_of_a_retry_reaches_it_as_well(small: Small, level: str) -> None:
    agent = "write(answers() if session > 1 else {'i01': {'said': items['i01']}})\n"
    small.lay_out(numbered(2), agent=agent, settings={"sandbox": level})
    small.run()
    assert json.loads((small.sessions()[1].workspace / "input.json").read_text())["items"] == {"i02": {"n": 2}}
