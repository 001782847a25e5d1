"""What a person changed in a main file since it was written; never overwritten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from supervisor.model.frozen_model import FrozenModel
from supervisor.sinks.json_sink import JsonSink, entries
from supervisor.store.database import Database
from supervisor.store.integrity import write_receipts
from supervisor.text import content_hash


class HandEdits(FrozenModel):
    """What a person did to a main file since it was written."""

    values: dict[str, Any]
    """Items with another value than the store's."""
    removed: tuple[str, ...]
    """Items that are not there any more."""
    copy_kept: Path | None = None
    """Copy of the file, where not all of it could be taken over."""
    problem: str = ""
    """What could not be taken over."""


def detect_hand_edits(database: Database, main_file: JsonSink, job: int, phase: int, merge: str) -> HandEdits | None:
    """What a person changed in the main file since it was written; None where nothing was.

    Only items that were merged when the file was written can have been edited or removed in it.
    """
    if main_file.unchanged():
        return None
    row = database.row("SELECT written_seq, written_hash FROM phases WHERE job = ? AND phase = ?", (job, phase))
    assert row is not None
    if main_file.holds(row["written_hash"]) or (data := main_file.read()) is None:
        return None
    try:
        found = entries(data, merge)
    except ValueError as error:
        return HandEdits(
            values={},
            removed=(),
            copy_kept=main_file.set_aside(data, "unreadable"),
            problem=f"it does not parse: {error}",
        )
    stored = {
        r["id"]: (r["value"], r["seq"])
        for r in database.rows(
            "SELECT id, value, seq FROM items WHERE job = ? AND phase = ? AND status = 'merged'", (job, phase)
        )
    }
    changed = {
        item_id: value
        for item_id, value in found.items()
        if item_id in stored and content_hash.digest(value) != content_hash.digest(json.loads(stored[item_id][0]))
    }
    late = [item_id for item_id in changed if stored[item_id][1] > row["written_seq"]]
    unknown = [item_id for item_id in found if item_id not in stored]
    removed = tuple(i for i, (_, seq) in stored.items() if i not in found and seq <= row["written_seq"])
    problem = ""
    if unknown:
        problem = f"{len(unknown)} entries are no merged items: {', '.join(unknown[:5])}"
    elif late:
        problem = f"{len(late)} items were merged anew at the same time: {', '.join(late[:5])}"
    if not changed and not removed and not problem:
        return None
    return HandEdits(
        values={item_id: value for item_id, value in changed.items() if item_id not in late},
        removed=removed,
        copy_kept=main_file.set_aside(data, "edited") if problem or removed else None,
        problem=problem,
    )


def is_current(database: Database, main_file: JsonSink, job: int, phase: int) -> bool:
    """Whether the file was last written with all that is merged now, is as it was written, and is noted so."""
    row = database.row(
        "SELECT next_seq, written_seq, written_hash FROM phases WHERE job = ? AND phase = ?", (job, phase)
    )
    assert row is not None
    noted = write_receipts.find_receipt(database.path.parent, job, phase)
    return (
        main_file.unchanged()
        and row["next_seq"] - 1 == row["written_seq"]
        and noted is not None
        and (noted.seq, noted.sha256) == (row["written_seq"], row["written_hash"])
    )
