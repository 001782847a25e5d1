"""A validator's verdict on one batch's output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from supervisor.model.frozen_model import FrozenModel


class ValidationError(FrozenModel):
    """One thing that is wrong with an output, said so that an agent can put it right."""

    type: str
    """Kind of the fault, a short word such as `wrong_square`; counted in reports."""
    message: str
    """What is wrong, with the values concerned."""
    item_id: str | None = None
    """The item at fault; without one the whole batch failed."""
    suggestion: str = ""
    """What to do about it."""


class ValidationReport(FrozenModel):
    """All errors of one output; a report without errors is valid."""

    errors: Sequence[ValidationError] = ()

    @property
    def valid(self) -> bool:
        """Whether the whole batch passed."""
        return not self.errors

    def failed_ids(self, batch_ids: Iterable[str]) -> tuple[str, ...]:
        """The ids of `batch_ids`, in their order, that failed; all of them where an error names no item."""
        ids = tuple(batch_ids)
        if any(error.item_id is None for error in self.errors):
            return ids
        named = {error.item_id for error in self.errors}
        return tuple(i for i in ids if i in named)

    def stats(self, batch_ids: Iterable[str]) -> dict[str, int]:
        """`{"total", "passed", "failed"}`, in items."""
        ids = tuple(batch_ids)
        failed = len(self.failed_ids(ids))
        return {"total": len(ids), "passed": len(ids) - failed, "failed": failed}
