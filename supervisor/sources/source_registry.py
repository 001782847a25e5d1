"""Which source a phase names: one of those here, or one that an installed package offers by entry point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import cast

from supervisor.errors import SourceError
from supervisor.sources.json_source import any_file_as_json, json_source
from supervisor.sources.source import Source, SourceContext
from supervisor.sources.submitted_source import submitted_source

GROUP = "supervisor.sources"
SourceFactory = Callable[[SourceContext], Source | None]
"""Makes the source of a phase, or None where what the phase names is nothing for it."""
BUILT_IN: tuple[SourceFactory, ...] = (submitted_source, json_source)
"""Asked first, in this order."""


def source_of(context: SourceContext) -> Source:
    """The source of a phase that names one; a file that nobody knows by its name is read as JSON."""
    for factory in BUILT_IN:
        source = factory(context)
        if source is not None:
            return source
    for factory in _offered():
        source = factory(context)
        if source is not None:
            return source
    return any_file_as_json(context)


def _offered() -> Iterator[SourceFactory]:
    for entry in entry_points(group=GROUP):
        try:
            yield cast(SourceFactory, entry.load())
        except (ImportError, AttributeError) as error:
            package = f" of {entry.dist.name}" if entry.dist is not None else ""
            raise SourceError(
                f"the source {entry.name!r}{package} cannot be loaded: {error}",
                where=f"entry point {entry.value} of {GROUP}",
                remedy="Install that package again, or remove it.",
            ) from error
