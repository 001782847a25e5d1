"""Every kind of source, and how what it reads is written: the one place where a new one joins the suite."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st

from supervisor.model.item_rows import Item, join_row
from supervisor.model.pipeline import Phase, Pipeline
from supervisor.project.pipeline_loader import read_target
from supervisor.project.project import find_project
from supervisor.sources.envelope import holder_in, is_one_row
from supervisor.sources.source import Source, SourceContext
from supervisor.sources.source_registry import SourceFactory, source_of
from supervisor.text.strict_json import in_order
from tests.support.example_packages import example
from tests.support.json_strategies import IDS, VALUES

ROWS = st.dictionaries(IDS, st.dictionaries(IDS.filter(lambda name: name != "id"), VALUES, max_size=3), max_size=6)
LINES = st.lists(st.text("abc", min_size=1, max_size=3), max_size=6)


class SourceCase(NamedTuple):
    """A kind of source."""

    id: str
    named: Any
    """What stands in a phase's `items`."""
    encode: Callable[[list[Item]], bytes]
    """What holds these items."""
    malformed: bytes
    """What has a row that is wrong after one that is right."""
    place: str
    """Where that row is, in words that the error has."""
    items: st.SearchStrategy[list[Item]]
    """Items that it can hold."""
    factory: SourceFactory = source_of
    submitted: bool = False
    """Whether it holds what a job was submitted with, and not a file."""

    def source(self, folder: Path, content: bytes | None) -> Source:
        """The source of a project in `folder` that has this content; None: there is none."""
        write(folder, "supervisor.toml", b"")
        write(folder, "phase_intelligence/p/schema.json", b'{"type": "object"}')
        text = None if content is None or not self.submitted else content.decode()
        phase = Phase(id=1, name="one", items=self.named, intelligence="how.md", output="one.json")
        pipeline = Pipeline(name="p", collection="p", input="schema.json", phases=(phase,))
        file = folder / str(phase.items_file).replace("{target}", "demo")
        file.unlink(missing_ok=True)
        if content is not None and text is None:
            write(folder, str(file.relative_to(folder)), content)
        context = SourceContext(find_project(folder), pipeline, phase, read_target(pipeline, "demo"), text)
        source = self.factory(context)
        assert source is not None
        return source


def write(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def as_object(items: list[Item]) -> bytes:
    return in_order(dict(items)).encode()


def as_array(items: list[Item]) -> bytes:
    return json.dumps([join_row(*item) for item in items]).encode()


def as_lines(items: list[Item]) -> bytes:
    return b"".join(in_order(join_row(*item)).encode() + b"\n" for item in items)


def as_text(items: list[Item]) -> bytes:
    return b"".join(f"{payload['text']}\n".encode() for _, payload in items)


OBJECTS = st.dictionaries(IDS, VALUES, max_size=6).map(lambda found: list(found.items()))
SURE_OBJECTS = OBJECTS.filter(lambda items: not holder_in(dict(items)) and not is_one_row(dict(items)))
ARRAYS = ROWS.map(lambda found: list(found.items()))
TEXTS = LINES.map(lambda texts: [(f"{number:03}", {"text": text}) for number, text in enumerate(texts, 1)])
BAD_MEMBER = b'{"a": 1, " ": 2}'
BAD_ENTRY = b'[{"id": "a"}, {"n": 2}]'
BAD_LINE = b'{"id": "a"}\n{"n": 2}\n'

CASES = (
    SourceCase("object", "vfs/{target}.json", as_object, BAD_MEMBER, "the member ' '", SURE_OBJECTS),
    SourceCase("whole", {"file": "vfs/{target}.json", "at": "."}, as_object, BAD_MEMBER, "the member ' '", OBJECTS),
    SourceCase(
        "member_object",
        {"file": "vfs/{target}.json", "at": "answer.items"},
        lambda items: b'{"n": 1, "answer": {"items": ' + as_object(items) + b"}}",
        b'{"answer": {"items": ' + BAD_MEMBER + b"}}",
        "answer.items, the member ' '",
        OBJECTS,
    ),
    SourceCase(
        "member_array",
        {"file": "vfs/rows.json", "at": "data"},
        lambda items: b'{"total": 3, "data": ' + as_array(items) + b', "next": null}',
        b'{"total": 3, "data": ' + BAD_ENTRY + b"}",
        "data, entry 2",
        ARRAYS,
    ),
    SourceCase("array", "vfs/rows.json", as_array, BAD_ENTRY, "entry 2", ARRAYS),
    SourceCase("json_lines", "vfs/rows.jsonl", as_lines, BAD_LINE, "line 2", ARRAYS),
    SourceCase("other_ending", "vfs/rows.ndjson", as_lines, BAD_LINE, "line 2", ARRAYS),
    SourceCase("unknown_ending", "vfs/rows.txt", as_object, BAD_MEMBER, "the member ' '", SURE_OBJECTS),
    SourceCase("input_file", {"input": "vfs/{target}.json"}, as_object, BAD_MEMBER, "the member ' '", OBJECTS),
    SourceCase(
        "submitted", {"input": "vfs/none.json"}, as_object, BAD_MEMBER, "the member ' '", OBJECTS, submitted=True
    ),
    SourceCase(
        "of_the_page",
        "vfs/some.lines",
        as_text,
        b"right\n wrong\n",
        "line 2",
        TEXTS,
        example("source.md")["lines_source"],
    ),
)
