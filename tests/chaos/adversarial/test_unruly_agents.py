"""Agents that will not leave, leave something behind, change their mind, or write what nobody should read."""

from __future__ import annotations

import os
import signal

import pytest

from tests.support import processes
from tests.support.processes import Process
from tests.support.project_folder import Session
from tests.support.scripted_project import Small, numbered, open_gate, said

SOON = {"finish_timeout": 0.2}
"""Of agents that stay after their answer."""
LEFT_BEHIND = """
def leave_behind(clean):
    '''A grandchild of another session, whose parent is gone: a daemon.'''
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.chdir("/")
            for number in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            if clean and len(sys.argv) < 2:
                os.execve(sys.executable, [sys.executable, "-I", "-S", "-c", DAEMON], {"HERE": str(here)})
            exec(DAEMON.replace('os.environ["HERE"]', repr(str(here))))
        os._exit(0)
    os.wait()


DAEMON = '''
import os, signal, time
from pathlib import Path
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
here = Path(os.environ["HERE"])
(here / ".daemon").write_text(str(os.getpid()))
(here / ".daemon").rename(here / "daemon")
time.sleep(100000)
'''


def wait_for(name):
    while not (here / name).exists():
        time.sleep(0.01)


"""


def left_by(session: Session) -> Process | None:
    """The daemon that a session left behind, where it still runs."""
    pid = int((session.workspace / "daemon").read_text())
    try:
        found = processes.process(pid)
    except AssertionError:
        return None
    return found


@pytest.mark.parametrize("clean", [False, True], ids=["with its environment", "with another environment"])
@pytest.mark.parametrize(
    "ends",
    ["write(answers())\n", "write(answers())\ntime.sleep(100000)\n"],
    ids=["the agent ends", "the agent stays"],
)
def test_a_daemon_that_an_agent_left_behind_does_not_survive_its_session(small: Small, clean: bool, ends: str) -> None:
    agent = f"{LEFT_BEHIND}leave_behind({clean})\nwait_for('daemon')\n{ends}"
    small.lay_out(numbered(2), agent=agent, settings=SOON).run()
    (session,) = small.sessions()
    assert left_by(session) is None
    assert small.main() == said(numbered(2))


def test_children_of_all_kinds_end_with_their_session(small: Small) -> None:
    brood = """
quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
brood = [
    subprocess.Popen(["sleep", "100000"]),
    subprocess.Popen(["sleep", "100000"], start_new_session=True),
    subprocess.Popen(["nohup", "sleep", "100000"], **quiet),
    subprocess.Popen(["sh", "-c", "trap '' TERM HUP INT; sleep 100000 & wait"], process_group=0),
    subprocess.Popen(["setsid", "-f", "sleep", "100000"], **quiet),
]
mark("brood", json.dumps([each.pid for each in brood]))
write(answers())
"""
    small.lay_out(numbered(2), agent=brood).run()
    assert small.main() == said(numbered(2))
    processes.none_left(small.root)


def test_an_agent_that_ignores_sigterm_is_ended_all_the_same(small: Small) -> None:
    deaf = """
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
mark("pid", os.getpid())
write(answers())
time.sleep(100000)
"""
    small.lay_out(numbered(2), agent=deaf, settings=SOON).run()
    assert small.main() == said(numbered(2))
    assert small.rows("SELECT exit_status FROM attempts") == [{"exit_status": -signal.SIGKILL}]
    processes.none_left(small.root)


def test_a_stopped_agent_is_ended_all_the_same(small: Small) -> None:
    agent = "write(answers())\nos.kill(os.getpid(), signal.SIGSTOP)\n"
    small.lay_out(numbered(2), agent=agent, settings=SOON).run()
    assert small.main() == said(numbered(2))
    processes.none_left(small.root)


def test_an_agent_that_stays_after_writing_is_asked_to_leave_and_its_output_taken(small: Small) -> None:
    stays = """
signal.signal(signal.SIGTERM, lambda *_: (mark("asked_to_leave"), sys.exit(0)))
write(answers())
time.sleep(100000)
"""
    small.lay_out(numbered(2), agent=stays, settings=SOON).run()
    assert small.main() == said(numbered(2))
    (session,) = small.sessions()
    assert (session.workspace / "asked_to_leave").exists()
    assert small.rows("SELECT outcome, exit_status FROM attempts") == [{"outcome": "passed", "exit_status": 0}]


@pytest.mark.parametrize("how", ["rename", "in place", "in pieces"])
def test_of_outputs_written_one_after_the_other_within_the_quiet_period_the_last_counts(small: Small, how: str) -> None:
    rewrites = {
        "rename": "put = write\n",
        "in place": "put = lambda value: output.write_text(json.dumps(value))\n",
        "in pieces": """
def put(value):
    text = json.dumps(value)
    with open(output, "w") as file:
        for place in range(0, len(text), 7):
            file.write(text[place:place + 7])
            file.flush()
            os.fsync(file.fileno())
""",
    }[how]
    agent = f"{rewrites}\nfor turn in range(20):\n    put({{i: {{'said': turn}} for i in items}})\nput(answers())\n"
    small.lay_out(numbered(2), agent=f"{agent}time.sleep(100000)\n", settings={"finish_timeout": 3}).run()
    assert small.main() == said(numbered(2))
    assert len(small.sessions()) == 1


def test_a_half_written_output_is_no_error_while_the_agent_still_works(small: Small) -> None:
    slow = """
text = json.dumps(answers())
output.write_text(text[:10])
wait_at("gate")
output.write_text(text)
time.sleep(100000)
"""
    small.lay_out(numbered(2), agent=slow, settings=SOON)
    running = small.begin_run()
    (session,) = small.at_gate()
    open_gate(session)
    assert running.end() == 0
    assert len(small.sessions()) == 1
    assert small.main() == said(numbered(2))


