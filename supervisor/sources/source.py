"""The door to where a phase's items come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from supervisor.model.pipeline import Phase, Pipeline
from supervisor.model.target import Target
from supervisor.project.project import Project


class SourceItem(NamedTuple):
    """An item as its source has it."""

    id: str
    payload: Any
    """Its content as JSON: what the standard library's `json` reads."""
    place: str
    """The row it stands in, for people: `line 3`."""


class Source(Protocol):
    """Items of a phase. Called in a thread, never on the loop; they may be many, so they are streamed."""

    @property
    def name(self) -> str:
        """What people know it by: a file's path in the project."""
        ...

    def fingerprint(self) -> str:
        """Equal only where `items` would give the same; "": it cannot be told, read again. Cheap: nothing is parsed.

        SourceError where the place cannot be reached.
        """
        ...

    def items(self) -> Iterator[SourceItem]:
        """All items in canonical order.

        SourceError where the place cannot be reached, and for rows that are malformed, named in `where`: the first one,
        or all at the end, as WrongRows. An id that stands twice is given twice: whoever takes the items refuses it, and
        cuts them at the phase's limit.
        """
        ...


class SourceContext(NamedTuple):
    """What a source is made for; the entry points of `supervisor.sources` are functions of it."""

    project: Project
    pipeline: Pipeline
    phase: Phase
    target: Target
    submitted: str | None = None
    """The input, as JSON, that the job was submitted with."""
