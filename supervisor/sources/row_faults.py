"""Rows of a source that are wrong: all of them are told at once, the first twenty in words."""

from __future__ import annotations

from typing import NamedTuple

from supervisor.errors import SourceError

MOST_TOLD = 20


class RowFault(NamedTuple):
    """One row that is wrong."""

    what: str
    place: str
    """Where in the source: `line 3`; empty where `what` says it."""
    remedy: str


class WrongRows(SourceError):
    """Rows of a source are wrong; one alone is told like any error, several as a list."""

    def __init__(self, faults: tuple[RowFault, ...], more: int, *, name: str) -> None:
        self.faults = faults
        self.more = more
        if len(faults) == 1:
            (only,) = faults
            where = f"{name}, {only.place}" if only.place else name
            super().__init__(only.what, where=where, remedy=only.remedy)
            return
        lines = [f"{fault.place}: {fault.what}" if fault.place else fault.what for fault in faults]
        lines += [f"and {more:,} more"] if more else []
        what = f"{len(faults) + more:,} rows are wrong"
        super().__init__("\n  ".join([what, *lines]), where=name, remedy=faults[0].remedy)


class RowFaults:
    """Collects them while the rows of a source are read on."""

    def __init__(self, name: str) -> None:
        """`name`: the source's, for people."""
        self._name = name
        self._told: list[RowFault] = []
        self._more = 0

    def add(self, what: str, place: str = "", remedy: str = "Correct the file.") -> None:
        """One more."""
        if len(self._told) < MOST_TOLD:
            self._told.append(RowFault(what, place, remedy))
        else:
            self._more += 1

    def add_error(self, error: SourceError) -> None:
        """What a source that is read to its end, or to its first wrong row, complained of."""
        if isinstance(error, WrongRows):
            for fault in error.faults:
                self.add(*fault)
            self._more += error.more
        else:
            self.add(error.what, error.where.removeprefix(self._name).removeprefix(", "), error.remedy)

    def __bool__(self) -> bool:
        return bool(self._told)

    def raise_if_any(self) -> None:
        """WrongRows where there was one."""
        if self._told:
            raise WrongRows(tuple(self._told), self._more, name=self._name)
