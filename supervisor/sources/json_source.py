"""Items from a file of the project: a JSON object, a JSON array, or JSON Lines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from supervisor.errors import SourceError
from supervisor.sources.json_rows import explained, items_of_lines, items_of_value
from supervisor.sources.row_faults import WrongRows
from supervisor.sources.source import SourceContext, SourceItem
from supervisor.text.content_hash import fingerprint

JSON_ENDINGS = (".json",)
LINES_ENDINGS = (".jsonl", ".ndjson")
_MOST_LOOKED_AT = 64 << 20
"""Bytes of a file that are read again to see what it is instead."""


class JsonSource:
    """One such file; its ending tells whether it is read as a whole or line by line."""

    def __init__(self, path: Path, name: str, phase: int, at: str | None = None) -> None:
        """`at`: where in a file that is read as a whole the items are; see `items_of_value`."""
        self._path = path
        self._name = name
        self._phase = phase
        self._at = at

    @property
    def name(self) -> str:
        return self._name

    def fingerprint(self) -> str:
        """Of the file's bytes, of its name, which tells how they are read, and of where in it the items are."""
        try:
            with open(self._path, "rb") as file:
                content = hashlib.file_digest(file, hashlib.blake2b).digest()
        except OSError as error:
            raise unreadable(error, self._name, self._phase) from error
        return fingerprint(content, self._name.encode(), *([] if self._at is None else [self._at.encode()]))

    def items(self) -> Iterator[SourceItem]:
        try:
            if self._name.endswith(LINES_ENDINGS):
                yield from self._rows()
            else:
                yield from items_of_value(self._path.read_bytes(), self._name, self._at)
        except OSError as error:
            raise unreadable(error, self._name, self._phase) from error

    def _rows(self) -> Iterator[SourceItem]:
        if self._at is not None:
            raise SourceError(
                "JSON Lines have no members", where=f"phase {self._phase}, items.at", remedy="Leave `at` out."
            )
        with open(self._path, "rb") as file:
            try:
                yield from items_of_lines(file, self._name)
            except WrongRows as wrong:
                small = self._path.is_file() and self._path.stat().st_size <= _MOST_LOOKED_AT
                better = explained(self._path.read_bytes(), self._name) if small else None
                if better is None:
                    raise
                raise better from wrong


def json_source(context: SourceContext) -> JsonSource | None:
    """The source of a phase that names a file of JSON; None where its ending is another."""
    file = context.phase.items_file
    return any_file_as_json(context) if file is not None and file.endswith((*JSON_ENDINGS, *LINES_ENDINGS)) else None


def any_file_as_json(context: SourceContext) -> JsonSource:
    """The same of a file whatever its ending."""
    path = items_path(context)
    return JsonSource(path, context.project.relative(path), context.phase.id, context.phase.items_at)


def items_path(context: SourceContext) -> Path:
    """The file that a phase names."""
    assert context.phase.items_file is not None, "it takes its items from a phase"
    return context.project.root / context.target.fill(context.phase.items_file)


def unreadable(error: OSError, name: str, phase: int) -> SourceError:
    """The error where the machine does not give a file of items."""
    return SourceError(
        f"the items of phase {phase} cannot be read: {error.strerror}",
        where=name,
        remedy="Put the items there: a JSON object, a JSON array or JSON Lines.",
    )
