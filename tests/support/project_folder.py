"""A project in a temporary folder, the command `supervisor` run in it as a real process, and what that left behind."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.commands import LoadedCommand, begin_loaded, run_anew, run_loaded
from tests.support.waiting import PATIENCE_S, until

PROGRAM = (sys.executable, "-m", "supervisor")
_BUSY_S = 30.0


class Ended(NamedTuple):
    """A command that came to its end."""

    status: int
    out: str
    err: str


class Running:
    """A command that runs, its standard output read line by line."""

    def __init__(self, words: Sequence[str], root: Path, env: Mapping[str, str], *, loaded: bool = False) -> None:
        """A `loaded` one is `supervisor WORDS` in a process that does not have to load its code."""
        self.lines: list[str] = []
        self._errors = open(root / f".stderr-{len(list(root.glob('.stderr-*')))}", "w+", encoding="utf-8")  # noqa: SIM115
        reader, output = os.pipe()
        self.stdout = os.fdopen(reader, "rb")
        self.process: subprocess.Popen[bytes] | LoadedCommand
        try:
            if loaded:
                self.process = begin_loaded(words, root, env, output, self._errors.fileno())
            else:
                self.process = subprocess.Popen(
                    words, cwd=root, env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=self._errors
                )
        finally:
            os.close(output)
        # A command that hangs fails its test instead of the whole run.
        self._watchdog = threading.Timer(PATIENCE_S, self.process.kill)
        self._watchdog.daemon = True
        self._watchdog.start()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def err(self) -> str:
        """What it wrote to standard error so far."""
        return Path(self._errors.name).read_text(encoding="utf-8")

    def line_with(self, *words: str) -> str:
        """Read on to the first line that has all these words in it; fails where it ended without."""
        for line in self._read():
            if all(word in line for word in words):
                return line
        raise AssertionError(f"it ended without a line with {words}:\n{chr(10).join(self.lines)}\n{self.err}")

    def read_lines(self, count: int) -> list[str]:
        """Read that many lines, or fewer where it ends before."""
        got: list[str] = []
        for line in self._read():
            got.append(line)
            if len(got) >= count:
                break
        return got

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.end()

    def ask_to_end(self) -> int:
        """SIGTERM, then its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def end(self) -> int:
        """Read to the end; its exit status, negative for a signal."""
        for _ in self._read():
            pass
        status = self.process.wait()
        self._watchdog.cancel()
        self.stdout.close()
        self._errors.close()
        return status

    def _read(self) -> Iterator[str]:
        while not self.stdout.closed and (line := self.stdout.readline()):
            self.lines.append(line.decode("utf-8").rstrip("\n"))
            yield self.lines[-1]


class Session(NamedTuple):
    """The folder of one session, by its name `job1-phase1-batch1-session1`."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def phase(self) -> int:
        return int(self.name.split("-")[1].removeprefix("phase"))

    @property
    def batch(self) -> int:
        return int(self.name.split("-")[2].removeprefix("batch"))

    @property
    def number(self) -> int:
        return int(self.name.split("-")[3].removeprefix("session"))

    @property
    def prompt(self) -> str:
        return (self.workspace / "prompt.md").read_text(encoding="utf-8")

    @property
    def asked(self) -> dict[str, Any]:
        """Its input file's items."""
        items: dict[str, Any] = json.loads((self.workspace / "input.json").read_text(encoding="utf-8"))["items"]
        return items

    @property
    def output(self) -> Path:
        return self.workspace / f"phase{self.phase}_batch_{self.batch}.json"


class Project:
    """A project directory and the commands that are run in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def state(self) -> Path:
        return self.root / "vfs" / ".supervisor"

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def environment(self, **more: str) -> dict[str, str]:
        """This process's environment, without what would steer a supervisor."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SUPERVISOR_")}
        return {**kept, **more}

    def cli(self, *words: str, **env: str) -> Ended:
        """Run `supervisor WORDS` to its end."""
        run = run_anew if env else run_loaded  # some variables are read as code is loaded
        done = run(words, self.root, self.environment(**env), PATIENCE_S)
        return Ended(done.returncode, done.stdout, done.stderr)

    def done(self, *words: str, status: int = 0) -> Ended:
        """Run `supervisor WORDS` to its end, which has to be `status`."""
        ended = self.cli(*words)
        assert ended.status == status, f"{words} ended with {ended.status}\n{ended.out}\n{ended.err}"
        return ended

    def begin(self, *words: str, **env: str) -> Running:
        """Start `supervisor WORDS`, and go on."""
        if env:  # some variables are read as code is loaded
            return Running([*PROGRAM, *words], self.root, self.environment(**env))
        return Running(words, self.root, self.environment(), loaded=True)

    def results(self, target: str, collection: str) -> Path:
        return self.root / "vfs" / collection / target

    def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """Rows of the store; none where there is no store yet."""
        if not (self.state / "store.sqlite").exists():
            return []
        connection = sqlite3.connect(self.state / "store.sqlite", timeout=_BUSY_S)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(sql, parameters)]
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise
        finally:
            connection.close()

    def status(self, job: str | None = None) -> dict[str, Any]:
        """`status --json` of a job, or of the only one."""
        shown = json.loads(self.done("status", *([job] if job else []), "--json").out)
        (found,) = shown["jobs"]
        found_job: dict[str, Any] = found
        return found_job

    def job_status(self, target: str | None = None) -> str | None:
        """A job's status by its row; None where there is none."""
        where = "" if target is None else f" AND target = '{target}'"
        found = self.rows(f"SELECT status FROM jobs WHERE superseded_at IS NULL{where}")
        return found[-1]["status"] if found else None

    def until_ended(self, target: str | None = None) -> str:
        """Wait until nothing of a job runs or waits to run; its state then."""
        ended = ("completed", "completed_with_gaps", "failed", "cancelled", "stopped")
        return until(lambda: now if (now := self.job_status(target)) in ended else None, "the job's end")

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Events in order, with their `data` read."""
        where = "" if kind is None else f" WHERE kind = '{kind}'"
        return [{**row, "data": json.loads(row["data"])} for row in self.rows(f"SELECT * FROM events{where}")]

    def sessions(self, phase: int | None = None) -> list[Session]:
        """All sessions whose folders are there, in the order phase, batch, number."""
        folder = self.state / "sessions"
        found = [Session(path) for path in folder.glob("job*-phase*-batch*-session*")] if folder.exists() else []
        chosen = [each for each in found if phase is None or each.phase == phase]
        return sorted(chosen, key=lambda each: (each.phase, each.batch, each.number))

    def log(self, target: str, collection: str) -> str:
        """`progress.log` of a target."""
        return (self.results(target, collection) / "progress.log").read_text(encoding="utf-8")

    def daemon_pid(self) -> int:
        """The pid that the project's holder wrote down."""
        return int(json.loads((self.state / "supervisor.json").read_text(encoding="utf-8"))["pid"])

    def end_daemon(self) -> None:
        """End the daemon, where there is one."""
        self.cli("stop")
