"""Slots cut to what the executor has room for."""

from __future__ import annotations

from collections.abc import Iterable

from supervisor.engine.dispatch.slots import Slots
from supervisor.engine.events.event_log import EventLog
from supervisor.executors.executor import Capacity
from supervisor.model.job import Job


def fit_slots(slots: Slots, event_log: EventLog, job: Job, room: Iterable[Capacity]) -> str:
    """Have the slots be no more than there is room for; why there are fewer than a job asks for, or "".

    `room` has what the executor says of each of the job's agents. Call it inside a transaction: it is noted, too.
    """
    own = job.options.concurrency
    tightest = min(room, key=lambda capacity: capacity.sessions)
    slots.fit(tightest.sessions)
    short = tightest.shortage(own)
    if short:
        event_log.append(job.id, "fewer_sessions", short, level="WARNING")
    for remark in tightest.remarks:
        event_log.append(job.id, "unwatched_sessions", remark, level="WARNING")
    return short
