"""What the store and the log are told of a job and its phases: that they began, how they stand, and how they ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from supervisor.engine.accounting.job_progress import JobProgress
from supervisor.engine.events.event_log import EventLog
from supervisor.errors import SupervisorError
from supervisor.host.machine_errors import machine_error
from supervisor.host.unforeseen import as_error
from supervisor.model.job import Job, JobOptions
from supervisor.model.pipeline import Pipeline
from supervisor.store.queries.job_numbers import Made
from supervisor.store.queries.job_summary import summarise_phases
from supervisor.store.tables import jobs, phases
from supervisor.store.transaction import StoreReader, Transaction
from supervisor.text.human_units import duration, money
from supervisor.text.plain_text import plain_line

PhaseEnd = Literal["completed", "completed_with_gaps", "failed"]
Numbers = tuple[int, list[dict[str, int]]]
_LEVELS = {"failed": "ERROR", "completed_with_gaps": "WARNING"}


class JobRecorder:
    """Writes down how one job goes."""

    def __init__(self, job: Job, pipeline: Pipeline, event_log: EventLog, progress: JobProgress) -> None:
        self._job = job
        self._pipeline = pipeline
        self._event_log = event_log
        self._progress = progress
        self._begun: Numbers | None = None

    def begun(
        self,
        transaction: Transaction,
        agents: Sequence[str],
        levels: Sequence[str],
        sessions: int,
        recovered: int,
        detail: str,
    ) -> None:
        """It starts, or goes on: with which sandbox levels, how many sessions at once, and how many outputs that were
        finished before."""
        job = self._job
        jobs.set_status(transaction, job.id, "running", detail)
        totals = summarise_phases(transaction, job.id)
        self._begun = self._numbers(transaction)
        done = sum(phase.batches_done for phase in totals)
        resumed = job.started_at is not None
        self._event_log.append(
            transaction,
            job.id,
            "job_resumed" if resumed else "job_started",
            f"job {job.id} {job.name} {'goes on' if resumed else 'starts'}:"
            f" {len(totals)} phases, {totals[0].items_total} items, {done} batches done before,"
            f" agent {', '.join(agents)}, sandbox {' or '.join(levels)}, {sessions} sessions at once",
        )
        if kept := limits_in_words(job.options, job.options.limits_kept):
            self._event_log.append(
                transaction, job.id, "limits_kept", f"limits of an earlier command are kept: {', '.join(kept)}"
            )
        if recovered:
            self._event_log.append(
                transaction,
                job.id,
                "outputs_recovered",
                f"{recovered} outputs that sessions of an earlier supervisor left are judged, not made again",
            )

    def shows(self, status: str, detail: str) -> None:
        """How it stands for the moment."""
        with self._event_log.transaction(durable=False) as transaction:
            jobs.set_status(transaction, self._job.id, status, detail)

    def phase_runs(self, phase_id: int) -> None:
        """A session of a phase is started."""
        if phases.status(self._event_log.database, self._job.id, phase_id) == "running":
            return
        with self._event_log.transaction(durable=False) as transaction:
            phases.set_status(transaction, self._job.id, phase_id, "running")
            text = f"phase {phase_id} {self._pipeline.phase(phase_id).name}: running"
            self._event_log.append(transaction, self._job.id, "phase_running", text, phase=phase_id)

    def phase_ended(self, phase_id: int) -> None:
        """Nothing of a phase is left to do."""
        database, phase = self._event_log.database, self._pipeline.phase(phase_id)
        counts = next(p for p in summarise_phases(database, self._job.id) if p.id == phase_id)
        failed, level = counts.items.get("quarantined", 0), "INFO"
        status: PhaseEnd = "completed"
        if failed:
            status, level = ("completed_with_gaps", "WARNING") if counts.merged else ("failed", "ERROR")
        if phases.status(database, self._job.id, phase_id) == status:
            return
        text = (
            f"phase {phase_id} {phase.name}: {status}, {counts.merged} of {counts.items_total} items in {phase.output}"
        )
        if failed:
            text += f", {failed} failed"
        elif not counts.items_total:
            text, level = f"phase {phase_id} {phase.name}: it has no items, so {phase.output} is empty", "WARNING"
        with self._event_log.transaction() as transaction:
            phases.set_status(transaction, self._job.id, phase_id, status)
            self._event_log.append(transaction, self._job.id, f"phase_{status}", text, level=level, phase=phase_id)

    def answers_left(self, phase_id: int, left: Sequence[str]) -> None:
        """A main file that was kept had answers for what is no item any more."""
        if left:
            self._event_log.append_now(
                self._job.id,
                "answers_left",
                f"phase {phase_id}: {len(left)} answers of the main file that was kept are for no item of it any more:"
                f" {', '.join(left[:5])}",
                level="WARNING",
                phase=phase_id,
                items=left,
            )

    def ended_by(self, error: BaseException) -> None:
        """It cannot go on, or not now."""
        fault = machine_error(error)
        with self._event_log.transaction() as transaction:
            self._progress.mark_elapsed(transaction)
            if fault is None:
                known = error if isinstance(error, SupervisorError) else as_error(error)
                jobs.set_status(transaction, self._job.id, "stopped", str(known))
                self._event_log.append(
                    transaction,
                    self._job.id,
                    "job_stopped",
                    plain_line(known.in_one_line()),
                    level="ERROR",
                    exit_status=known.exit_code,
                )
            else:
                jobs.set_status(transaction, self._job.id, "paused", f"paused ({fault})")
                self._event_log.append(
                    transaction, self._job.id, "machine_fault", f"no work is possible: {fault}", level="ERROR"
                )

    def ended(self, end: str, failed: int, made: Made) -> Job:
        """It is completed, failed, stopped or cancelled, with so many failed items; the job as it is then.

        `made` is what it came to.
        """
        database = self._event_log.database
        with self._event_log.transaction() as transaction:
            self._progress.mark_elapsed(transaction)
            detail = f"{failed} items failed" if failed else ""
            jobs.set_status(transaction, self._job.id, end, str(made) if end == "completed_with_gaps" else detail)
            job = jobs.get(database, self._job.id)
            idle = self._begun is not None and self._numbers(transaction) == self._begun and end.startswith("completed")
            how = "nothing was left to do, " if idle else ""
            text = f"job {job.id} {job.name}: {how}{job.outcome}"
            if not idle:
                text += f" after {duration(job.elapsed_s)}"
            if failed:
                text += f"; {failed} items failed, `supervisor retry {job.name}` tries them again"
            if end in ("stopped", "cancelled"):
                text += "; the same command goes on"
            self._event_log.append(transaction, job.id, f"job_{end}", text, level=_LEVELS.get(end, "INFO"))
        return jobs.get(database, self._job.id)

    def _numbers(self, reader: StoreReader) -> Numbers:
        """What a run changes if it does anything."""
        return self._progress.sessions_started, [phase.items for phase in summarise_phases(reader, self._job.id)]


def limits_in_words(options: JobOptions, names: Sequence[str]) -> list[str]:
    """Limits as on the command line."""
    values = {
        "max_cost": None if options.max_cost is None else money(options.max_cost),
        "max_sessions": options.max_sessions,
        "max_runtime": None if options.max_runtime is None else duration(options.max_runtime),
    }
    return [f"--{name.replace('_', '-')} {'0 (none)' if (v := values[name]) is None else v}" for name in names]