def test_an_output_written_by_another_process_after_the_agent_ended_is_not_taken(small: Small) -> None:
    late = LEFT_BEHIND.replace(
        "time.sleep(100000)", "time.sleep(0.3)\n(here / 'phase1_batch_1.json').write_text('{\"i01\": 1}')"
    )
    agent = f"{late}\nif session == 1:\n    leave_behind(False)\n    sys.exit(0)\nwrite(answers())\n"
    small.lay_out(numbered(1), agent=agent).run()
    assert small.main() == said(numbered(1))
    assert len(small.sessions()) == 2


def test_a_session_that_takes_too_long_is_ended_and_tried_again(small: Small) -> None:
    hangs = "time.sleep(100000) if session == 1 else write(answers())\n"
    small.lay_out(numbered(2), agent=hangs, phases=[{"timeout": 1}]).run()
    assert "timed_out" in small.sessions()[1].prompt.partition("# RETRY")[2]
    assert small.main() == said(numbered(2))


def test_an_agent_killed_in_its_session_is_tried_again(small: Small) -> None:
    small.lay_out(numbered(4), agent="mark('pid', os.getpid())\nwait_at('gate')\nwrite(answers())\n")
    running = small.begin_run()
    first, second = small.at_gate(count=2)
    os.kill(int((first.workspace / "pid").read_text()), signal.SIGKILL)
    again = small.at_gate(count=3)
    (third,) = [session for session in again if session.name not in (first.name, second.name)]
    for session in (second, third):
        open_gate(session)
    assert running.end() == 0
    assert "signal 9" in third.prompt.partition("# RETRY")[2]
    assert small.main() == said(numbered(4))


RIGHT = "(here / 'x').write_text(json.dumps(answers()))\n"
UNTRUSTED = {
    "a symbolic link": (RIGHT + "os.symlink('x', output)\n", "not_a_file"),
    "a link out of the workspace": (
        "other = Path(os.environ['HOME']) / 'x'\nother.write_text(json.dumps(answers()))\nos.symlink(other, output)\n",
        "not_a_file",
    ),
    "a hard link": (RIGHT + "os.link(here / 'x', output)\n", "linked_file"),
    "a pipe": ("os.mkfifo(output)\n", "not_a_file"),
    "a folder": ("os.mkdir(output)\n", "not_a_file"),
    "more than is read": ("output.write_text(json.dumps(answers()) + ' ' * 5000)\n", "too_large"),
    "not UTF-8": ('output.write_bytes(b\'{"i01": {"said": "\\xff"}}\')\n', "invalid_utf8"),
    "NaN": ('output.write_text(\'{"i01": {"said": NaN}}\')\n', "not_finite"),
    "a doubled member": ('output.write_text(\'{"i01": {"said": 1, "said": 1}}\')\n', "doubled_name"),
    "a doubled id": ('output.write_text(\'{"i01": {"said": 1}, "i01": {"said": 1}}\')\n', "doubled_item"),
    "too deep": ("output.write_text('{\"i01\": ' + '[' * 300 + ']' * 300 + '}')\n", "too_deep"),
    "an array for an object": ("output.write_text('[]')\n", "wrong_shape"),
    "nothing": ("output.write_text('')\n", "not_json"),
}


@pytest.mark.parametrize(("doing", "kind"), UNTRUSTED.values(), ids=list(UNTRUSTED))
def test_an_output_that_cannot_be_trusted_is_refused_and_asked_for_again(small: Small, doing: str, kind: str) -> None:
    first_time = doing.strip().replace("\n", "\n    ")
    agent = f"if session == 1:\n    {first_time}\nelse:\n    write(answers())\n"
    small.lay_out(numbered(1), agent=agent, settings={"max_output_bytes": 4000}).run()
    assert small.main() == said(numbered(1))
    _, second = small.sessions()
    assert f"- type: {kind}\n" in second.prompt.partition("# RETRY")[2]


def test_a_session_sees_its_own_home_and_only_the_variables_it_is_to_see(small: Small) -> None:
    agent = "mark('environment', json.dumps(dict(os.environ)))\nwrite(answers())\n"
    small.lay_out(numbered(1), agent=agent)
    running = small.begin("run", "small", "demo", SECRET_OF_THE_USER="x", SUPERVISOR_CONCURRENCY="2")
    assert running.end() == 0
    (session,) = small.sessions()
    text = (session.workspace / "environment").read_text()
    assert "SECRET_OF_THE_USER" not in text
    assert f'"HOME": "{session.folder / "home"}"' in text


def test_an_agent_that_prints_without_end_fills_no_disk_and_holds_nothing_up(small: Small) -> None:
    loud = "for _ in range(2000):\n    os.write(1, b'x' * 999 + b'\\n')\nwrite(answers())\n"
    small.lay_out(numbered(2), agent=loud, settings={"max_transcript_bytes": 5000}).run()
    (session,) = small.sessions()
    assert 5000 <= (session.folder / "transcript.txt").stat().st_size < 5200
    assert "not kept" in (session.folder / "transcript.txt").read_text()
    assert small.main() == said(numbered(2))


def test_an_agent_sees_a_terminal(small: Small) -> None:
    agent = "write({i: {'said': [os.isatty(n) for n in (0, 1, 2)]} for i in items})\n"
    small.lay_out(numbered(1), agent=agent).run()
    assert small.main() == {"i01": {"said": [True, True, True]}}
