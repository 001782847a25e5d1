"""Items from a file of the project: a JSON object, a JSON array, or JSON Lines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from supervisor.errors import SourceError
from supervisor.sources.json_rows import items_of_lines, items_of_value
from supervisor.sources.source import SourceContext, SourceItem
from supervisor.text.content_hash import fingerprint

JSON_ENDINGS = (".json",)
LINES_ENDINGS = (".jsonl", ".ndjson")


class JsonSource:
    """One such file; its ending tells whether it is read as a whole or line by line."""

    def __init__(self, path: Path, name: str, phase: int) -> None:
        self._path = path
        self._name = name
        self._phase = phase

    @property
    def name(self) -> str:
        return self._name

    def fingerprint(self) -> str:
        """Of the file's bytes, and of its name, which tells how they are read."""
        try:
            with open(self._path, "rb") as file:
                content = hashlib.file_digest(file, hashlib.blake2b).digest()
        except OSError as error:
            raise unreadable(error, self._name, self._phase) from error
        return fingerprint(content, self._name.encode())

    def items(self) -> Iterator[SourceItem]:
        try:
            if self._name.endswith(LINES_ENDINGS):
                with open(self._path, "rb") as file:
                    yield from items_of_lines(file, self._name)
            else:
                yield from items_of_value(self._path.read_bytes(), self._name)
        except OSError as error:
            raise unreadable(error, self._name, self._phase) from error


def json_source(context: SourceContext) -> JsonSource | None:
    """The source of a phase that names a file of JSON; None where its ending is another."""
    file = context.phase.items_file
    return any_file_as_json(context) if file is not None and file.endswith((*JSON_ENDINGS, *LINES_ENDINGS)) else None


def any_file_as_json(context: SourceContext) -> JsonSource:
    """The same of a file whatever its ending."""
    path = items_path(context)
    return JsonSource(path, context.project.relative(path), context.phase.id)


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
