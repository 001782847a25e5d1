"""Which source a phase names: one of those here, or one that an installed package offers by entry point."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from supervisor.host import entry_points
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
    for entry in entry_points.offered(GROUP).values():
        source = cast(SourceFactory, entry_points.load(entry, "source"))(context)
        if source is not None:
            return source
    return any_file_as_json(context)
