"""The batches of one job that may start: longest remaining chain of phases first, then canonical order."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence

from supervisor.model.job import StoredBatch


class ReadyQueue:
    """Made from the store when the job begins; a batch that is in it, or at work, is not taken in twice."""

    def __init__(
        self,
        chain_lengths: Mapping[int, int],
        wake: Callable[[], None],
        goes_first: Callable[[int], bool] = lambda batch: False,
    ) -> None:
        """`chain_lengths`: phase id to the number of phases from it to the end; `wake` is called for new ones;
        `goes_first`: whether a batch, by its id, goes before all that are longer."""
        self._chain_lengths = chain_lengths
        self._wake = wake
        self._goes_first = goes_first
        self._heap: list[tuple[bool, int, int, int]] = []
        self._known: dict[int, StoredBatch] = {}

    def __len__(self) -> int:
        return len(self._heap)

    def offer(self, found: Sequence[StoredBatch]) -> None:
        """Take in batches that may start."""
        for batch in found:
            if batch.id not in self._known:
                self._known[batch.id] = batch
                order = (not self._goes_first(batch.id), -self._chain_lengths[batch.phase], batch.number, batch.id)
                heapq.heappush(self._heap, order)
        self._wake()

    def next(self) -> StoredBatch:
        """The next one, which stays."""
        return self._known[self._heap[0][3]]

    def pop(self) -> StoredBatch:
        """The next one; it is at work from now on, until it is `released`."""
        return self._known[heapq.heappop(self._heap)[3]]

    def release(self, batch: StoredBatch) -> None:
        """A batch is at work no more: it is settled, or may be offered again."""
        self._known.pop(batch.id, None)
