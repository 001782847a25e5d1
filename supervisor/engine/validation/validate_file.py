"""Judging one file as a phase's output, outside any job."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from supervisor.engine.validation.output_validation import ValidationResult, parse_output, validate_output
from supervisor.errors import UsageError
from supervisor.model.batch import BatchInput
from supervisor.model.json_document import JsonDocument
from supervisor.model.pipeline import Phase, Pipeline
from supervisor.model.target import Target
from supervisor.project.pipeline_loader import load_pipeline, read_target
from supervisor.project.project import Project
from supervisor.project_code.code_client import CodeClient
from supervisor.project_code.worker_pool import WorkerPool
from supervisor.sources.source import SourceContext
from supervisor.sources.source_registry import source_of
from supervisor.sources.taken_items import take_items
from supervisor.store.database import open_store
from supervisor.store.tables import jobs
from supervisor.store.tables.items import LEFT_OUT
from supervisor.text.strict_json import JsonRefused, parse_strict

_BATCH_FILE = re.compile(r"phase\d+_batch_(\d+)\.json")


async def validate_file(
    project: Project,
    pipeline_name: str,
    phase_id: int,
    file: Path,
    target_name: str | None,
    input_file: Path | None,
) -> tuple[ValidationResult, tuple[str, ...]]:
    """What a run would say of a file as an output, and the ids of the items that it has to answer."""
    pipeline = load_pipeline(project, pipeline_name)
    try:
        phase = pipeline.phase(phase_id)
    except KeyError:
        known = ", ".join(str(each.id) for each in pipeline.phases)
        raise UsageError(f"{pipeline_name} has no phase {phase_id}", remedy=f"Its phases are: {known}.") from None
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(file)) from error
    beside = file.parent / "input.json"
    if input_file is None and target_name is None and beside.is_file():
        input_file = beside
    if input_file is not None:
        batch = _from_input(pipeline, phase, input_file)
    else:
        target = read_target(pipeline, target_name or _target_of(project, pipeline, file))
        batch = _from_project(project, pipeline, phase, target, file)
    job = _job_of(project, pipeline, batch.target)
    pool = WorkerPool(project, 1)
    code = CodeClient(pool, project)
    try:
        if phase.context is not None and batch.context is None and job is not None:
            batch = batch.model_copy(update={"context": await code.context(phase, batch, job)})
        ids = tuple(batch.items)
        output = parse_output(JsonDocument(data), phase.merge, ids, ids)
        result = await validate_output(code, phase, batch, {}, output, job)
    finally:
        await pool.close()
    return result, ids


def _from_input(pipeline: Pipeline, phase: Phase, input_file: Path) -> BatchInput:
    try:
        content, _ = parse_strict(input_file.read_bytes())
        target = read_target(pipeline, content["target"])
        return BatchInput(
            **{name: content[name] for name in ("pipeline", "target", "phase", "batch", "items")},
            context=content.get("context"),
            settings=phase.settings,
            target_parts=target.parts,
        )
    except (OSError, JsonRefused, KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"it is no input file of a session: {error}", where=str(input_file), remedy="Name another with --input."
        ) from error


def _target_of(project: Project, pipeline: Pipeline, file: Path) -> str:
    """The target in whose folder a file lies."""
    collection = project.root / "vfs" / pipeline.collection
    path = file.resolve()
    if path.is_relative_to(collection) and len(path.relative_to(collection).parts) > 1:
        return path.relative_to(collection).parts[0]
    raise UsageError(
        "whose items it answers cannot be told from where it lies",
        where=str(file),
        remedy="Say --target TARGET, or --input FILE with the session's input file.",
    )


def _from_project(project: Project, pipeline: Pipeline, phase: Phase, target: Target, file: Path) -> BatchInput:
    """The items that the file has to answer: those of its batch, or all of the phase."""
    named = _BATCH_FILE.fullmatch(file.name)
    number = int(named[1]) if named else 0
    found: dict[str, Any] = {}
    job = _job_of(project, pipeline, target.name)
    if job is not None:
        database = open_store(project.store, read_only=True)
        condition = "AND batch IN (SELECT id FROM batches WHERE job = :job AND phase = :phase AND number = :number)"
        rows = database.rows(
            "SELECT id, payload FROM items WHERE job = :job AND phase = :phase AND payload IS NOT NULL"
            f" AND status NOT IN {('skipped', *LEFT_OUT)} {condition if number else ''} ORDER BY position, id",
            {"job": job, "phase": phase.id, "number": number},
        )
        found = {row["id"]: json.loads(row["payload"]) for row in rows}
        database.close()
    elif phase.upstream is None and not number:
        source = source_of(SourceContext(project, pipeline, phase, target))
        found = dict(take_items(source, phase, target))
    if not found:
        raise UsageError(
            f"no items of phase {phase.id} are known for {target.name}",
            where=str(file),
            remedy="Run the pipeline first, or name the session's input file with --input.",
        )
    return BatchInput(
        pipeline=pipeline.name,
        target=target.name,
        phase=phase.id,
        batch=number,
        items=found,
        settings=phase.settings,
        target_parts=target.parts,
    )


def _job_of(project: Project, pipeline: Pipeline, target: str) -> int | None:
    if not project.store.exists():
        return None
    database = open_store(project.store, read_only=True)
    try:
        job = jobs.live(database, pipeline.name, target)
    finally:
        database.close()
    return None if job is None else job.id
