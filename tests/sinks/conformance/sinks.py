"""Every kind of sink, and what it can hold: the one place where a new one joins the suite."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from hypothesis import strategies as st

from supervisor.project.project import Project
from supervisor.sinks.sink import ResultSnapshot, Sink, SinkContext
from supervisor.sinks.sink_registry import SinkFactory, open_sink
from supervisor.text.strict_json import in_order
from tests.support.example_packages import example
from tests.support.json_strategies import IDS, VALUES

ROWS = st.dictionaries(IDS.filter(lambda name: name != "id"), VALUES, max_size=3) | st.lists(VALUES, max_size=3)


class SinkCase(NamedTuple):
    """A kind of sink."""

    id: str
    output: str
    merge: str
    values: st.SearchStrategy[Any]
    """Values that it can hold."""
    factory: SinkFactory = open_sink

    def sink(self, folder: Path) -> Sink:
        """A sink in a folder, as a process that just began has it."""
        nowhere = cast(Project, None)  # those that need no more than a path
        return self.factory(SinkContext(nowhere, folder / self.output, 1, self.merge))

    def snapshot(self, values: Mapping[str, Any], seq: int = 1) -> ResultSnapshot:
        """What is to be written."""
        rows = tuple((item_id, in_order(value)) for item_id, value in values.items())
        return ResultSnapshot(job=1, phase=1, merge=self.merge, seq=seq, rows=rows)


CASES = {
    case.id: case
    for case in (
        SinkCase("object", "one.json", "object", VALUES),
        SinkCase("array", "one.json", "array", ROWS),
        SinkCase("of_the_page", "one.txt", "object", VALUES, example("sink.md")["text_sink"]),
    )
}
