"""Versions of pipelines that jobs keep: the files as they were when a job began."""

from __future__ import annotations

import json
import time

from supervisor.model.frozen_model import FrozenModel
from supervisor.store.transaction import StoreReader, Transaction
from supervisor.text.content_hash import fingerprint


class PipelineVersion(FrozenModel):
    """The files of a pipeline's version."""

    pipeline: str
    version: int
    files: dict[str, str]
    """Path within the project to text."""

    @property
    def fingerprint(self) -> str:
        """Equal where pipeline, version and files are."""
        names = [part.encode() for path in sorted(self.files) for part in (path, self.files[path])]
        return fingerprint(self.pipeline.encode(), str(self.version).encode(), *names)


def keep(transaction: Transaction, definition: PipelineVersion) -> str:
    """Store a definition unless it is there already; its fingerprint."""
    mark = definition.fingerprint
    transaction.execute(
        "INSERT OR IGNORE INTO pipeline_versions (fingerprint, pipeline, version, files, made_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (mark, definition.pipeline, definition.version, json.dumps(definition.files, ensure_ascii=False), time.time()),
    )
    return mark


def get(database: StoreReader, mark: str) -> PipelineVersion | None:
    """The definition with this fingerprint; None where the store has lost it."""
    row = database.row("SELECT pipeline, version, files FROM pipeline_versions WHERE fingerprint = ?", (mark,))
    if row is None:
        return None
    return PipelineVersion(pipeline=row["pipeline"], version=row["version"], files=json.loads(row["files"]))


def version(database: StoreReader, mark: str | None) -> int | None:
    """The version of the definition with this fingerprint; None where there is none."""
    found = database.value("SELECT version FROM pipeline_versions WHERE fingerprint = ?", (mark,))
    return None if found is None else int(found)
