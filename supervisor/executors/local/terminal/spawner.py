"""The spawner: a small process of one thread that forks every session under a PTY, and sees to it that all of it ends.

It is a process of its own for three reasons. A fork from a process with threads can hang the child; this one has none.
A fork costs by the memory of the parent; this one holds little. And when the supervisor is killed, its socket closes,
so the spawner ends every session at once: nothing is left that burns quota.

Requests come over a Unix socket, one JSON object a line: `spawn`, `end`, `forget`. Replies go back in the same form;
the reply to `spawn` carries the master side of the PTY as a file descriptor.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import os
import selectors
import signal
import socket
import sys
import time
from typing import Any

from supervisor.executors.local.terminal.pty_process import start
from supervisor.executors.local.terminal.terminal_drain import TerminalDrain
from supervisor.failpoints import reached
from supervisor.host import fd_limit, process_tree

_NEVER = {
    errno.ENOEXEC: "it is no program, nor a script with a first line such as #!/bin/sh",
    errno.E2BIG: "its words and variables are too long together",
}
"""What no later try changes either, in words."""
_SURVIVOR_PATIENCE_S = 5.0
_SHELL_SIGNAL = 128
_OWN_FILES = 16
"""Files that are open besides the terminals of sessions."""


class _Session:
    """A process that leads a session, from its fork until nothing of it is left."""

    def __init__(self, name: str, mark: str, pid: int, end_note: str, *, wrapped: bool) -> None:
        self.name = name
        self.mark = mark
        self.pid = pid
        self.end_note = end_note
        self.cut_off = False
        """Whether it is ended before it came to its end."""
        self.wrapped = wrapped
        """Whether its process is a sandbox with the agent in it."""
        self.exit_status: int | None = None
        self.exited = False
        self.kill_at: float | None = None
        self.give_up_at: float | None = None


class Spawner:
    """The loop: requests, ended children, and deadlines for those that were asked to leave."""

    def __init__(self, channel: socket.socket, session_files: int) -> None:
        self._channel = channel
        self._session_files = session_files
        """The soft limit of open files that sessions get."""
        self._sessions: dict[int, _Session] = {}
        self._names: dict[str, _Session] = {}
        self._drains: dict[str, TerminalDrain] = {}
        self._incoming = b""
        self._own_note = {"spawner": os.getpid(), "spawner_ticks": process_tree.start_ticks(os.getpid())}
        self._subreaper = process_tree.become_subreaper()

    def run(self) -> None:
        """Serve until the supervisor's side of the socket closes, then end every session."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        # Handled and not ignored, since what is ignored would stay so in the sessions.
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, lambda *_: None)
        gc.freeze()
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            selector.register(wake_read, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select(self._patience()):
                    if key.fileobj is self._channel:
                        if not self._serve():
                            self._end_everything()
                            return
                    else:
                        with contextlib.suppress(BlockingIOError):
                            os.read(wake_read, 4096)
                self._reap()
                self._keep_deadlines()

    def _serve(self) -> bool:
        try:
            data = self._channel.recv(1 << 16)
        except ConnectionError:
            return False
        if not data:
            return False
        *lines, self._incoming = (self._incoming + data).split(b"\n")
        for line in lines:
            request = json.loads(line)
            if request["do"] == "spawn":
                self._spawn(request)
            elif request["do"] == "end":
                self._ask_to_end(request["name"], request["grace_s"], final=request["final"])
            else:
                self._forget(request["names"])
        return True

    def _spawn(self, request: dict[str, Any]) -> None:
        name = request["name"]
        self._forget(request["forget"])
        fd_limit.raise_limit(_OWN_FILES + len(self._drains))
        reached("spawner.before_fork")
        try:
            pid, terminal = start(
                request["argv"],
                request["env"],
                request["cwd"],
                stdin=request["stdin"],
                limits=request["limits"],
                groups=request["groups"],
                files=self._session_files,
                allowed=request["allowed"],
            )
        except (OSError, ValueError) as error:
            lasting = _NEVER.get(error.errno or 0) if isinstance(error, OSError) else None
            missing = isinstance(error, (FileNotFoundError, PermissionError)) or lasting is not None
            said = lasting or (str(error) if missing else getattr(error, "strerror", None) or str(error))
            self._reply({"told": "not_spawned", "name": name, "missing": missing, "message": said})
            return
        reached("spawner.forked")
        started_ticks = process_tree.start_ticks(pid) or 0
        _note(request["note"], {"pid": pid, "started_ticks": started_ticks, **request["noted"], **self._own_note})
        reached("spawner.noted")
        mark = request["env"].get(process_tree.SESSION_VARIABLE, "")
        session = _Session(name, mark, pid, request["end_note"], wrapped=request["wrapped"])
        self._sessions[pid] = self._names[name] = session
        reply = {"told": "spawned", "name": name, "pid": pid, "started_ticks": started_ticks}
        self._drains[name] = TerminalDrain(terminal, request["transcript"], request["secrets"])
        self._reply(reply, terminal)
        reached("spawner.replied")

    def _forget(self, names: list[str]) -> None:
        """The supervisor has read all that these sessions printed."""
        for name in names:
            drain = self._drains.pop(name, None)
            if drain is not None:
                drain.close()

    def _ask_to_end(self, name: str, grace_s: float, *, final: bool) -> None:
        session = self._names.get(name)
        if session is None or session.exited:
            return
        session.cut_off = session.cut_off or not final
        if grace_s > 0:
            reached("spawner.before_ask")
            self._ask_to_leave(session)
            reached("spawner.asked")
            session.kill_at = time.monotonic() + grace_s
        else:
            _kill(session)

    def _ask_to_leave(self, session: _Session) -> None:
        leader = session.pid
        if not session.wrapped:
            process_tree.send_to_group(leader, signal.SIGTERM)
            process_tree.send_to_group(leader, signal.SIGCONT)
            return
        # The sandbox's own two processes would take everything with them at once.
        sandbox = {leader, *process_tree.children(leader)}
        inside = [pid for pid in process_tree.descendants(leader) if pid not in sandbox]
        for pid in inside or [leader]:
            process_tree.send(pid, signal.SIGTERM)
            process_tree.send(pid, signal.SIGCONT)

    def _reap(self) -> None:
        anything = False
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            anything = True
            session = self._sessions.get(pid)
            if session is not None:
                reached("spawner.reaped")
                session.exited = True
                session.exit_status = _unwrapped(os.waitstatus_to_exitcode(status), wrapped=session.wrapped)
                session.give_up_at = time.monotonic() + _SURVIVOR_PATIENCE_S
                if not session.cut_off:
                    _note(session.end_note, {"exit_status": session.exit_status})
                    reached("spawner.end_noted")
        if anything:
            self._sweep()

    def _sweep(self) -> None:
        """End what ended sessions left behind, and report the sessions of which nothing is left."""
        ended = [session for session in self._sessions.values() if session.exited]
        if not ended:
            return
        remaining: set[str] = set()
        running = {session.mark for session in self._sessions.values() if not session.exited}
        for pid in process_tree.children(os.getpid()):
            if pid in self._sessions:
                continue
            owner = process_tree.session_mark(pid)
            if owner in running:
                continue
            reached("spawner.before_sweep")
            process_tree.send_to_group(pid, signal.SIGKILL)
            process_tree.send(pid, signal.SIGKILL)
            reached("spawner.swept")
            remaining.add(owner or "")
        now = time.monotonic()
        for session in ended:
            if not remaining or session.mark not in remaining or now >= (session.give_up_at or 0):
                del self._sessions[session.pid]
                del self._names[session.name]
                self._reply(
                    {
                        "told": "ended",
                        "name": session.name,
                        "exit_status": session.exit_status,
                    }
                )

    def _patience(self) -> float | None:
        """Seconds until the next deadline; None: wait for an event."""
        deadlines = [s.kill_at for s in self._sessions.values() if s.kill_at is not None]
        deadlines += [s.give_up_at for s in self._sessions.values() if s.give_up_at is not None]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _keep_deadlines(self) -> None:
        now = time.monotonic()
        overdue = False
        for session in self._sessions.values():
            if session.kill_at is not None and now >= session.kill_at:
                session.kill_at = None
                _kill(session)
            overdue = overdue or (session.give_up_at is not None and now >= session.give_up_at)
        if overdue:
            self._sweep()

    def _end_everything(self) -> None:
        self._reap()  # those that came to their end by themselves, just before
        reached("spawner.before_kill_all")
        for session in self._sessions.values():
            if not session.exited:
                process_tree.send_to_group(session.pid, signal.SIGKILL)
        self._end_descendants()
        reached("spawner.killed_all")
        for drain in self._drains.values():
            drain.keep()

    def _end_descendants(self) -> None:
        while self._subreaper:
            left = process_tree.descendants(os.getpid())
            for pid in left:
                process_tree.send(pid, signal.SIGKILL)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                return

    def _reply(self, message: dict[str, Any], descriptor: int | None = None) -> None:
        data = json.dumps(message).encode() + b"\n"
        with contextlib.suppress(ConnectionError):
            if descriptor is None:
                self._channel.sendall(data)
            else:
                socket.send_fds(self._channel, [data], [descriptor])


def _note(path: str, note: dict[str, Any]) -> None:
    """Leave word of a session for a supervisor that comes after this one: which process it is, that it came to its end.

    Nothing waits for it to be on the disk: no process outlives a power cut.
    """
    with contextlib.suppress(OSError):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.write(file, json.dumps(note).encode())
        finally:
            os.close(file)


def _kill(session: _Session) -> None:
    reached("spawner.before_kill")
    process_tree.send_to_group(session.pid, signal.SIGKILL)
    reached("spawner.killed")


def _unwrapped(status: int, *, wrapped: bool) -> int:
    """A sandbox tells the signal that ended the agent as a shell does."""
    return _SHELL_SIGNAL - status if wrapped and _SHELL_SIGNAL < status <= _SHELL_SIGNAL + signal.NSIG else status


def main() -> None:
    """Serve on a socket; the arguments are its descriptor, and how many open files sessions may have."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.set_inheritable(False)
    Spawner(channel, int(sys.argv[2])).run()


if __name__ == "__main__":
    main()
