"""Items from a file of the project: a JSON object, a JSON array, or JSON Lines."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from supervisor.errors import SourceError
from supervisor.model.item_rows import Item, check_id, split_row
from supervisor.model.pipeline import JobInput, Phase, Pipeline
from supervisor.model.target import Target
from supervisor.project.job_input import check_input
from supervisor.project.project import Project
from supervisor.text.content_hash import fingerprint
from supervisor.text.strict_json import JsonRefused, parse_strict

_MARK = codecs.BOM_UTF8  # editors leave it in files that people write


def source_path(project: Project, phase: Phase, target: Target) -> Path:
    """The file that a phase takes its items from."""
    assert phase.items_file is not None
    return project.root / target.fill(phase.items_file)


def items_mark(project: Project, phase: Phase, target: Target, submitted: str | None = None) -> str:
    """Fingerprint of the file and of what is taken of it: equal where the items are; empty where it cannot be read.

    `submitted`: the input, as JSON, that the job was submitted with.
    """
    assert phase.items_file is not None
    limit = None if phase.limit is None else target.fill(phase.limit)
    try:
        data = _submitted(phase, submitted)
        if data is None:
            data = source_path(project, phase, target).read_bytes()
        # Its name tells how it is read.
        return fingerprint(data, repr(limit).encode(), phase.items_file.encode())
    except OSError:
        return ""


def read_items(
    project: Project, pipeline: Pipeline, phase: Phase, target: Target, submitted: str | None = None
) -> list[Item]:
    """All items of a phase in canonical order, cut at the phase's limit; ItemsError says what is wrong and where."""
    path = source_path(project, phase, target)
    shown = project.relative(path)
    try:
        data = _submitted(phase, submitted)
        if data is None:
            data = path.read_bytes()
        else:
            shown = "the job's input"
        if isinstance(phase.items, JobInput):
            check_input(project, pipeline, _parse(data, shown)[0], shown)
    except OSError as error:
        raise SourceError(
            f"the items of phase {phase.id} cannot be read: {error.strerror}",
            where=shown,
            remedy="Put the items there: a JSON object, a JSON array or JSON Lines.",
        ) from error
    items: list[Item] = []
    places: dict[str, str] = {}
    for place, item_id, payload in _entries(data, shown):
        if item_id in places:
            raise SourceError(
                f"the id {item_id!r} stands twice: {places[item_id]} and {place}",
                where=shown,
                remedy="Give every item an id of its own.",
            )
        places[item_id] = place
        items.append((item_id, payload))
    return _cut(items, phase, target, shown)


def _submitted(phase: Phase, submitted: str | None) -> bytes | None:
    return submitted.encode() if submitted is not None and isinstance(phase.items, JobInput) else None


def _entries(data: bytes, shown: str) -> Iterator[tuple[str, str, Any]]:
    """`(place, id, payload)` of every item of a file."""
    if shown.endswith((".jsonl", ".ndjson")):
        rows: Iterator[tuple[str, Any]] = _lines(data, shown)
    else:
        if not data.strip():
            raise SourceError("the file is empty", where=shown, remedy="An empty list of items is written as [].")
        value, doubled = _parse(data, shown)
        if doubled:
            raise SourceError(
                f"the id {doubled[0]!r} stands twice: {_members(data, doubled[0])}",
                where=shown,
                remedy="Give every item an id of its own.",
            )
        if isinstance(value, dict):
            for item_id, payload in value.items():
                place = f"the member {item_id!r}"
                yield place, _checked(lambda i=item_id: check_id(i), shown, place), payload
            return
        if not isinstance(value, list):
            raise SourceError(
                "it holds neither an object nor an array",
                where=shown,
                remedy="Write items as an object id → content, as an array, or as JSON Lines.",
            )
        rows = ((f"entry {number}", row) for number, row in enumerate(value, 1))
    for place, row in rows:
        item_id, payload = _checked(lambda r=row: split_row(r), shown, place)
        yield place, item_id, payload


def _lines(data: bytes, shown: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(data.removeprefix(_MARK).split(b"\n"), 1):
        if line.strip():
            value, doubled = _parse(line, f"{shown}, line {number}")
            if doubled:
                raise SourceError(
                    f"the name {doubled[0]!r} stands twice in the object",
                    where=f"{shown}, line {number}",
                    remedy="Keep one of them.",
                )
            yield f"line {number}", value


def _parse(data: bytes, shown: str) -> tuple[Any, tuple[str, ...]]:
    try:
        return parse_strict(data.removeprefix(_MARK))
    except JsonRefused as refused:
        raise SourceError(str(refused), where=shown, remedy="Correct the file.") from refused


def _members(data: bytes, name: str) -> str:
    """Where a name stands in the outermost object."""
    members = json.loads(data.removeprefix(_MARK), object_pairs_hook=list)
    return " and ".join(f"member {number}" for number, (each, _) in enumerate(members, 1) if each == name)


def _checked(check: Any, shown: str, place: str) -> Any:
    try:
        return check()
    except ValueError as error:
        raise SourceError(str(error), where=f"{shown}, {place}", remedy="Correct the file.") from error


def _cut(items: list[Item], phase: Phase, target: Target, shown: str) -> list[Item]:
    if phase.limit is None:
        return items
    text = target.fill(phase.limit)
    if not text:
        return items
    if not text.isdecimal():
        raise SourceError(
            f"the limit {text!r} is not a number", where=f"phase {phase.id}, limit", remedy="Correct the pipeline file."
        )
    if int(text) > len(items):
        raise SourceError(
            f"{target.name} asks for {int(text):,} items, but there are {len(items):,}",
            where=shown,
            remedy=f"Ask for {len(items):,} at most.",
        )
    return items[: int(text)]
