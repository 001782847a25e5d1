"""Starts a program as the leader of a session of its own, on a terminal of its own (setsid(2), pty(7))."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import stat
import struct
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pexpect
from ptyprocess import PtyProcess

from supervisor.executors.local.sandbox.landlock import restrict
from supervisor.host import fd_limit
from supervisor.text.terminal_size import COLUMNS, ROWS

_SPAWNED_LIMITS = {"RLIMIT_FSIZE"}
"""Limits of this process that may be lowered for the moment of a spawn without any harm to it."""


class TerminalProcess(NamedTuple):
    """A process just started."""

    pid: int
    terminal: int
    """The master side of its terminal."""


def start(
    argv: list[str],
    env: dict[str, str],
    cwd: str,
    *,
    stdin: str | None,
    limits: dict[str, int],
    groups: list[str],
    files: int,
    allowed: dict[str, list[str]] | None = None,
) -> TerminalProcess:
    """Start a program with exactly these variables; FileNotFoundError or PermissionError where it is not one that can
    be started, OSError where the system refuses a process.

    `stdin` is a file to read from instead of the terminal, `limits` are names in `resource` with their values, `groups`
    are files that take the pid of a new member, `files` is the soft limit of open files where `limits` says nothing,
    `allowed` has the files that it may open besides its terminal, see `sandbox.landlock`; None: those of its user.
    """
    program = pexpect.which(argv[0], env=env)
    if program is None:
        raise FileNotFoundError(f"The command was not found or was not executable: {argv[0]}.")
    needs_fork = groups or not set(limits) <= _SPAWNED_LIMITS or os.stat(program).st_mode & stat.S_ISUID
    if needs_fork or not sys.platform.startswith("linux"):
        return _fork([program, *argv[1:]], env, cwd, _preparation(stdin, limits, groups, files, allowed))
    return _spawn(program, argv, env, cwd, stdin, limits, files, allowed)


def _spawn(
    program: str,
    argv: list[str],
    env: dict[str, str],
    cwd: str,
    stdin: str | None,
    limits: dict[str, int],
    files: int,
    allowed: dict[str, list[str]] | None,
) -> TerminalProcess:
    """By posix_spawn(3), which copies nothing of this process: a quarter of what a fork costs.

    On Linux the first terminal that the leader of a session opens becomes the one that controls it.
    """
    master, slave = os.openpty()
    try:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        attributes = termios.tcgetattr(slave)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        actions = [
            (os.POSIX_SPAWN_OPEN, 1, os.ttyname(slave), os.O_RDWR, 0),
            (os.POSIX_SPAWN_DUP2, 1, 2),
            (os.POSIX_SPAWN_DUP2, 1, 0) if stdin is None else (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
        ]

        def spawned() -> int:
            if allowed is not None:
                restrict({**allowed, "terminal": [os.ttyname(slave)]})
            return os.posix_spawn(program, argv, env, file_actions=actions, setsid=True, setsigmask=[])

        with _working_in(cwd), _limited(limits, files):
            pid = spawned() if allowed is None else _by_another_thread(spawned)
    except BaseException:
        os.close(master)
        raise
    finally:
        os.close(slave)
    for name, value in limits.items():  # it has them as soft limits since its first moment; now it cannot lift them
        resource.prlimit(pid, getattr(resource, name), _lowered(name, value))
    return TerminalProcess(pid, master)


def _by_another_thread(work: Callable[[], int]) -> int:
    """What the work returns, or raises. What it takes away from its thread is taken from that and what it starts alone.

    It is over before anything else is done, so that no fork finds another thread.
    """
    results: list[int] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


@contextlib.contextmanager
def _working_in(folder: str) -> Iterator[None]:
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir("/")


@contextlib.contextmanager
def _limited(limits: dict[str, int], files: int) -> Iterator[None]:
    """Change this process's own soft limits, which a new process inherits."""
    soft = {resource.RLIMIT_NOFILE: files}
    soft |= {getattr(resource, name): _lowered(name, value)[0] for name, value in limits.items()}
    before = {kind: resource.getrlimit(kind) for kind in soft}
    for kind, value in soft.items():
        resource.setrlimit(kind, (value, before[kind][1]))
    try:
        yield
    finally:
        for kind, both in before.items():
            resource.setrlimit(kind, both)


def _fork(argv: list[str], env: dict[str, str], cwd: str, prepare: Callable[[], None]) -> TerminalProcess:
    """By fork(2), where something has to be done in the new process before it becomes the program."""
    process = _Forked.spawn(argv, cwd=cwd, env=env, echo=False, preexec_fn=prepare, dimensions=(ROWS, COLUMNS))
    return TerminalProcess(process.pid, os.dup(process.fileno()))


class _Forked(PtyProcess):  # type: ignore[misc]  # it has no types
    """Who it is, and when it ends, is followed by its pid alone: with this object only its own file is closed, while
    one of the library's own would end the process."""

    def __del__(self) -> None:
        self.fileobj.close()


def _preparation(
    stdin: str | None,
    limits: dict[str, int],
    groups: list[str],
    files: int,
    allowed: dict[str, list[str]] | None,
) -> Callable[[], None]:
    """What the new process does before it becomes the program."""

    def prepare() -> None:
        terminal = os.ttyname(1)
        for file in groups:
            with open(file, "w", encoding="ascii") as members:
                members.write(str(os.getpid()))
        fd_limit.set_soft_limit(files)
        for name, value in limits.items():
            resource.setrlimit(getattr(resource, name), _lowered(name, value))
        if stdin is not None:  # what is typed into a terminal has a limit to its lines, a file has none
            file_number = os.open(stdin, os.O_RDONLY)
            os.dup2(file_number, 0)
            os.close(file_number)
        if allowed is not None:
            restrict({**allowed, "terminal": [terminal]})

    return prepare


def _lowered(name: str, value: int) -> tuple[int, int]:
    """A limit, soft and hard, that is not above the one that holds already."""
    _, hard = resource.getrlimit(getattr(resource, name))
    lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
    return lowest, lowest
