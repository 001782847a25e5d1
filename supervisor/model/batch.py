"""A batch as its agent and its validator see it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from supervisor.model.frozen_model import FrozenModel


class BatchInput(FrozenModel):
    """The items of one batch, and what belongs to them."""

    pipeline: str
    """Name of the pipeline."""
    target: str
    """What the job makes, for example `spa_for_eng_20seeds`."""
    phase: int
    """Id of the phase, as in the pipeline file."""
    batch: int
    """Number of the batch within its phase, from 1."""
    items: dict[str, Any]
    """Item id to payload, in canonical order. A payload is the item's row without its id."""
    context: Any = None
    """What the phase's `context` function gave for this batch; None where the phase has none."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """The phase's own `[phases.settings]` from the pipeline file."""
    target_parts: dict[str, str] = Field(default_factory=dict)
    """The named groups of the pipeline's target pattern, for example `{"known": "eng"}`."""

    def file_content(self) -> dict[str, Any]:
        """The object that the input file holds."""
        content: dict[str, Any] = {
            "pipeline": self.pipeline,
            "target": self.target,
            "phase": self.phase,
            "batch": self.batch,
            "items": self.items,
        }
        if self.context is not None:
            content["context"] = self.context
        return content
