"""How much is left to do, and how long it will take."""

from __future__ import annotations

from supervisor.model.agent_report import shown_usd
from supervisor.store.queries.job_numbers import PhaseSummary


def projection(phases: tuple[PhaseSummary, ...], cost_usd: float | None) -> float | None:
    """What a job will have cost at its end if the batches that are left cost what those of their phase did so far.

    A phase without a batch done yet is taken to cost what the others do.
    """
    done = sum(phase.batches_done for phase in phases)
    if cost_usd is None or not done:
        return None
    projected = cost_usd
    for phase, total in zip(phases, expected_batches(phases), strict=True):
        known = phase.usage.cost_usd is not None and phase.batches_done > 0
        each = (phase.usage.cost_usd or 0.0) / phase.batches_done if known else cost_usd / done
        projected += max(0.0, total - phase.batches_done) * each
    return shown_usd(projected)


def expected_batches(phases: tuple[PhaseSummary, ...]) -> list[float]:
    """Batches that each phase will have come to.

    A phase whose items are not all known yet is taken to go on as it began: as many for each item of the phase before
    it; until there are some, as many as that phase has.
    """
    totals: list[float] = []
    for index, phase in enumerate(phases):
        total = float(phase.batches_total)
        if not phase.complete and index > 0:
            before = phases[index - 1]
            known = total * before.items_total / phase.expanded if phase.expanded else 0.0
            total = max(total, known or totals[-1])
        totals.append(total)
    return totals


def estimate(
    phases: tuple[PhaseSummary, ...], mean_s: float | None, sessions: int, batches: int, slots: int
) -> float | None:
    """Seconds to the end: the sessions that are left, at their mean duration, over the slots that can be filled.

    None before the first session has ended.
    """
    if mean_s is None or batches == 0:
        return None
    remaining = [
        max(0.0, total - phase.batches_done) for phase, total in zip(phases, expected_batches(phases), strict=True)
    ]
    chain = sum(1 for left in remaining if left)
    return max(sum(remaining) * max(1.0, sessions / batches) / max(1, slots), float(chain)) * mean_s
