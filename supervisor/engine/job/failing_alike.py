"""A job whose sessions fail in the same way, one after the other: what is said of it, and what is taken back."""

from __future__ import annotations

from supervisor.engine.dispatch.circuit_breaker import Row, signature_of
from supervisor.engine.job_context import JobContext
from supervisor.errors import FailingAlike
from supervisor.project.pipeline_loader import PIPELINE_FILE
from supervisor.store.tables import attempts
from supervisor.store.transitions import attempts_taken_back

_NO_ANSWER = (
    *("crashed", "timed_out", "stalled", "unknown_dialog", "cut_off", "could_not_start"),
    *("no_output", "over_limit"),
)
"""Kinds of failures that come before there is anything to judge."""


def failing_alike(context: JobContext, row: Row) -> FailingAlike:
    """The error that the job ends with: what failed, an example, and what to look at."""
    return FailingAlike(
        row.text(),
        where=f"job {context.id}, phase {row.phase}, agent {row.agent!r}",
        remedy=f"{_what_to_look_at(context, row)} Nothing is given up for it and no attempt is counted: once it is"
        " mended, the same command goes on.",
    )


def take_row_back(context: JobContext, row: Row, *, with_earlier: bool) -> None:
    """Have the sessions of a row not count, and their batches wait as before.

    `with_earlier`: also those before it, of supervisors that ended meanwhile, that failed so with none between that
    passed.
    """
    ids = [failure.attempt for failure in row.failures if failure.attempt is not None]
    if with_earlier:
        for failed in attempts.failed_since_pass(context.database, context.id, row.phase, row.agent):
            if failed.id not in ids and signature_of(failed.errors, failed.item_ids) == row.signature:
                ids.append(failed.id)
    with context.event_log.transaction() as transaction:
        batches = attempts_taken_back.take_back(transaction, ids)
        context.event_log.append(
            transaction,
            context.id,
            "attempts_taken_back",
            f"phase {row.phase}: {len(ids)} sessions that failed in the same way do not count as attempts;"
            f" {len(batches)} batches that were given up for it wait again",
            level="WARNING",
            phase=row.phase,
        )


def _what_to_look_at(context: JobContext, row: Row) -> str:
    project, pipeline = context.project, context.pipeline
    last = row.failures[-1].attempt
    name = None if last is None else attempts.name_of(context.database, last)
    folder = project.relative(project.sessions) if name is None else f"{project.relative(project.sessions)}/{name}"
    phase, kind = pipeline.phase(row.phase), row.example.type
    validator = phase.validator
    if kind == "validator_failed":
        named = validator if isinstance(validator, str) else " ".join(validator or ())
        log = project.relative(project.state / "project_code.log")
        return f"Look at the validator {named}; what it prints is in {log}."
    if kind in _NO_ANSWER:
        return f"Look at what the agent printed, {folder}/transcript.txt, and at how it is started."
    told = project.relative(project.pipeline_folder(pipeline.name) / phase.intelligence)
    judge = project.relative(project.pipeline_folder(pipeline.name) / PIPELINE_FILE)
    if isinstance(validator, str):
        judge = project.relative(project.validator_folder(pipeline.name) / validator)
    return f"Look at what it wrote in {folder}, at what it is told, {told}, and at what judges it, {judge}."
