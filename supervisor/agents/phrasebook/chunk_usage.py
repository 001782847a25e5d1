"""How the bundled sentences use their chunks: which stand side by side, and which begin and end a clause."""

from __future__ import annotations

import itertools

Chain = tuple[str, ...]
"""Chunks in order, each by its key."""
Neighbours = dict[str, list[str]]
"""Chunk to those that stand beside it, the most frequent first."""


class Usage:
    """What can be looked up about the chunks of some sentences; clauses are what punctuation divides."""

    def __init__(self, sentences: list[list[tuple[str, str]]]) -> None:
        self.clauses: list[Chain] = [clause for sentence in sentences for clause in _clauses(sentence)]
        self.places: dict[str, list[tuple[int, int]]] = {}
        """Chunk to the clauses that it stands in, and where."""
        for number, clause in enumerate(self.clauses):
            for at, chunk in enumerate(clause):
                self.places.setdefault(chunk, []).append((number, at))
        self.opening = {clause[0] for clause in self.clauses}
        self.closing = {clause[-1] for clause in self.clauses}
        self.turning = self.opening & self.closing
        """Chunks such as "yesterday": what stands before one and what stands after it are seldom said together."""
        self.triples = {clause[at : at + 3] for clause in self.clauses for at in range(len(clause) - 2)}
        pairs = [pair for clause in self.clauses for pair in itertools.pairwise(clause)]
        self.after = _neighbours(pairs)
        self.before = _neighbours([(right, left) for left, right in pairs])


def _clauses(sentence: list[tuple[str, str]]) -> list[Chain]:
    clauses: list[list[str]] = [[]]
    for chunk, marks in sentence:
        clauses[-1].append(chunk)
        if marks:
            clauses.append([])
    return [tuple(clause) for clause in clauses if clause]


def _neighbours(pairs: list[tuple[str, str]]) -> Neighbours:
    counts: dict[str, dict[str, int]] = {}
    for chunk, neighbour in pairs:
        beside = counts.setdefault(chunk, {})
        beside[neighbour] = beside.get(neighbour, 0) + 1
    return {chunk: sorted(beside, key=lambda name: (-beside[name], name)) for chunk, beside in counts.items()}
