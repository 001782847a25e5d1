"""What no scheduler can beat, and what a perfect one without knowledge of durations would need."""

from __future__ import annotations

import heapq
import random
from collections.abc import Mapping
from math import log
from typing import Literal

Durations = Mapping[tuple[int, int], float]
"""Seconds by phase and batch number, both from 1."""
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


def lower_bound(taken: Durations, slots: int, kind: Kind) -> float:
    """Seconds that any scheduler needs: all work over all slots, or the longest chain."""
    return max(sum(taken.values()) / slots, *_chains(taken, kind).values())


def list_schedule(taken: Durations, slots: int, kind: Kind) -> float:
    """Seconds of a scheduler without any overhead that fills each free slot with the ready batch whose remaining
    chain has most phases, then with the lowest number, and learns a duration only when it is over."""
    now = 0.0
    waiting = set(taken)
    done: set[tuple[int, int]] = set()
    running: list[tuple[float, tuple[int, int]]] = []
    while waiting or running:
        for batch in sorted(waiting):  # the lowest phase has the longest chain left
            if len(running) == slots:
                break
            if all(before in done for before in _needs(batch, taken, kind)):
                waiting.remove(batch)
                heapq.heappush(running, (now + taken[batch], batch))
        now, ended = heapq.heappop(running)
        done.add(ended)
    return now


def _needs(batch: tuple[int, int], taken: Durations, kind: Kind) -> list[tuple[int, int]]:
    phase, number = batch
    if phase == 1:
        return []
    if kind == "barriers":
        return [other for other in taken if other[0] == phase - 1]
    if kind == "expanded" and phase == PHASES:
        return [(phase - 1, n) for n in range(1, number + 1)]
    return [(phase - 1, number)]


def _chains(taken: Durations, kind: Kind) -> dict[tuple[int, int], float]:
    """The earliest end of each batch with as many slots as one likes."""
    ends: dict[tuple[int, int], float] = {}
    for batch in sorted(taken):
        ends[batch] = taken[batch] + max((ends[b] for b in _needs(batch, taken, kind)), default=0.0)
    return ends
