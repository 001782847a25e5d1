"""A validator's verdict on one batch's output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from supervisor.model.frozen_model import FrozenModel
from supervisor.model.written_values import Words


class ValidationError(FrozenModel):
    """One thing that is wrong with an output, said so that an agent can put it right."""

    type: str
    """Kind of the fault, a short word such as `wrong_square`; counted in reports."""
    message: str
    """What is wrong, with the values concerned."""
    item_id: str | None = None
    """The item at fault; without one, or with one that is not of the batch, the whole batch failed."""
    suggestion: str = ""
    """What to do about it."""
    times: int = 1
    """How many errors of its type it stands for, where they are not kept one by one."""

    @model_serializer(mode="wrap")
    def _without_usual(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = handler(self)
        if fields.get("times") == 1:
            del fields["times"]
        return fields


class ValidationReport(FrozenModel):
    """All errors of one output; a report without errors is valid."""

    errors: Annotated[Sequence[ValidationError], Words("a list of ValidationError")] = ()

    @property
    def valid(self) -> bool:
        """Whether the whole batch passed."""
        return not self.errors

    def failed_ids(self, batch_ids: Iterable[str]) -> tuple[str, ...]:
        """The ids of `batch_ids`, in their order, that failed; all of them where an error names none of them."""
        ids = tuple(batch_ids)
        named = {error.item_id for error in self.errors}
        return ids if named - set(ids) else tuple(i for i in ids if i in named)

    def naming_only(self, batch_ids: Iterable[str]) -> ValidationReport:
        """The same, each error naming an item of the batch or none; a name that is no item's is said in its message."""
        known = {None, *batch_ids}
        if all(error.item_id in known for error in self.errors):
            return self
        return ValidationReport(errors=[e if e.item_id in known else _of_whole_batch(e) for e in self.errors])

    def stats(self, batch_ids: Iterable[str]) -> dict[str, int]:
        """`{"total", "passed", "failed"}`, in items."""
        ids = tuple(batch_ids)
        failed = len(self.failed_ids(ids))
        return {"total": len(ids), "passed": len(ids) - failed, "failed": failed}


def _of_whole_batch(error: ValidationError) -> ValidationError:
    message = f"for {error.item_id!r}, which is no item of this batch: {error.message}"
    return error.model_copy(update={"item_id": None, "message": message})
