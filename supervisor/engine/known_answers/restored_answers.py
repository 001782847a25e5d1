"""Answers of a store that was lost, kept from its main files: given back item by item as their batches come up."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, ClassVar

from supervisor.engine.known_answers.known_answer import AnswerRequest, KnownAnswer
from supervisor.errors import StoreError
from supervisor.failpoints import reached
from supervisor.host.durable_files import replace_durably
from supervisor.store.database import Database
from supervisor.text.strict_json import in_order

_FOLDER = "answers"


class RestoredAnswers:
    """What is still to be given back of one job. An item that the store has settled since is not touched."""

    origin: ClassVar[str] = "restored"

    def __init__(self, state: Path, database: Database, job: int) -> None:
        self._state = state
        self._database = database
        self._job = job
        self._left: dict[int, dict[str, Any]] = {}
        for path in (state / _FOLDER).glob(f"job{job}-phase*.json"):
            phase = int(path.stem.partition("-phase")[2])
            settled = {
                row["id"]
                for row in database.rows(
                    "SELECT id FROM items WHERE job = ? AND phase = ? AND instructions_version IS NOT NULL",
                    (job, phase),
                )
            }
            kept = _read(path)
            self._left[phase] = {item_id: value for item_id, value in kept.items() if item_id not in settled}

    def pending(self, phase: int) -> bool:
        """Whether more is known of a phase than the store has yet: its main file is not to be written then."""
        return bool(self._left.get(phase))

    async def lookup(self, request: AnswerRequest) -> Sequence[KnownAnswer]:
        """The answers that a batch's items had, of those that nobody asked to have done again."""
        left = self._left.get(request.phase.id)
        if not left:
            return ()
        rows = self._database.rows(
            "SELECT id FROM items WHERE batch = ? AND status = 'waiting' AND instructions_version IS NULL"
            " AND seq IS NULL",
            (request.batch.id,),
        )
        values = {row["id"]: left[row["id"]] for row in rows if row["id"] in left}
        return (KnownAnswer(values=values, validated=True),) if values else ()

    def settled(self, phase: int, ids: Collection[str]) -> None:
        """These items are in the store again."""
        left = self._left.get(phase)
        if left:
            for item_id in ids:
                left.pop(item_id, None)

    def close(self, phase: int) -> list[str]:
        """The phase has ended; ids of what belongs to no item of it any more."""
        left = self._left.pop(phase, None)
        if left is None:
            return []
        reached("answers.before_remove")
        _path(self._state, self._job, phase).unlink(missing_ok=True)
        reached("answers.removed")
        return list(left)


def keep_answers(state: Path, job: int, phase: int, values: dict[str, Any]) -> None:
    """Keep answers for the next run of a job."""
    path = _path(state, job, phase)
    path.parent.mkdir(exist_ok=True)
    replace_durably(path, [in_order(values).encode("utf-8")])


def kept_answers(state: Path) -> int:
    """How many answers wait to be given back."""
    return sum(len(_read(path)) for path in (state / _FOLDER).glob("job*-phase*.json"))


def _read(path: Path) -> dict[str, Any]:
    """What a file keeps; StoreError where it is damaged: to go on without would write its main file without it."""
    try:
        kept = json.loads(path.read_bytes())
        why = "it is no JSON object"
    except ValueError as error:
        kept, why = None, f"it does not parse: {error}"
    if isinstance(kept, dict):
        return kept
    raise StoreError(
        f"the answers that were kept of a lost store are damaged: {why}",
        where=str(path),
        remedy="Put the file back from a copy. Without it (delete it) its answers are made again.",
    )


def _path(state: Path, job: int, phase: int) -> Path:
    return state / _FOLDER / f"job{job}-phase{phase}.json"
