"""A read-only view of what is merged, for a project's own code: phase id to item id to payload."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from supervisor.store.database import Database


class MergedPhase(Mapping[str, Any]):
    """What is merged of one phase, in canonical order; brought up to date when it is first looked at for a batch.

    Only what changed since is read, so that looking at all of it for every batch stays cheap.
    """

    def __init__(self, database: Database, job: int, phase: int) -> None:
        self._database = database
        self._job = job
        self._phase = phase
        self._seq = 0
        self._fresh = False
        self._payloads: dict[str, Any] = {}
        self._positions: dict[str, tuple[int, str]] = {}

    @property
    def read_phases(self) -> bool:
        """Whether the current batch's code looked at it."""
        return self._fresh

    def begin(self) -> None:
        """A new batch begins: what is merged may have changed."""
        self._fresh = False

    def _current(self) -> dict[str, Any]:
        if self._fresh:
            return self._payloads
        self._fresh = True
        rows = self._database.rows(
            "SELECT id, position, status, value, seq FROM items"
            " WHERE job = ? AND phase = ? AND seq > ? ORDER BY position",
            (self._job, self._phase, self._seq),
        )
        in_order = True
        last = self._positions[next(reversed(self._payloads))] if self._payloads else (-1, "")
        for row in rows:
            self._seq = max(self._seq, row["seq"])
            place = (row["position"], row["id"])
            if row["status"] != "merged":
                self._payloads.pop(row["id"], None)
                continue
            in_order = in_order and (row["id"] in self._payloads or place > last)
            last = max(last, place)
            self._positions[row["id"]] = place
            self._payloads[row["id"]] = json.loads(row["value"])
        if not in_order:
            order = sorted(self._payloads, key=self._positions.__getitem__)
            self._payloads = {item_id: self._payloads[item_id] for item_id in order}
        return self._payloads

    def __getitem__(self, item_id: str) -> Any:
        return self._current()[item_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._current()


class MergedView(Mapping[int, MergedPhase]):
    """What is merged of a job."""

    def __init__(self, database: Database, job: int) -> None:
        ids = [row[0] for row in database.rows("SELECT phase FROM phases WHERE job = ? ORDER BY position", (job,))]
        self._phases = {phase: MergedPhase(database, job, phase) for phase in ids}

    def begin(self) -> None:
        """A new batch begins."""
        for phase in self._phases.values():
            phase.begin()

    def read_phases(self) -> list[int]:
        """Ids of the phases that the current batch's code looked at."""
        return [phase for phase, merged in self._phases.items() if merged.read_phases]

    def __getitem__(self, phase: int) -> MergedPhase:
        return self._phases[phase]

    def __iter__(self) -> Iterator[int]:
        return iter(self._phases)

    def __len__(self) -> int:
        return len(self._phases)
