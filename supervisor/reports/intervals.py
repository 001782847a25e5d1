"""Spans of time, as sorted lists of beginnings and ends that do not overlap."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Sequence

Span = tuple[float, float]
"""Clock times, epoch seconds."""


def union(spans: Iterable[Span]) -> list[Span]:
    """All time that is in any of the spans, which may come in any order."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def common(first: Sequence[Span], second: Sequence[Span]) -> list[Span]:
    """All time that is in both of two unions."""
    found: list[Span] = []
    one = other = 0
    while one < len(first) and other < len(second):
        start, end = max(first[one][0], second[other][0]), min(first[one][1], second[other][1])
        if end > start:
            found.append((start, end))
        if first[one][1] < second[other][1]:
            one += 1
        else:
            other += 1
    return found


def gaps(spans: Sequence[Span]) -> list[Span]:
    """What lies between the spans of a union."""
    return [(before[1], after[0]) for before, after in itertools.pairwise(spans)]


def outside(spans: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """All time that is in the first of two unions and not in the other."""
    ends = float("inf")
    return common(spans, gaps([(-ends, -ends), *other, (ends, ends)]))


def total(spans: Iterable[Span]) -> float:
    """Seconds of a union."""
    return sum(end - start for start, end in spans)


def within(spans: Sequence[Span], start: float, end: float) -> float:
    """Seconds of a union that lie between two times."""
    if not spans or end <= start:
        return 0.0
    first = max(0, bisect_right(spans, (start, float("inf"))) - 1)
    found = 0.0
    for begin, stop in spans[first:]:
        if begin >= end:
            break
        found += max(0.0, min(stop, end) - max(begin, start))
    return found
