"""How a job ended: by what it made, or by what it was asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from supervisor.engine.job.stop_signal import StopRequest
from supervisor.engine.job_context import JobContext
from supervisor.errors import SupervisorError
from supervisor.store.queries.job_numbers import PhaseSummary
from supervisor.store.tables import items, phases

End = Literal["completed", "completed_with_gaps", "failed", "stopped", "cancelled"]


def strictly_failed(context: JobContext) -> bool:
    """Whether an item failed in a job that was to stop there."""
    return context.options.strict and bool(items.failed(context.database, context.id))


def how_it_ended(context: JobContext, asked: StopRequest | None, made: Sequence[PhaseSummary]) -> End:
    """`asked`: how it was asked to end; `made`: what there is of each phase.

    Items that failed leave gaps, but for a job whose last phases made nothing at all. SupervisorError where work is
    left of which nobody knows: a job that says it is done, but is not, would lose it silently.
    """
    if strictly_failed(context):
        return "failed"
    if asked is not None:
        return asked
    _check_nothing_left(context)
    if not items.failed(context.database, context.id):
        return "completed"
    last = {phase.id for phase in context.pipeline.phases if not context.pipeline.children(phase.id)}
    return "completed_with_gaps" if any(each.items.get("merged") for each in made if each.id in last) else "failed"


def _check_nothing_left(context: JobContext) -> None:
    left = [phase.id for phase in context.pipeline.phases if phases.open_work(context.database, context.id, phase.id)]
    if left:
        raise SupervisorError(
            f"phases {left} have work left that never became ready",
            where=f"job {context.id}",
            remedy="This is a fault of the supervisor: please report it, with vfs/.supervisor/store.sqlite.",
        )
