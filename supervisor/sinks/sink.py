"""The door to where a phase's accepted results go."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from supervisor.model.frozen_model import FrozenModel
from supervisor.model.write_receipt import WriteReceipt
from supervisor.project.project import Project
from supervisor.store.queries.merged_snapshot import ResultSnapshot

__all__ = ["EditedContent", "ResultSnapshot", "Sink", "SinkContext", "WriteReceipt"]


class EditedContent(FrozenModel):
    """What a sink holds that is not as it was written: whoever wrote it compares it with what it should hold."""

    values: dict[str, Any]
    """Item id to value of all that it holds; empty where it does not parse."""
    sha256: str | None
    """Digest of it as it is; None: there is nothing at all."""
    problem: str = ""
    """Why it does not parse."""

    @property
    def missing(self) -> bool:
        """Whether there is nothing: it was not written yet, or was taken away."""
        return self.sha256 is None


class Sink(Protocol):
    """The accepted results of one phase, outside the store, of which it knows nothing.

    Called in threads; `edits`, `set_aside` and `write` by whoever holds its lock.
    """

    @property
    def name(self) -> str:
        """What people know it by."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Keeps all others from writing, in this process and elsewhere; SinkLocked after 30 s."""
        ...

    def edits(self, last: WriteReceipt | None) -> EditedContent | None:
        """What it holds where that is not what `last` tells of; None: it is as it was written then.

        Never raises for what a person wrote into it; CannotContinue where something else stands in its place.
        """
        ...

    def set_aside(self, why: str) -> Path:
        """Keep a copy of what `edits` saw, under a name of its own with the word `why` in it; where to."""
        ...

    def write(
        self, snapshot: ResultSnapshot, announce: Callable[[WriteReceipt], None] | None = None
    ) -> WriteReceipt | None:
        """Make it hold the snapshot: all of it or nothing, on the disk when this returns. Same rows: same content.

        `announce` is called with the receipt right before it holds it, where that is known before: what a writer wrote
        that was killed then is not taken for a person's edit.

        None, and nothing written, where it is not what `edits` or `write` left of it last: somebody edits it. OSError
        is the machine's: it is tried again.
        """
        ...

    def read(self) -> dict[str, Any]:
        """Item id to value of all that it holds, for a store that was lost.

        ValueError where it does not parse, OSError where it is not there.
        """
        ...


class SinkContext(NamedTuple):
    """What a sink is made with; the entry points of `supervisor.sinks` are functions of it."""

    project: Project
    path: Path
    """The phase's output, in the folder of its target."""
    phase: int
    merge: str
    """Form of the results: "object", any value for an id; "array", each an object or an array."""
