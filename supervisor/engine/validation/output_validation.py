"""What of an output passes: the engine's own check of shape and ids, then the phase's validator on the whole batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from supervisor.engine.validation.matched_ids import ItemNames
from supervisor.engine.validation.mended_shape import WrongShape, take_shape
from supervisor.model.batch import BatchInput
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.item_rows import Item, join_row, split_row
from supervisor.model.json_document import JsonDocument
from supervisor.model.pipeline import Phase
from supervisor.model.validation_report import ValidationError
from supervisor.project_code.code_client import CodeClient

MOST_STRANGERS = 1000
"""Ids that are none of the batch, and entries without an id, that are named one by one."""


class ValidationResult(FrozenModel):
    """What came of judging an output together with what the batch had kept before."""

    passed: dict[str, Any]
    """Item id to value of all that passes now, in canonical order."""
    errors: tuple[ValidationError, ...]
    read_phases: tuple[int, ...] = ()
    """Phases whose merged items the validator looked at."""
    mended: tuple[str, ...] = ()
    """What had to be mended in the output, a line each."""

    def errors_of(self, item_id: str) -> tuple[ValidationError, ...]:
        """The errors that an item failed by: its own, and those of the whole batch."""
        return tuple(error for error in self.errors if error.item_id in (item_id, None))


async def validate_output(
    code: CodeClient,
    phase: Phase,
    batch: BatchInput,
    kept: dict[str, Any],
    output: ParsedOutput,
    job: int | None,
) -> ValidationResult:
    """Validate an output, joined with the values `kept` from earlier attempts.

    ProjectCodeError where the validator itself fails.
    """
    if output.is_absent:
        return ValidationResult(passed=kept, errors=output.errors)
    found = {**kept, **output.values}
    candidates = {item_id: found[item_id] for item_id in batch.items if item_id in found}
    if not candidates:
        return ValidationResult(passed={}, errors=output.errors, mended=output.mended)
    narrowed = batch.model_copy(update={"items": {item_id: batch.items[item_id] for item_id in candidates}})
    verdict = await code.validate(phase, narrowed, as_output(candidates, phase.merge), job)
    # From here on a validator's errors name items or none: one with another name is the engine's, of a stranger.
    report = verdict.report.naming_only(batch.items)
    failed = set(report.failed_ids(batch.items))
    return ValidationResult(
        passed={item_id: value for item_id, value in candidates.items() if item_id not in failed},
        errors=(*output.errors, *report.errors),
        read_phases=verdict.read_phases,
        mended=output.mended,
    )


class ParsedOutput(FrozenModel):
    """What an output holds for a batch, and what is wrong with its shape."""

    values: dict[str, Any]
    """Item id to payload, for the batch's items that are there, in canonical order."""
    errors: tuple[ValidationError, ...]
    mended: tuple[str, ...] = ()
    """Harmless deviations that were passed over, a line each."""
    is_absent: bool = False
    """Whether there is no output at all: what was kept before needs no new look then."""
    unfinished: bool = False
    """Whether it is of a session that did not come to its end by itself."""


def parse_output(output: JsonDocument, merge: str, asked: tuple[str, ...], batch_ids: tuple[str, ...]) -> ParsedOutput:
    """Take an output apart. `asked` are the ids that the session was to answer, all of them among `batch_ids`.

    An answer for an item of the batch that was not asked again is passed over; any other id is an error of its own.
    """
    unusable = output.why_unusable
    if unusable is not None:
        advice = "write strict JSON and read the file again before you finish"
        return refused(unusable.kind, str(unusable), advice)
    names = ItemNames(batch_ids)
    try:
        shaped = take_shape(output.value, merge, asked, names)
    except WrongShape as error:
        return refused("wrong_shape", str(error), error.wanted)
    doubled = [*output.doubled, *shaped.doubled]
    found: dict[str, Any] = {}
    faults: dict[str, str] = {}
    if isinstance(shaped.value, dict):
        found = dict(shaped.value)
    else:
        for number, row in enumerate(shaped.value, 1):
            try:
                item_id, payload = _entry(row, names)
            except ValueError as error:
                faults[f"entry {number}"] = str(error)
                continue
            if item_id in found:
                doubled.append(item_id)
            else:
                found[item_id] = payload
    matched = names.match(found)
    for written, item_id in matched.meant.items():
        found[item_id] = found.pop(written)
    doubled = [matched.meant.get(written, written) for written in doubled]
    wanted_ids = set(asked)
    known_ids = set(batch_ids)
    unknown = [item_id for item_id in found if item_id not in known_ids]
    missing = [item_id for item_id in asked if item_id not in found]
    near = matched.near
    unclear = {item_id: f"; {near[name]}" for name in reversed(near) for item_id in names.alike(name)}
    unread = [
        f"; {len(faults):,} entries could not be read, {entry}: {why}" for entry, why in islice(faults.items(), 1)
    ]
    errors = [
        *_some(
            "wrong_shape", list(faults), lambda i: f"{i}: {faults[i]}", "begin each entry with its id, as asked for"
        ),
        *_each(
            "doubled_item",
            dict.fromkeys(doubled),
            lambda i: f"{i} stands twice in the output",
            "answer every item once",
        ),
        *_some(
            "unknown_item",
            unknown,
            lambda i: f"{i!r} is not an item of this batch" + (f": {near[i]}" if i in near else ""),
            "use the ids of the batch exactly as they are given",
        ),
        *_each(
            "missing_item",
            missing,
            lambda i: "".join([f"the output has nothing for {i}", unclear.get(i, ""), *unread]),
            "write an answer for every item",
        ),
    ]
    twice = set(doubled)
    values = {i: found[i] for i in batch_ids if i in wanted_ids and i in found and i not in twice}
    return ParsedOutput(values=values, errors=tuple(errors), mended=(*output.mended, *shaped.notes, *matched.notes))


def _entry(row: Any, names: ItemNames) -> Item:
    """Id and payload of an entry of an array; an id with a line break around it may mean an item all the same."""
    try:
        return split_row(row)
    except ValueError:
        written = row.get("id") if isinstance(row, dict) else row[0] if isinstance(row, list) and row else None
        if not isinstance(written, str) or (item_id := names.item(written)) is None:
            raise
        _, payload = split_row({**row, "id": item_id} if isinstance(row, dict) else [item_id, *row[1:]])
        return written, payload


def as_output(values: dict[str, Any], merge: str) -> Any:
    """Values by id in the form in which an agent writes them."""
    return values if merge == "object" else [join_row(item_id, payload) for item_id, payload in values.items()]


def _each(kind: str, about: Iterable[str], says: Callable[[str], str], suggestion: str) -> list[ValidationError]:
    """An error for each."""
    return [ValidationError(type=kind, item_id=i, message=says(i), suggestion=suggestion) for i in about]


def _some(kind: str, about: Sequence[str], says: Callable[[str], str], suggestion: str) -> list[ValidationError]:
    """An error for each; the last of a great many stands for all that are left."""
    errors = _each(kind, about[:MOST_STRANGERS], says, suggestion)
    if len(about) > len(errors):
        errors[-1] = errors[-1].model_copy(update={"times": 1 + len(about) - len(errors)})
    return errors


def refused(kind: str, message: str, suggestion: str) -> ParsedOutput:
    """That of an output of which nothing can be taken."""
    return ParsedOutput(values={}, errors=(ValidationError(type=kind, message=message, suggestion=suggestion),))
