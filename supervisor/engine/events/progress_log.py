"""`progress.log` beside the main files: one line an event, for `tail -f`; as JSON lines where that is asked for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger

from supervisor.failpoints import reached
from supervisor.host.durable_files import make_folder
from supervisor.host.machine_errors import ignore_machine_errors
from supervisor.model.event import Event
from supervisor.project.project import Project
from supervisor.store.database import Database
from supervisor.store.tables import jobs

if TYPE_CHECKING:
    from loguru import Record


LOG_NAME = "progress.log"
JSON_LOG_NAME = "progress.jsonl"
ROTATION = "10 MB"
KEPT = 5


def log_to_stderr_only_faults() -> None:
    """Take loguru's default output away: events go to the logs of their jobs; what belongs to none, to stderr."""
    logger.remove()
    form = "{time:YYYY-MM-DD HH:mm:ss} {level: <7} {message}"
    logger.add(_to_stderr, format=form, filter=_of_no_job, diagnose=False)  # else with the values of variables: secrets


def _to_stderr(line: str) -> None:
    """Standard error may be a file on a disk that is full."""
    with ignore_machine_errors():
        sys.stderr.write(line)
        sys.stderr.flush()


def _of_no_job(record: Record) -> bool:
    return "job" not in record["extra"]


class ProgressLogSinks:
    """Writes each event into the log of its job."""

    def __init__(self, project: Project, database: Database) -> None:
        self._project = project
        self._database = database
        self._sinks: dict[int, list[int]] = {}

    def write(self, event: Event) -> None:
        """Append an event."""
        if event.job not in self._sinks:
            self._sinks[event.job] = self._open(event.job)
        reached("progress_log.before_write")
        logger.bind(job=event.job, form="text").log(event.level, event.line())
        reached("progress_log.written")
        if self._project.settings.json_log:
            logger.bind(job=event.job, form="json").log(event.level, event.model_dump_json())

    def close(self) -> None:
        """Close all logs."""
        for sinks in self._sinks.values():
            for sink in sinks:
                with ignore_machine_errors():
                    logger.remove(sink)
        self._sinks.clear()

    def _open(self, job_id: int) -> list[int]:
        job = jobs.get(self._database, job_id)
        folder = self._project.results(job.collection, job.target)
        make_folder(folder)
        sinks = [self._sink(folder / LOG_NAME, job_id, "text")]
        if self._project.settings.json_log:
            sinks.append(self._sink(folder / JSON_LOG_NAME, job_id, "json"))
        return sinks

    @staticmethod
    def _sink(path: Path, job_id: int, form: str) -> int:
        return logger.add(
            path,
            format="{message}",
            filter=lambda record: record["extra"].get("job") == job_id and record["extra"].get("form") == form,
            rotation=ROTATION,
            retention=KEPT,
            encoding="utf-8",
            catch=False,
        )
