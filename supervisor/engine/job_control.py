"""What a person asks of a job: stop, cancel, resume, retry. Each is decided on the row as it is when it is written."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Literal

from supervisor.errors import JobError
from supervisor.model.job import AT_WORK, ENDED, Job
from supervisor.store.database import Database
from supervisor.store.tables import events, items, jobs
from supervisor.store.tables import phases as stored_phases
from supervisor.store.transitions import item_reconcile

Asked = Literal["stop", "cancel"]
_LOOK_S = 0.05


def request_stop(database: Database, job_id: int, asked: Asked, *, supervised: bool) -> Job:
    """Ask that a job be stopped or cancelled; the job as it is then.

    Whoever works on it notices within a moment; where nobody does (not `supervised`: no supervisor holds the project),
    or it only waits, it is ended here. One that has ended stays as it is, but a stopped one may still be cancelled.
    """
    end = "cancelled" if asked == "cancel" else "stopped"
    with database.transaction() as transaction:
        job = jobs.get(database, job_id)
        if job.status == "queued" or (job.status == "stopped" and asked == "cancel"):
            jobs.set_status(transaction, job_id, end)
        elif job.status in AT_WORK:
            if supervised:
                jobs.request_stop(transaction, job_id, asked)
            else:
                jobs.set_status(transaction, job_id, end)
    database.ring()
    return jobs.get(database, job_id)


def stop_and_wait(
    database: Database, job_id: int, asked: Asked, *, supervised: Callable[[], bool], patience_s: float
) -> Job:
    """Ask for a job's end, and wait for it; the job as it is then, or after `patience_s` seconds."""
    job = request_stop(database, job_id, asked, supervised=supervised())
    deadline = time.monotonic() + patience_s
    while job.status not in ENDED and time.monotonic() < deadline:
        time.sleep(_LOOK_S)
        job = jobs.get(database, job_id)
        if job.status not in ENDED and not supervised():  # who was to notice has died
            job = request_stop(database, job_id, asked, supervised=False)
    return job


def resume(database: Database, job_id: int, *, supervised: bool, also_cancelled: bool = False) -> bool:
    """Have a daemon go on with a job; False where it does already. JobError for one that was cancelled, which is for
    good, unless it is to go on with that too."""
    with database.transaction() as transaction:
        job = jobs.get(database, job_id)
        if job.status == "cancelled" and not also_cancelled:
            raise JobError(
                f"job {job.id} was cancelled, which is for good",
                where=job.name,
                remedy=f"`supervisor run {job.pipeline} {job.target}`, or `start`, takes the work up again with what is"
                " done of it.",
            )
        if job.goes_on and supervised:
            return False
        jobs.requeue(transaction, job_id)
    database.ring()
    return True


def retry(
    database: Database, job_id: int, *, item_ids: Sequence[str] | None, phase: int | None, supervised: bool
) -> int:
    """Have the named items of a job done again, or all quarantined ones, and a daemon go on with it; how many.

    Named items are done again whatever their state; those that depend on them follow where their content changes.
    JobError for an id or a phase that is not there, or where the job is being worked on. Nothing changes for 0 items.
    """
    with database.transaction() as transaction:
        job = jobs.get(database, job_id)
        if job.goes_on and supervised:
            raise JobError(
                f"job {job.id} is {job.status}",
                where=job.name,
                remedy=f"Wait for its end, or stop it with `supervisor stop {job.id}`, then retry.",
            )
        chosen = _chosen(database, job, item_ids, phase)
        count = sum(map(len, chosen.values()))
        if not count:
            return 0
        for each, ids in chosen.items():
            item_reconcile.requeue_items(transaction, job.id, each, ids)
            stored_phases.forget_source(transaction, job.id, each)
            stored_phases.set_status(transaction, job.id, each, "waiting")
        events.record(transaction, job.id, "items_released", f"{count} items are to be tried again")
        jobs.requeue(transaction, job_id)
    database.ring()
    return count


def _chosen(database: Database, job: Job, item_ids: Sequence[str] | None, phase: int | None) -> dict[int, list[str]]:
    """Phase id to the items of it that are to be done again."""
    known_phases = stored_phases.ids(database, job.id)
    if phase is not None and phase not in known_phases:
        raise JobError(f"there is no phase {phase}", where=job.name, remedy=f"Its phases are {known_phases}.")
    chosen: dict[int, list[str]] = {}
    for each in known_phases if phase is None else [phase]:
        if item_ids is None:
            ids = items.ids_with_status(database, job.id, each, "quarantined")
        else:
            known = set(items.ids_with_status(database, job.id, each, "quarantined", "merged", "removed"))
            ids = [item_id for item_id in item_ids if item_id in known]
        if ids:
            chosen[each] = ids
    found = {item_id for ids in chosen.values() for item_id in ids}
    missing = [item_id for item_id in item_ids or () if item_id not in found]
    if missing:
        raise _why_not(database, job, missing, phase)
    return chosen


def _why_not(database: Database, job: Job, item_ids: Sequence[str], phase: int | None) -> JobError:
    """Why these items cannot be tried again."""
    for each in stored_phases.ids(database, job.id) if phase is None else [phase]:
        left_out = set(items.ids_with_status(database, job.id, each, "dropped")).intersection(item_ids)
        if not left_out:
            continue
        some = ", ".join(sorted(left_out)[:10])
        for above in stored_phases.ids(database, job.id):
            removed = left_out.intersection(items.ids_with_status(database, job.id, above, "removed"))
            if removed:
                ids = ",".join(sorted(removed))
                return JobError(
                    f"left out of phase {each}: {some}; what they come from was removed from phase {above} by hand",
                    where=job.name,
                    remedy=f"`supervisor retry {job.name} --phase {above} --items '{ids}'` has it again, and them.",
                )
        return JobError(
            f"left out of phase {each}: {some}; what they come from is not there any more",
            where=job.name,
            remedy="Put it back into its source, or into the main file above, then run the job again.",
        )
    return JobError(
        f"no such items, or not done yet: {', '.join(item_ids[:10])}",
        where=job.name,
        remedy=f"`supervisor status {job.name}` lists the failed ones.",
    )
