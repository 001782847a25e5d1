"""Slots cut to what the executor has room for."""

from __future__ import annotations

from supervisor.engine.dispatch.slots import Slots
from supervisor.engine.events.event_log import EventLog
from supervisor.errors import CapacityError
from supervisor.executors.local.machine_capacity import _files, limits, watches
from supervisor.host import fd_limit
from supervisor.model.job import Job


def fit_slots(slots: Slots, event_log: EventLog, job: Job, *, wrapped: bool) -> str:
    """Have the slots be no more than the machine has room for; why there are fewer than a job asks for, or "".

    Notes it too, inside a transaction. NoRoom where not even one session is possible.
    """
    own = job.options.concurrency
    wanted = slots.wanted(own)
    tightest = min(limits(wanted, slots.taken, wrapped=wrapped), key=lambda limit: limit.sessions)
    if tightest.sessions < 1:
        raise CapacityError(f"not even one session is possible: {tightest.allowed}", remedy=tightest.remedy)
    fd_limit.raise_limit(_files(min(wanted, tightest.sessions)))
    slots.fit(tightest.sessions)
    short = ""
    if tightest.sessions < own:
        short = tightest.shortage(own)
        event_log.append(job.id, "fewer_sessions", short, level="WARNING")
    watched = watches(own)
    if watched is not None and watched.sessions < own:
        text = f"file events for {watched.shortage(own)}; the others are looked at once a second"
        event_log.append(job.id, "unwatched_sessions", text, level="WARNING")
    return short
