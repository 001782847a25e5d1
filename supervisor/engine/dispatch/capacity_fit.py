"""Slots cut to what the executors have room for."""

from __future__ import annotations

from collections.abc import Sequence

from supervisor.agents.agent import Agent
from supervisor.agents.isolation_policy import isolation
from supervisor.engine.dispatch.slots import Slots
from supervisor.engine.job_context import JobContext
from supervisor.executors.open_executors import OpenExecutors
from supervisor.host import fd_limit
from supervisor.store.transaction import Transaction


def fit_slots(
    transaction: Transaction, slots: Slots, context: JobContext, agents: Sequence[Agent], executors: OpenExecutors
) -> str:
    """Have the slots be no more than there is room for; why there are fewer than a job asks for, or "".

    Notes it too. CapacityError where not even one session is possible.
    """
    own = context.options.concurrency
    wanted = slots.wanted(own)
    rooms = []
    for agent in agents:
        asked = isolation(context.options, agent.profile, context.settings)
        rooms.append(executors.of(agent.profile.executor).capacity(agent, wanted, asked))
    tightest = min(rooms, key=lambda room: room.sessions)
    slots.fit(tightest.sessions)
    fd_limit.raise_limit(fd_limit.needed(min(wanted, tightest.sessions), slots.jobs))
    short = ""
    if tightest.sessions < own:
        short = tightest.shortage(own)
        context.event_log.append(transaction, context.id, "fewer_sessions", short, level="WARNING")
    for remark in dict.fromkeys(remark for room in rooms for remark in room.remarks):
        context.event_log.append(transaction, context.id, "unwatched_sessions", remark, level="WARNING")
    return short
