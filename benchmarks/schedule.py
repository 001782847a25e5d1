"""What no scheduler can beat, and what a perfect one without knowledge of durations would need."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable, Mapping, Sequence
from math import log
from typing import Literal

Batch = tuple[int, int]
"""Phase and number, both from 1."""
Durations = Mapping[Batch, float]
"""Seconds."""
Kind = Literal["one_to_one", "expanded", "barriers"]
"""What a batch waits for: its own number in the phase before, all up to its number (an item may become several, so
only then its boundaries are known), or the whole phase before."""

PHASES = 3


def durations(batches: int, *, median_s: float, sigma: float, seed: int) -> Durations:
    """Lognormal durations, each from its phase and number alone."""
    return {
        (phase, number): random.Random(f"{seed}/{phase}/{number}").lognormvariate(log(median_s), sigma)
        for phase in range(1, PHASES + 1)
        for number in range(1, batches + 1)
    }


def needs(batch: Batch, batches: int, kind: Kind) -> list[Batch]:
    """The batches of the phase before that a batch waits for."""
    phase, number = batch
    if phase == 1:
        return []
    if kind == "barriers":
        return [(phase - 1, n) for n in range(1, batches + 1)]
    if kind == "expanded" and phase == PHASES:
        return [(phase - 1, n) for n in range(1, number + 1)]
    return [(phase - 1, number)]


def lower_bound(taken: Durations, slots: int, kind: Kind) -> float:
    """Seconds that any scheduler needs, though it knows all durations.

    For every set of batches: their work, before it what the first of them have to wait for, after it what the last of
    them are waited for by, since each slot has one that is the first and one that is the last in it (Carlier 1987).
    A batch's own wait is at least its longest chain, and all work that it needs over all slots.
    """
    needed = {batch: needs(batch, _count(taken), kind) for batch in sorted(taken)}
    before = _waits(taken, slots, needed)
    after = _waits(taken, slots, _turned(needed))
    best = max(before[batch] + taken[batch] + after[batch] for batch in taken)
    for head in sorted(set(before.values())):
        late = [batch for batch in taken if before[batch] >= head]
        for tail in sorted({after[batch] for batch in late}):
            some = [batch for batch in late if after[batch] >= tail]
            ends = _smallest(slots, (before[b] for b in some)) + _smallest(slots, (after[b] for b in some))
            if len(some) >= slots:
                best = max(best, (ends + sum(taken[batch] for batch in some)) / slots)
    return best


def list_schedule(taken: Durations, slots: int, kind: Kind) -> float:
    """Seconds of a scheduler without any overhead that fills each free slot with the ready batch whose remaining
    chain has most phases, then with the lowest number, and learns a duration only when it is over."""
    now = 0.0
    waiting = set(taken)
    done: set[Batch] = set()
    running: list[tuple[float, Batch]] = []
    while waiting or running:
        for batch in sorted(waiting):  # the lowest phase has the longest chain left
            if len(running) == slots:
                break
            if done.issuperset(needs(batch, _count(taken), kind)):
                waiting.remove(batch)
                heapq.heappush(running, (now + taken[batch], batch))
        now, ended = heapq.heappop(running)
        done.add(ended)
    return now


def _count(taken: Durations) -> int:
    return len(taken) // PHASES


def _turned(needed: Mapping[Batch, Sequence[Batch]]) -> dict[Batch, list[Batch]]:
    """Each batch to those that wait for it, the last batch first."""
    found: dict[Batch, list[Batch]] = {batch: [] for batch in reversed(list(needed))}
    for batch, others in needed.items():
        for other in others:
            found[other].append(batch)
    return found


def _waits(taken: Durations, slots: int, needed: Mapping[Batch, Sequence[Batch]]) -> dict[Batch, float]:
    """Seconds at least between each batch and the end of the schedule on which those lie that it needs."""
    waits: dict[Batch, float] = {}
    below: dict[Batch, set[Batch]] = {}
    for batch, others in needed.items():
        below[batch] = set(others).union(*(below[other] for other in others))
        chain = max((waits[other] + taken[other] for other in others), default=0.0)
        waits[batch] = max(chain, sum(taken[other] for other in below[batch]) / slots)
    return waits


def _smallest(count: int, values: Iterable[float]) -> float:
    return sum(heapq.nsmallest(count, values))
