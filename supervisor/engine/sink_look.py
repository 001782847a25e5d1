"""A look at a sink before it is written: what it holds, beside what the store has of its phase."""

from __future__ import annotations

from typing import NamedTuple

from supervisor.model.write_receipt import WriteReceipt
from supervisor.sinks.hand_edits import HandEdits, find_hand_edits
from supervisor.sinks.sink import EditedContent, Sink
from supervisor.store.database import Database
from supervisor.store.integrity import write_receipts
from supervisor.store.queries import merged_snapshot
from supervisor.store.tables import items


class SinkLook(NamedTuple):
    """What there is."""

    as_written: bool = False
    """It is what it was given last."""
    missing: bool = False
    """There is nothing."""
    edits: HandEdits | None = None
    """What a person changed in it."""
    unrecorded: WriteReceipt | None = None
    """It is what a writer gave it that was killed before it could record that."""


def look_at_sink(database: Database, sink: Sink, job: int, phase: int) -> SinkLook:
    """What is in the sink; what of it a person wrote that cannot be taken over is set aside beside it."""
    noted = merged_snapshot.last_write(database, job, phase)
    held = sink.edits(None if noted.sha256 is None else WriteReceipt(seq=noted.seq, sha256=noted.sha256))
    if held is None:
        return SinkLook(as_written=True)
    if held.missing:
        return SinkLook(missing=True)
    announced = write_receipts.find_announced(database.path.parent, job, phase)
    if announced is not None and announced.sha256 == held.sha256 and _knows(database, job, phase, announced, held):
        return SinkLook(unrecorded=announced)
    if held.problem:
        return SinkLook(edits=HandEdits(problem=held.problem, copy_kept=sink.set_aside("unreadable")))
    merged = merged_snapshot.merged_values(database, job, phase)
    left_out = merged_snapshot.left_out_values(database, job, phase, noted.seq)
    edits = find_hand_edits(held.values, merged, left_out, noted.seq)
    if edits is not None and (edits.problem or edits.removed):
        edits = edits.model_copy(update={"copy_kept": sink.set_aside("edited")})
    return SinkLook(edits=edits)


def _knows(database: Database, job: int, phase: int, announced: WriteReceipt, held: EditedContent) -> bool:
    """Whether the store has what it was given: it may have lost its last commits."""
    newest = merged_snapshot.last_write(database, job, phase).newest
    return announced.seq <= newest and held.values.keys() <= items.ids(database, job, phase)


def is_all_written(database: Database, job: int, phase: int) -> bool:
    """Whether a sink was last given all that is merged now, and is noted so in the store and beside it."""
    noted = merged_snapshot.last_write(database, job, phase)
    receipt = write_receipts.find_receipt(database.path.parent, job, phase)
    return (
        noted.newest == noted.seq and receipt is not None and (receipt.seq, receipt.sha256) == (noted.seq, noted.sha256)
    )
