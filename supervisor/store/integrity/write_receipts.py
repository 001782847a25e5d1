"""What sinks were given last, noted beside the store: it tells of a store that lost its last commits."""

from __future__ import annotations

import json
import os
from pathlib import Path

from supervisor.failpoints import reached
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.write_receipt import WriteReceipt
from supervisor.store.database import Database

FOLDER = "written"
"""Beside the store, with one file for each phase of each job."""


class PhaseReceipt(FrozenModel):
    """Which content of a phase its sink was given last."""

    job: int
    phase: int
    pipeline: str
    collection: str
    target: str
    seq: int
    """The last merge that is in it."""
    sha256: str


def record_receipt(database: Database, job: int, phase: int, written: WriteReceipt) -> None:
    """Note what a phase's sink was given.

    It needs no sync: what is older than the store, or half written by a loss of power, tells nothing and harms nothing.
    """
    row = database.row("SELECT pipeline, collection, target FROM jobs WHERE id = ?", (job,))
    if row is None:
        return
    receipt = PhaseReceipt(job=job, phase=phase, seq=written.seq, sha256=written.sha256, **dict(row))
    path = database.path.parent / FOLDER / f"job{job}-phase{phase}.json"
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_suffix(".new")
    reached("receipt.before_write")
    temporary.write_text(receipt.model_dump_json(), encoding="utf-8")
    reached("receipt.before_rename")
    os.replace(temporary, path)
    reached("receipt.written")


def announce(database: Database, job: int, phase: int, written: WriteReceipt) -> None:
    """Note what a phase's sink will hold in a moment: its writer may not live to record it."""
    path = _announced(database.path.parent, job, phase)
    path.parent.mkdir(exist_ok=True)
    reached("receipt.before_announce")
    path.write_text(written.model_dump_json(), encoding="utf-8")
    reached("receipt.announced")


def forget_announced(state: Path, job: int, phase: int) -> None:
    """What was announced is recorded: from now on a file that is like it was put there by somebody."""
    _announced(state, job, phase).unlink(missing_ok=True)


def find_announced(state: Path, job: int, phase: int) -> WriteReceipt | None:
    """What was announced last; None where there is nothing that can be read."""
    try:
        return WriteReceipt.model_validate_json(_announced(state, job, phase).read_bytes())
    except (OSError, ValueError):
        return None


def _announced(state: Path, job: int, phase: int) -> Path:
    return state / FOLDER / f"job{job}-phase{phase}.announced"


def find_receipt(state: Path, job: int, phase: int) -> PhaseReceipt | None:
    """The receipt of a phase; None where there is none that can be read."""
    try:
        return PhaseReceipt.model_validate(json.loads((state / FOLDER / f"job{job}-phase{phase}.json").read_bytes()))
    except (OSError, ValueError):
        return None


def all_receipts(state: Path) -> list[PhaseReceipt]:
    """The receipts in a project's state folder that can be read, in the order of jobs and phases."""
    found: list[PhaseReceipt] = []
    for path in (state / FOLDER).glob("job*-phase*.json"):
        try:
            found.append(PhaseReceipt.model_validate(json.loads(path.read_bytes())))
        except (OSError, ValueError):
            continue
    return sorted(found, key=lambda receipt: (receipt.job, receipt.phase))
