"""What the log of a job is told of one batch: an event for each step, stored with the change that it tells of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from supervisor.engine.accounting.job_progress import ProgressLine
from supervisor.engine.batch.batch_state import BatchState
from supervisor.engine.events.event_log import EventLog
from supervisor.model.bounded_errors import kept, said
from supervisor.model.job import StoredBatch
from supervisor.model.session import SessionResult
from supervisor.model.validation_report import ValidationError
from supervisor.store.tables.attempts import Outcome
from supervisor.store.transaction import Transaction
from supervisor.text.plain_text import plain_line

_EVENT_BYTES = 16 * 1024
"""Of errors that an event has with it."""
_MOST_NAMES = 5
_UNCOUNTED = {
    "not_started": "could not start",
    "limited": "was turned away by a limit",
    "overloaded": "met an overload",
    "stalled": "gave no sign of life",
    "interrupted": "was cut off",
}


class BatchEvents:
    """Appends them, each under the batch's own label."""

    def __init__(self, batch: StoredBatch, total: int | None, event_log: EventLog) -> None:
        """`total` is the number of batches of its phase; None where that is not known yet."""
        self._batch = batch
        self._event_log = event_log
        self._label = f"phase {batch.phase} batch {batch.number}{'' if total is None else f'/{total}'}"

    def session_started(self, transaction: Transaction, session: int, agent: str, items: int) -> None:
        text = f"session {session} started for {items} items with {agent}"
        self._append(transaction, "session_started", text, session=session, items=items)

    def session_came_to_nothing(
        self, transaction: Transaction, session: int, outcome: Outcome, why: str, retry_in_s: float | None
    ) -> None:
        """`retry_in_s`: seconds to the next try; None where none follows by itself."""
        again = (
            "" if retry_in_s is None else f"; next try in {retry_in_s:.3g} s" if retry_in_s else "; it is tried again"
        )
        text = f"session {session} {_UNCOUNTED[outcome]}: {plain_line(why, 200)}{again}"
        self._append(transaction, f"session_{outcome}", text, level="WARNING", screen=why)

    def session_over_limit(self, transaction: Transaction, session: int, how: str) -> None:
        text = f"session {session} told at its end that {how}"
        self._append(transaction, "session_over_limit", text, level="WARNING")

    def output_mended(self, transaction: Transaction, mended: Sequence[str]) -> None:
        lines = [plain_line(line, 300) for line in mended]
        self._append(transaction, "output_mended", f"mended: {'; '.join(lines)}", mended=lines)

    def answers_taken(
        self, transaction: Transaction, session: int, result: SessionResult, why: str, unfinished: Collection[str]
    ) -> None:
        """What a person should know of answers that pass all the same; `why` the session did not come to its end."""
        for remark in result.remarks:
            self._append(transaction, "session_remark", f"session {session}: {remark}", level="WARNING")
        if why and unfinished:
            count = len(unfinished)
            self._append(
                transaction,
                "unfinished",
                f"{count} item{' passes' if count == 1 else 's pass'} as a session left"
                f" {'it' if count == 1 else 'them'} that had not come to its end ({plain_line(why, 200)});"
                " --redo-unfinished asks again",
                level="WARNING",
                unfinished=count,
            )

    def attempt_failed(
        self, transaction: Transaction, state: BatchState, passed: int, errors: Sequence[ValidationError]
    ) -> None:
        tries = f"attempt {state.counted} of {state.max_attempts}" if state.counted else "no attempt was used"
        self._append(
            transaction,
            "attempt_failed",
            f"{passed} of {len(state.ids)} items pass; {len(state.todo)} to do again, {tries}: {said(errors)}",
            level="WARNING",
            failed=list(state.todo),
            errors=[error.model_dump() for error in kept(errors, _EVENT_BYTES)],
        )

    def batch_ended(
        self,
        transaction: Transaction,
        state: BatchState,
        merged: int,
        refused: Mapping[str, Sequence[ValidationError]],
        counts: ProgressLine,
    ) -> None:
        """`refused`: what was wrong with each item that is quarantined."""
        self._foreign_answers(transaction, state.errors)
        if refused:
            errors = list(dict.fromkeys(error for found in refused.values() for error in found))
            after = f" after {state.counted} attempt{'' if state.counted == 1 else 's'}" if state.counted else ""
            self._append(
                transaction,
                "batch_failed",
                f"{len(refused)} items quarantined{after} ({_some(list(refused))}): {said(errors)}",
                level="ERROR",
                failed=list(refused),
            )
        self._append(transaction, "batch_ended", f"{merged} items merged | {counts.text}", merged=merged, **counts.data)

    def _foreign_answers(self, transaction: Transaction, errors: Sequence[ValidationError]) -> None:
        foreign = [e for e in errors if e.type == "unknown_item" and (e.item_id is not None or e.times > 1)]
        if foreign:
            names = [plain_line(each.item_id, 80) for each in foreign if each.item_id is not None]
            text = f"answers for {sum(e.times for e in foreign):,} ids that are not of this batch were left out"
            self._append(transaction, "unknown_items", f"{text}: {_some(names)}", level="WARNING")

    def _append(self, transaction: Transaction, kind: str, text: str, *, level: str = "INFO", **data: Any) -> None:
        batch = self._batch
        self._event_log.append(
            transaction,
            batch.job,
            kind,
            f"{self._label}: {text}",
            level=level,
            phase=batch.phase,
            batch=batch.number,
            **data,
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMES]) + (", …" if len(names) > _MOST_NAMES else "")
