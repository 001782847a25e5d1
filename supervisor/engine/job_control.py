"""Having items tried again that were given up."""

from __future__ import annotations

from collections.abc import Sequence

from supervisor.errors import JobError
from supervisor.model.job import Job
from supervisor.store.database import Database
from supervisor.store.tables import events, items
from supervisor.store.tables import phases as stored_phases
from supervisor.store.transitions import item_reconcile


def release(database: Database, job: Job, wanted: Sequence[str] | None, phase: int | None) -> int:
    """Have the named items of a job done again, or all quarantined ones; how many. JobError for an unknown id.

    Named items are done again whatever their state; those that depend on them follow where their content changes.
    """
    phases = [row["phase"] for row in database.rows("SELECT phase FROM phases WHERE job = ?", (job.id,))]
    if phase is not None and phase not in phases:
        raise JobError(f"there is no phase {phase}", where=job.name, remedy=f"Its phases are {phases}.")
    looked_at = phases if phase is None else [phase]
    chosen: dict[int, list[str]] = {}
    for each in looked_at:
        if wanted is None:
            ids = items.ids_with_status(database, job.id, each, "quarantined")
        else:
            known = set(items.ids_with_status(database, job.id, each, "quarantined", "merged", "removed"))
            ids = [item_id for item_id in wanted if item_id in known]
        if ids:
            chosen[each] = ids
    found = {item_id for ids in chosen.values() for item_id in ids}
    missing = [item_id for item_id in wanted or () if item_id not in found]
    if missing:
        raise JobError(
            f"no such items, or not done yet: {', '.join(missing[:10])}",
            where=job.name,
            remedy=f"`supervisor status {job.name}` lists the failed ones.",
        )
    count = sum(len(ids) for ids in chosen.values())
    if not count:
        return 0
    with database.transaction():
        for each, ids in chosen.items():
            item_reconcile.requeue_items(database, job.id, each, ids)
            stored_phases.forget_source(database, job.id, each)
            database.execute("UPDATE phases SET status = 'waiting' WHERE job = ? AND phase = ?", (job.id, each))
        if not job.goes_on:
            database.execute("UPDATE jobs SET status = 'stopped', detail = 'to be tried again' WHERE id = ?", (job.id,))
        events.record(database, job.id, "items_released", f"{count} items are to be tried again")
    return count
