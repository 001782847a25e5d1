"""Room for sessions: what the machine does not allow is found out before any is started, and said with its remedy."""

from __future__ import annotations

import os
import re
import resource
import subprocess

import pytest

from supervisor.host.cgroups import hierarchies
from tests.support.project_folder import PROGRAM, Running
from tests.support.project_processes import holder
from tests.support.sandboxes import needs_bubblewrap
from tests.support.scripted_project import ANSWER, PIPELINE, TARGET, Small, numbered, open_gate, said
from tests.support.waiting import until

MANY = 16
TELLS_ITS_LIMIT = """\
import resource
print("hello", flush=True)
mark("limit", resource.getrlimit(resource.RLIMIT_NOFILE))
wait_at("gate")
write(answers())
"""
NAME_SPACES = ("unshare", "--mount", "--user", "--map-root-user")
PRINTS = "print('hello', flush=True)\n" + ANSWER


def lay_out(small: Small, agent: str = PRINTS, *, sandbox: str = "workspace", concurrency: int = MANY) -> Small:
    """Sixteen batches, by an agent that also prints something."""
    settings = {"concurrency": concurrency, "sandbox": sandbox}
    return small.lay_out(numbered(MANY), agent=agent, phases=({"batch_size": 1},), settings=settings)


def with_files(small: Small, soft: int, hard: int) -> Running:
    """`supervisor run`, allowed so many open files."""
    words = ["prlimit", f"--nofile={soft}:{hard}", *PROGRAM, "run", PIPELINE, TARGET]
    return Running(words, small.root, small.environment())


def faults(small: Small) -> list[str]:
    """What went wrong for want of something."""
    return [e["text"] for kind in ("machine_fault", "session_not_started") for e in small.events(kind)]


@pytest.mark.parametrize(("files", "sessions"), [(30, "1 session"), (40, "6 sessions"), (58, "15 sessions")])
def test_few_open_files_make_fewer_sessions_at_once_and_no_faults(files: int, sessions: str, small: Small) -> None:
    lay_out(small)
    run = with_files(small, files, files)
    assert run.end() == 0, run.err
    assert small.main() == said(numbered(MANY))
    assert faults(small) == []
    line = f"{sessions} at once, not 16: {files} open files for one process (hard limit); `ulimit -n 60` as root"
    assert line in small.progress
    assert any(line in each for each in run.lines)
    assert small.progress.count(" at once, not ") == 1
    assert f"{sessions.split(maxsplit=1)[0]} sessions at once\n" in small.progress


def test_no_more_sessions_run_at_once_than_there_is_room_for_and_the_status_says_why(small: Small) -> None:
    lay_out(small, TELLS_ITS_LIMIT)
    run = with_files(small, 32, 32)
    done: set[str] = set()
    while len(done) < MANY:
        standing = [each for each in small.at_gate(count=min(2, MANY - len(done))) if each.name not in done]
        assert len(standing) <= 2
        assert "2 sessions at once, not 16: 32 open files" in small.done("status").out
        done.add(standing[0].name)
        open_gate(standing[0])
    assert run.end() == 0, run.err
    assert "at once" not in small.done("status").out


def test_all_jobs_of_a_daemon_share_the_room_that_there_is(small: Small) -> None:
    lay_out(small, TELLS_ITS_LIMIT, concurrency=2)
    words = ["prlimit", "--nofile=40:40", *PROGRAM, "daemon", "--stay"]
    daemon = Running(words, small.root, small.environment())
    until(lambda: holder(small.state), "a daemon")
    small.done("start", PIPELINE, TARGET, "--concurrency", str(MANY))
    standing = small.at_gate(count=6)
    small.done("start", PIPELINE, "another")
    until(lambda: len(small.events("job_started")) == 2, "a second job")
    open_gate(standing[0])
    small.marked("limit", count=7)
    assert len(small.at_gate(count=6)) == 6
    assert daemon.ask_to_end() == 3


def test_where_not_even_one_session_is_possible_it_is_said_and_the_same_command_goes_on_later(small: Small) -> None:
    lay_out(small)
    run = with_files(small, 28, 28)
    assert run.end() == 4
    assert "supervisor: not even one session is possible: 28 open files for one process (hard limit)\n" in run.err
    assert "`ulimit -n 60` as root before it starts, or `LimitNOFILE=60` for systemd" in run.err
    assert small.sessions() == []
    small.run()
    assert small.main() == said(numbered(MANY))


def test_with_nothing_left_to_do_no_room_is_needed(small: Small) -> None:
    lay_out(small).run()
    run = with_files(small, 28, 28)
    assert run.end() == 0, run.err


def test_a_soft_limit_is_raised_for_the_supervisor_and_not_for_its_sessions(small: Small) -> None:
    lay_out(small, TELLS_ITS_LIMIT)
    run = with_files(small, 30, 4096)
    standing = small.at_gate(count=MANY)
    assert {(each.workspace / "limit").read_text() for each in standing} == {"(30, 4096)"}
    assert resource.prlimit(run.pid, resource.RLIMIT_NOFILE)[0] < 4096
    for each in standing:
        open_gate(each)
    assert run.end() == 0, run.err
    assert "at once, not" not in small.progress


