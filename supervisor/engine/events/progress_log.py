"""`progress.log` beside the main files: one line an event, for `tail -f`; as JSON lines where that is asked for."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from loguru import logger

from supervisor.failpoints import reached
from supervisor.host.durable_files import make_folder
from supervisor.host.machine_errors import ignore_machine_errors
from supervisor.model.event import Event
from supervisor.model.job import Job
from supervisor.project.project import Project
from supervisor.store.database import Database
from supervisor.store.tables import jobs

LOG_NAME = "progress.log"
JSON_LOG_NAME = "progress.jsonl"
LARGEST_BYTES = 10_000_000
"""A log that would become larger is kept as `progress.log.1`, and a new one begun."""
KEPT = 5
"""How many old ones there are at most."""


def log_to_stderr_only_faults() -> None:
    """Take loguru's default output away: events go to the logs of their jobs; what belongs to none, to stderr."""
    logger.remove()
    form = "{time:YYYY-MM-DD HH:mm:ss} {level: <7} {message}"
    logger.add(_to_stderr, format=form, diagnose=False)  # else with the values of variables: secrets


def _to_stderr(line: str) -> None:
    """Standard error may be a file on a disk that is full."""
    with ignore_machine_errors():
        sys.stderr.write(line)
        sys.stderr.flush()


class ProgressLogSinks:
    """Writes each event into the log of its job."""

    def __init__(self, project: Project, database: Database) -> None:
        self._project = project
        self._database = database
        self._at_work: dict[int, _JobLog] = {}

    @contextlib.contextmanager
    def of(self, job: Job) -> Iterator[None]:
        """While a job is worked on: its log is opened with its first event, and closed at the end."""
        self._at_work[job.id] = self._log(job)
        try:
            yield
        finally:
            self._at_work.pop(job.id).close()

    def write(self, event: Event) -> None:
        """Append an event; where the log cannot be written, the store has it."""
        with contextlib.suppress(OSError):
            if event.job in self._at_work:
                self._at_work[event.job].append(event)
            else:
                with contextlib.closing(self._log(jobs.get(self._database, event.job))) as log:
                    log.append(event)

    def close(self) -> None:
        """Close all logs."""
        for log in self._at_work.values():
            log.close()

    def _log(self, job: Job) -> _JobLog:
        return _JobLog(self._project.results(job.collection, job.target), as_json=self._project.settings.json_log)


class _JobLog:
    """One job's events as lines, and as JSON where that is asked for."""

    def __init__(self, folder: Path, *, as_json: bool) -> None:
        self._lines = _LogFile(folder / LOG_NAME)
        self._records = _LogFile(folder / JSON_LOG_NAME) if as_json else None

    def append(self, event: Event) -> None:
        reached("progress_log.before_write")
        self._lines.append(event.line())
        reached("progress_log.written")
        if self._records is not None:
            self._records.append(event.model_dump_json())

    def close(self) -> None:
        self._lines.close()
        if self._records is not None:
            self._records.close()


class _LogFile:
    """A file that lines are appended to, open from the first one on; somebody may move or delete it meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def append(self, line: str) -> None:
        """Write a line, all of it or nothing; OSError where that cannot be."""
        data = f"{line}\n".encode()
        file = self._ready_for(len(data))
        written = 0
        try:
            while written < len(data):
                written += os.write(file, data[written:])
        except OSError:
            if written:
                os.ftruncate(file, os.fstat(file).st_size - written)
            raise

    def close(self) -> None:
        """Close it; the next line opens it again."""
        file, self._file = self._file, None
        if file is not None:
            with ignore_machine_errors():
                os.close(file)

    def _ready_for(self, size: int) -> int:
        """The file that has the name now, open, and with room for so many bytes."""
        named = self._named()
        if named is not None and named.st_size + size > LARGEST_BYTES:
            self._keep_as_old()
            named = None
        if self._file is None or named is None or not os.path.samestat(named, os.fstat(self._file)):
            return self._open()
        return self._file

    def _open(self) -> int:
        if self._file is None:
            make_folder(self._path.parent)
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        except FileNotFoundError:
            if self._file is None:
                raise
            return self._file  # its folder was moved, or deleted: the lines go with it
        self.close()
        self._file = file
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":  # the machine lost its power in the middle of a line
            os.write(file, b"\n")
        return file

    def _named(self) -> os.stat_result | None:
        try:
            return os.stat(self._path)
        except FileNotFoundError:
            return None

    def _keep_as_old(self) -> None:
        for number in range(KEPT, 1, -1):
            with contextlib.suppress(FileNotFoundError):
                os.replace(self._old(number - 1), self._old(number))
        os.replace(self._path, self._old(1))

    def _old(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
