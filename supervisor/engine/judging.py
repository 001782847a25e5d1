"""What of an output passes: the engine's own check of shape and ids, then the phase's validator on the whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from supervisor.content.output_shape import as_output, shape_output
from supervisor.engine.project_calls import ProjectCalls
from supervisor.model.base import Frozen
from supervisor.model.batch import BatchInput
from supervisor.model.pipeline import Phase
from supervisor.model.report import ValidationError
from supervisor.model.session import SessionResult


class Judgement(Frozen):
    """What came of judging an output together with what the batch had kept before."""

    passed: dict[str, Any]
    """Item id to value of all that passes now, in canonical order."""
    errors: tuple[ValidationError, ...]
    looked_at: tuple[int, ...] = ()
    """Phases whose merged items the validator looked at."""

    def errors_of(self, item_id: str) -> tuple[ValidationError, ...]:
        """The errors that an item failed by: its own, and those of the whole batch."""
        return tuple(error for error in self.errors if error.item_id in (item_id, None))


async def judge(
    code: ProjectCalls,
    phase: Phase,
    batch: BatchInput,
    asked: Sequence[str],
    kept: dict[str, Any],
    result: SessionResult,
    job: int | None,
) -> Judgement:
    """Judge a session's result for `asked`, joined with the values `kept` from earlier attempts.

    ContentFault where the validator itself fails.
    """
    if result.output is None:
        refusal = result.refusal
        assert refusal is not None
        error = ValidationError(type=refusal.kind, message=refusal.message, suggestion=refusal.suggestion)
        return Judgement(passed=kept, errors=(error,))
    shaped = shape_output(result.output, phase.merge, tuple(asked), tuple(batch.items))
    found = {**kept, **shaped.values}
    candidates = {item_id: found[item_id] for item_id in batch.items if item_id in found}
    if not candidates:
        return Judgement(passed={}, errors=shaped.errors)
    narrowed = batch.model_copy(update={"items": {item_id: batch.items[item_id] for item_id in candidates}})
    verdict = await code.validate(phase, narrowed, as_output(candidates, phase.merge), job)
    failed = set(verdict.report.failed_ids(candidates))
    return Judgement(
        passed={item_id: value for item_id, value in candidates.items() if item_id not in failed},
        errors=(*shaped.errors, *verdict.report.errors),
        looked_at=verdict.looked_at,
    )
