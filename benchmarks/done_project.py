"""A project of which nearly everything is done, made in seconds by the store's own functions."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from benchmarks.cost import run
from benchmarks.scratch import TARGET, Scratch
from supervisor.model import session_name
from supervisor.model.job import StoredBatch
from supervisor.model.session import SessionResult
from supervisor.model.session_handle import SessionHandle
from supervisor.sinks import json_sink
from supervisor.store.database import Database, open_store
from supervisor.store.integrity import write_receipts
from supervisor.store.queries import merged_snapshot
from supervisor.store.tables import batches, events, phases
from supervisor.store.transaction import Transaction
from supervisor.store.transitions import batch_transitions
from supervisor.text import content_hash

_SPENT = 4
"""How a run ends whose one session is used up."""
_AT_ONCE = 1000
"""Batches in one transaction."""
_PHASE = 1


def make_done(root: Path, done: int, *, batch_size: int = 1) -> Scratch:
    """A project of one more batch than are `done`.

    A real run plans all of it and does the first batch. The others get what a run would leave: rows of the store,
    the main file, a folder for each session (kept for a day; empty here). Their lines in the log are left out.
    """
    scratch = Scratch(root, "copy.sh", batches=done + 1, batch_size=batch_size, answered=(0, done))
    scratch.add_pipeline("facts")
    settings = root / "supervisor.toml"
    as_it_was = settings.read_text()
    settings.write_text(f"max_sessions = 1\n{as_it_was}")  # a limit of the command line would stay with the job
    run(scratch.command("facts", 1), root / "log", expected=(_SPENT,))
    settings.write_text(as_it_was)
    with contextlib.closing(open_store(root / "vfs" / ".supervisor" / "store.sqlite")) as database:
        (first,) = database.rows("SELECT * FROM attempts")
        open_now = batches.ready(database, first["job"], _PHASE)[:-1]
        for begin in range(0, len(open_now), _AT_ONCE):
            with database.transaction() as transaction:
                for batch in open_now[begin : begin + _AT_ONCE]:
                    _settle(scratch, transaction, batch, json.loads(first["handle"]))
        _write_main_file(scratch, database, first["job"])
    sessions = root / "vfs" / ".supervisor" / "sessions"
    for batch in open_now:
        (sessions / session_name.session_name(batch, 1)).mkdir(mode=0o700)
    return scratch


def _settle(scratch: Scratch, transaction: Transaction, batch: StoredBatch, address: dict[str, Any]) -> None:
    """What the two commits of a batch leave that passes at its first attempt."""
    answer = scratch.answer(batch.number - 1)
    name = session_name.session_name(batch, 1)
    handle = SessionHandle(executor="local", session=name, address=address)
    attempt = batch_transitions.begin_session(transaction, batch, 1, name, "mine", list(answer), handle)
    label = f"phase {batch.phase} batch {batch.number}"
    seen = {"phase": batch.phase, "batch": batch.number, "items": len(answer)}
    events.record(transaction, batch.job, "session_started", f"{label}: session 1 started with mine", data=seen)
    result = SessionResult(ending="exited", exit_status=0, duration_s=0.01)
    batch_transitions.end_session(transaction, attempt, "passed", counted=True, result=result)
    digests = {item_id: content_hash.digest({"n": value["n"]}) for item_id, value in answer.items()}
    batch_transitions.settle(transaction, batch.job, batch.phase, batch.id, digests, answer, {})
    batch_transitions.set_batch_status(transaction, batch.id, "done")
    events.record(transaction, batch.job, "batch_ended", f"{label}: {len(answer)} items merged", data=seen)


def _write_main_file(scratch: Scratch, database: Database, job: int) -> None:
    file = json_sink.JsonSink(scratch.root / "vfs" / "facts" / TARGET / f"squares_{_PHASE}.json")
    with file.lock():
        merged = merged_snapshot.snapshot(database, job, _PHASE, "object")
        file.edits(None)
        written = file.write(merged)
        assert written is not None, "nobody else writes it"
        write_receipts.record_receipt(database, job, _PHASE, written)
        phases.record_written(database, job, _PHASE, written)
