"""What a person changed in a sink since it was written; never overwritten."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from supervisor.model.frozen_model import FrozenModel
from supervisor.store.queries.merged_snapshot import MergedValue
from supervisor.text import content_hash


class HandEdits(FrozenModel):
    """What a person did to a sink since it was written."""

    values: dict[str, Any] = Field(default_factory=dict)
    """Items with another value than the store's."""
    removed: tuple[str, ...] = ()
    """Items that are not there any more."""
    problem: str = ""
    """What could not be taken over."""
    copy_kept: Path | None = None
    """Copy of what it held, where not all of it could be taken over, or something was removed."""


def find_hand_edits(
    held: Mapping[str, Any], merged: Mapping[str, MergedValue], left_out: Mapping[str, MergedValue], written_seq: int
) -> HandEdits | None:
    """What differs between what a sink holds and what is merged; None where nothing does.

    Only items that were merged when it was written, at `written_seq`, can have been edited or removed in it; of
    those that were `left_out` since, it may hold what was merged.
    """
    changed = {
        item_id: value for item_id, value in held.items() if item_id in merged and _differs(value, merged[item_id])
    }
    late = [item_id for item_id in changed if merged[item_id].seq > written_seq]
    unknown = [
        item_id
        for item_id, value in held.items()
        if item_id not in merged and (item_id not in left_out or _differs(value, left_out[item_id]))
    ]
    removed = tuple(i for i, stored in merged.items() if i not in held and stored.seq <= written_seq)
    problem = ""
    if unknown:
        problem = f"{len(unknown)} entries are no merged items: {', '.join(unknown[:5])}"
    elif late:
        problem = f"{len(late)} items were merged anew at the same time: {', '.join(late[:5])}"
    if not changed and not removed and not problem:
        return None
    kept = {item_id: value for item_id, value in changed.items() if merged[item_id].seq <= written_seq}
    return HandEdits(values=kept, removed=removed, problem=problem)


def _differs(value: Any, stored: MergedValue) -> bool:
    return content_hash.digest(value) != content_hash.digest(json.loads(stored.value))