def test_a_limit_of_open_files_that_was_set_for_sessions_is_the_one_they_get(small: Small) -> None:
    lay_out(small, TELLS_ITS_LIMIT.replace('wait_at("gate")\n', ""))
    small.write("supervisor.toml", (small.root / "supervisor.toml").read_text() + "[limits]\nopen_files = 50\n")
    assert with_files(small, 30, 4096).end() == 0
    assert {(each.workspace / "limit").read_text() for each in small.sessions()} == {"(50, 50)"}


def with_less(small: Small, less: dict[str, int], *words: str) -> Running:
    """`supervisor WORDS` where some of the system's numbers are smaller, in name spaces of its own.

    Those of the user are set, as they are there; over the others files are laid in which they are smaller.
    """
    tried = [*NAME_SPACES, "mount", "--bind", "/dev/null", "/proc/sys/kernel/pty/max"]
    if subprocess.run(tried, capture_output=True, check=False).returncode != 0:
        pytest.skip("no name spaces can be made here")
    script = ""
    for number, (name, value) in enumerate(less.items()):
        over = small.write(f".less-{number}", f"{value}\n")
        set_here = name.startswith("user/")
        script += f"cat {over} > /proc/sys/{name} && " if set_here else f"mount --bind {over} /proc/sys/{name} && "
    return Running(
        [*NAME_SPACES, "sh", "-c", script + 'exec "$@"', "sh", *PROGRAM, *words], small.root, small.environment()
    )


@pytest.mark.parametrize(
    ("less", "line"),
    [
        (
            {"kernel/pty/max": 1034},
            r"(warn|FAIL)  terminals: \d+ sessions? at once, not 16:"
            r" 1034 terminals on this machine, 1024 reserved, \d+ taken; `sysctl kernel\.pty\.max=\d+` makes room",
        ),
        (
            {"kernel/pid_max": 301},
            r"FAIL  processes: 0 sessions at once, not 16: kernel\.pid_max is 301, \d+ processes run;"
            r" `sysctl kernel\.pid_max=\d+` makes room",
        ),
        (
            {"kernel/threads-max": 301},
            r"FAIL  processes: 0 sessions at once, not 16: kernel\.threads-max is 301, \d+ processes run;"
            r" `sysctl kernel\.threads-max=\d+` makes room",
        ),
        (
            {"user/max_inotify_watches": 5},
            r"warn  inotify watches: file events for 4 sessions at once, not 16: 5 inotify watches for this user;"
            r" `sysctl fs\.inotify\.max_user_watches=32 user\.max_inotify_watches=32` makes room;"
            r" the others are looked at once a second",
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_the_doctor_names_what_there_is_too_little_of_and_what_makes_room(
    less: dict[str, int], line: str, small: Small
) -> None:
    run = with_less(lay_out(small), less, "doctor")
    run.end()
    subject = line.partition("  ")[2].partition(":")[0]
    shown = [each for each in run.lines if each.partition("  ")[2].startswith(f"{subject}:")]
    assert len(shown) == 1, run.lines
    assert re.fullmatch(line, shown[0]), shown


@needs_bubblewrap
def test_the_doctor_names_the_name_spaces_that_sandboxes_need(small: Small) -> None:
    run = with_less(lay_out(small, sandbox="bubblewrap"), {"user/max_uts_namespaces": 5}, "doctor")
    run.end()
    line = "warn  name spaces of sandboxes: 5 sessions at once, not 16: user.max_uts_namespaces is 5;"
    assert any(each.startswith(line) for each in run.lines), run.lines


def test_sessions_beyond_the_inotify_watches_are_looked_at_once_a_second_and_that_is_said(small: Small) -> None:
    lay_out(small, ANSWER + "signal.pause()\n")
    run = with_less(small, {"user/max_inotify_watches": 5}, "run", PIPELINE, TARGET)
    assert run.end() == 0, run.err
    assert small.main() == said(numbered(MANY))
    assert "file events for 4 sessions at once, not 16: 5 inotify watches for this user; `sysctl" in small.progress
    assert run.err.count("this user has no more inotify watches: some sessions are looked at once a second;") == 1


def test_without_file_events_outputs_are_looked_for_once_a_second_and_that_is_said(small: Small) -> None:
    lay_out(small, ANSWER + "signal.pause()\n")
    run = with_less(small, {"user/max_inotify_instances": 0}, "run", PIPELINE, TARGET)
    assert run.end() == 0, run.err
    assert small.main() == said(numbered(MANY))
    line = "outputs are noticed by a look every second (no inotify: Too many open files; `sysctl fs.inotify.max_user_"
    assert line in run.err


def test_a_control_group_that_allows_few_processes_makes_fewer_sessions_at_once(small: Small) -> None:
    parent = next((folder for names, folder in hierarchies().items() if "pids" in names), None)
    if parent is None:
        pytest.skip("no control group that counts processes can be made here")
    lay_out(small)
    group = parent / f"room-test-{os.getpid()}-{small.root.parent.name}"
    group.mkdir()
    try:
        (group / "pids.max").write_text("20")
        joins = ["sh", "-c", f'echo $$ > "{group}/cgroup.procs"; exec "$@"', "sh"]
        run = Running([*joins, *PROGRAM, "run", PIPELINE, TARGET], small.root, small.environment())
        assert run.end() == 0, run.err
        until(lambda: not (group / "cgroup.procs").read_text(), "an empty group")
    finally:
        group.rmdir()
    assert small.main() == said(numbered(MANY))
    assert faults(small) == []
    assert re.search(r"1\d sessions at once, not 16: 20 processes in this control group, \d run; `Tas", small.progress)
