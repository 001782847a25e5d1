"""One round: a plan played on a course of its own, then the course brought to its end, and looked at."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.chaos.crash import course
from tests.chaos.crash.plans import HARMLESS, Kill, Plan
from tests.chaos.crash.sessions import Run, Sessions, address
from tests.support import project_processes
from tests.support.repository_content import REPOSITORY

_JOB = f"{course.PIPELINE}/{course.TARGET}"
_WORDS = {
    "run": ("run", course.PIPELINE, course.TARGET),
    "spoiled": ("run", course.PIPELINE, course.TARGET),
    "fresh": ("run", course.PIPELINE, course.TARGET, "--fresh"),
    "start": ("start", course.PIPELINE, course.TARGET),
    "stop": ("stop",),
    "halt": ("stop",),
    "resume": ("resume", _JOB),
    "retry": ("retry", _JOB, "--items", course.REDONE, "--phase", "1"),
}
_IDLE_WHEN_DONE = ("run", "start", "resume", "stop", "halt")
"""Commands that find nothing to do, and nothing to be killed at, when the course is through: `retry` comes instead."""
_AT_A_POINT = re.compile(r"^failpoint ([\w.]+): (killed|passed) (\S+) in (\S+)$", re.MULTILINE)
ANY_MOMENT = "any moment"
"""Where a process was killed from outside."""
_PATIENCE_S = 90.0
_ENOUGH = 2
"""Processes below the supervisor that are killed at the same point each time: it is killed itself after so many."""
_BEFORE_STOP = 4
"""Steps of the agents after which `stop` comes."""
_TRIES = 5
_SILENT_S = 3.0
"""How long agents that are not done may say nothing before they are taken to wait for the supervisor."""


class Death(NamedTuple):
    """Which process was killed, by what it does, and at which failpoint."""

    who: str
    at: str


class Round:
    """A course, and what happened to it."""

    def __init__(self, plan: Plan, number: int, folder: Path) -> None:
        self.plan = plan
        self.folder = folder
        self.root = folder / "project"
        self.home = folder / "home"
        self.results = self.root / "vfs" / course.COLLECTION / course.TARGET
        self.state = self.root / "vfs" / ".supervisor"
        self.wrong: list[str] = []
        """What should not be."""
        self.kills: Counter[Death] = Counter()
        self.completed = False
        self.survivors = 0
        self.spoiled: list[bytes] = []
        """What somebody broke main files to."""
        self.stops = 0
        self.agents_killed = 0
        self.unheard: set[str] = set()
        """Sessions whose last words went to nobody: supervisor and spawner were dead."""
        self.elapsed: dict[int, float] = {}
        self.lived_s = 0.0
        self._outputs: list[Path] = []
        self._kill: Kill | None = None
        self._deaf: tuple[int, int, float] | None = None
        """A supervisor that is stopped, at which step of the agents it was looked at last, and since when."""
        course.lay_out(
            self.root,
            self.home,
            sandbox="bubblewrap" if "bubblewrap" in plan.traits else "workspace",
            lent="lent" in plan.traits,
        )
        self.sessions = Sessions(address(number), limit_one="limited" in plan.traits)
        self.sessions.at_step = self._at_step

    def play(self) -> None:
        """Carry the plan out, then bring the course to its end."""
        dead: set[str] = set()
        seen: Counter[tuple[str, str, str]] = Counter()
        for planned in self.plan.kills:
            idle = planned.command in _IDLE_WHEN_DONE and self._through()
            kill = planned._replace(command="retry") if idle else planned
            before = self.kills.copy()
            self._carry_out(kill)
            from_outside = self.kills - before
            # A spawner outlives its supervisor: its end may be seen at the next command only.
            killed, seen = (found := self._killed_by_failpoints()) - seen, found
            self._note_unheard(killed, any(who not in HARMLESS for who, _ in from_outside))
            self._look()
            self._look_at_elapsed()
            now_dead = {who for _, who, _ in killed} | {who for who, _ in from_outside}
            if "spawner" in now_dead:
                self.sessions.nobody_kept_it()
            dead |= now_dead
            if "calm" in self.plan.traits and "spawner" not in dead:  # what both leave is ended by the next supervisor
                self._nothing_is_left()
        self._kill = None
        self._finish()
        self._nothing_is_left()
        if any(who == "spawner" for _, who, _ in self._killed_by_failpoints() - seen):
            self.sessions.nobody_kept_it()
        self.kills.update(Death(who, point) for point, who, _ in self._killed_by_failpoints().elements())
        self.sessions.close()

    def rows(self, sql: str, *parameters: Any) -> list[sqlite3.Row]:
        """Rows of the store; none where there is no store yet."""
        store = self.state / "store.sqlite"
        if not store.exists():
            return []
        # Only read, so that what a kill left in its log is left to the supervisor.
        connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=30)
        connection.row_factory = sqlite3.Row
        try:
            return connection.execute(sql, parameters).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise
        finally:
            connection.close()

    def said(self) -> str:
        """All that commands, daemons and workers printed."""
        logs = [self.state / "daemon.log", self.state / "project_code.log"]
        return "".join(path.read_text(errors="replace") for path in (*self._outputs, *logs) if path.exists())

    def passed(self) -> set[str]:
        """The failpoints that were passed by processes that were to tell of it."""
        return {point for point, what, _, _ in _AT_A_POINT.findall(self.said()) if what == "passed"}

    def _nothing_is_left(self) -> None:
        left = project_processes.left(self.root)
        self.survivors += len(left)
        self.wrong += [f"it is left: {each}" for each in left]

    def _carry_out(self, kill: Kill) -> None:
        self._kill = kill
        self.sessions.steps = 0
        command = kill.command
        if command == "spoiled":
            self._spoil()
        elif command in ("stop", "halt"):
            self.sessions.hold_from(_BEFORE_STOP)
            self._command(*_WORDS["start"], failpoints=kill.points if command == "halt" else "")
            self._until(lambda: self.sessions.steps >= _BEFORE_STOP or not project_processes.daemons(self.root))
            self.stops += 1
        elif command in ("resume", "retry") and not self.rows("SELECT 1 FROM jobs"):
            command = "start"
        self._command(
            *_WORDS[command],
            failpoints="" if command == "halt" else kill.points,
            kill_after_s=kill.after_s,
        )
        self.sessions.let_go()
        self._until_no_daemon()

    def _through(self) -> bool:
        return bool(self.rows("SELECT 1 FROM jobs WHERE superseded_at IS NULL AND status = 'completed'"))

    def _finish(self) -> None:
        """As a person would: the same command again, and `retry` for what could not be judged."""
        for _ in range(_TRIES):
            status = self._command(*_WORDS["run"])
            if status == 0:
                self.completed = True
                return
            if status == 1:
                self._command("retry", _JOB)
                self._until_no_daemon()
        self.wrong.append(f"it does not complete:\n{self._outputs[-1].read_text()}")

    def _command(self, *words: str, failpoints: str = "", kill_after_s: float | None = None) -> int:
        """Run a command to its end; its exit status."""
        output = self.folder / f"{len(self._outputs)}-{words[0]}.txt"
        self._outputs.append(output)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(REPOSITORY),
            "CRASH_TEST": self.sessions.address,
            **({"SUPERVISOR_FAILPOINTS": failpoints} if failpoints else {}),
        }
        began = time.monotonic()
        with open(output, "wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "supervisor", *words],
                cwd=self.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        if kill_after_s is not None:
            try:
                process.wait(kill_after_s)
            except subprocess.TimeoutExpired:
                self._send(process.pid, f"supervisor {words[0]}")
        self._until(lambda: process.poll() is not None, process.pid)
        if process.poll() is None:
            process.kill()
        self.lived_s += time.monotonic() - began
        status = process.wait()
        if status not in (0, 1, 2, 3, 4, -signal.SIGKILL):
            self.wrong.append(f"{words} ended with {status}")
        return status

    def _until_no_daemon(self) -> None:
        began = time.monotonic()
        while found := project_processes.daemons(self.root):
            self._until(lambda: not project_processes.alive(found[0]), found[0])
            if time.monotonic() - began > _PATIENCE_S:
                break
        self.lived_s += time.monotonic() - began

    def _until(self, over: Callable[[], bool], pid: int | None = None) -> None:
        """Wait; a supervisor whose processes are killed again and again is killed meanwhile."""
        deadline = time.monotonic() + _PATIENCE_S
        already = self._killed_by_failpoints().total()
        while not over():
            _pause(pid)
            self._kill_deaf()
            if self._killed_by_failpoints().total() - already >= _ENOUGH and self._kill_supervisor():
                already = 1 << 30
            if time.monotonic() > deadline:
                self.wrong.append(f"it hangs, for {_PATIENCE_S:g} s: {project_processes.described(self.root)}")
                for each in project_processes.of_project(self.root):
                    project_processes.send(each, signal.SIGKILL)
                return

    def _at_step(self, run: Run) -> str | None:
        self._look()
        victim = None if self._kill is None else self._kill.victims.get(self.sessions.steps)
        supervisor = None if victim is None else project_processes.holder(self.state)
        if supervisor is None:
            return None
        if victim == "supervisor":
            self._kill_supervisor()
        elif victim == "agent":
            self.agents_killed += 1
            self._send(run.pid, "agent")
        elif victim == "both":
            project_processes.stop(supervisor)  # so that it does not see its spawner die
            for spawner in project_processes.below(supervisor, "supervisor.executors.local.terminal.spawner"):
                self._send(spawner, "spawner")
            self._kill_supervisor()
            return "stay"
        elif victim == "deaf":
            project_processes.stop(supervisor)
            self._deaf = supervisor, self.sessions.steps, time.monotonic()
            self.sessions.unheard_from_now()
        elif victim == "spawner":
            for pid in project_processes.below(supervisor, "supervisor.executors.local.terminal.spawner"):
                self._send(pid, victim)
        elif victim == "worker":
            for pid in project_processes.below(supervisor, "supervisor.project_code.code_worker")[:1]:
                self._send(pid, victim)
        return None

    def _kill_supervisor(self) -> bool:
        supervisor = project_processes.holder(self.state)
        return supervisor is not None and self._send(supervisor, _supervisor_as_typed(supervisor))

    def _kill_deaf(self) -> None:
        """Kill a supervisor that hears nothing, once its agents have nothing more to say."""
        if self._deaf is None:
            return
        supervisor, steps, since = self._deaf
        now = time.monotonic()
        if steps != self.sessions.steps:
            self._deaf = supervisor, self.sessions.steps, now
        elif not self.sessions.in_flight() or now - since > _SILENT_S:
            self._deaf = None
            self._send(supervisor, _supervisor_as_typed(supervisor))

    def _send(self, pid: int, victim: str) -> bool:
        if not project_processes.send(pid, signal.SIGKILL):
            return False
        self.kills[Death(victim, ANY_MOMENT)] += 1
        return True

    def _note_unheard(self, failed: Counter[tuple[str, str, str]], from_outside: bool) -> None:
        """What a supervisor has read and not yet written down dies with it; so does what it has not read, where its
        spawner dies too. A failpoint in the thread that reads is not between the two, but for one."""
        between = [point == "transcript.before_write" or thread != "MainThread" for point, _, thread in failed]
        of_spawner = [who == "spawner" for _, who, _ in failed]
        if from_outside or any(between) or (any(of_spawner) and not all(of_spawner)):
            known = {row["name"]: row["outcome"] for row in self.rows("SELECT name, outcome FROM attempts")}
            self.unheard |= {run.name for run in self.sessions.runs if known.get(run.name, "running") == "running"}

    def _spoil(self) -> None:
        """Somebody breaks a main file while nobody works on the project."""
        found = [path for name in course.OUTPUTS.values() if (path := self.results / name).exists()]
        for path in found[:1]:
            if path.read_bytes() in self.spoiled:
                return  # nobody came to see it since
            self.spoiled.append(f"{{ broken {len(self.spoiled)}".encode())
            broken = self.folder / "broken"
            broken.write_bytes(self.spoiled[-1])
            broken.replace(path)  # at once: sessions that are left may have it looked at

    def _look(self) -> None:
        """Main files parse at every moment."""
        for name in course.OUTPUTS.values():
            path = self.results / name
            if not path.exists():
                continue
            data = path.read_bytes()
            try:
                json.loads(data)
            except ValueError:
                if data not in self.spoiled:
                    self.wrong.append(f"{name} does not parse: {data[:200]!r}")

    def _look_at_elapsed(self) -> None:
        """What a job took does not shrink."""
        for row in self.rows("SELECT id, elapsed_s FROM jobs"):
            if row["elapsed_s"] < self.elapsed.get(row["id"], 0.0):
                self.wrong.append(f"job {row['id']} took {row['elapsed_s']} s, after {self.elapsed[row['id']]} s")
            self.elapsed[row["id"]] = row["elapsed_s"]

    def _killed_by_failpoints(self) -> Counter[tuple[str, str, str]]:
        """Points, processes that reached them by what they do, and their threads."""
        found = _AT_A_POINT.findall(self.said())
        return Counter(
            (point, who if who in ("spawner", "worker") else f"supervisor {who}", thread)
            for point, what, who, thread in found
            if what == "killed"
        )

    def clear(self) -> None:
        """Delete its files."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _supervisor_as_typed(pid: int) -> str:
    return " ".join(("supervisor", *project_processes.command(pid).split()[3:4]))


def _pause(pid: int | None) -> None:
    """Until a process ended, or for a moment."""
    if pid is None:
        time.sleep(0.02)
        return
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        select.select([descriptor], [], [], 0.5)
    finally:
        os.close(descriptor)
