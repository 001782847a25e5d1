"""A main file holds what the store has, whole at every moment, and what a person changed in it is found."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.engine.sink_look import look_at_sink
from supervisor.model.item_rows import join_row
from supervisor.model.job import JobOptions
from supervisor.model.pipeline import Phase, Pipeline
from supervisor.model.validation_report import ValidationError
from supervisor.sinks.hand_edits import HandEdits
from supervisor.sinks.json_sink import JsonSink, as_lines, render
from supervisor.store.database import Database, open_store
from supervisor.store.queries.merged_snapshot import ResultSnapshot, snapshot
from supervisor.store.tables import batches, jobs, phases
from supervisor.store.transitions import batch_transitions, item_reconcile
from supervisor.text import content_hash
from supervisor.text.strict_json import in_order, parse_strict
from tests.support.json_strategies import IDS, VALUES
from tests.support.property_examples import examples

PAYLOADS = st.dictionaries(IDS.filter(lambda name: name != "id"), VALUES, max_size=3) | st.lists(VALUES, max_size=3)


@examples(40)
@given(st.dictionaries(IDS, PAYLOADS), st.sampled_from(["object", "array"]))
def test_what_is_written_is_read_again_in_order(values: dict[str, Any], merge: str) -> None:
    rows = tuple((item_id, in_order(value)) for item_id, value in values.items())
    taken = ResultSnapshot(job=1, phase=1, merge=merge, seq=1, rows=rows)
    data = render(taken)
    found, doubled = parse_strict(data)
    entries = [join_row(item_id, value) for item_id, value in values.items()]
    assert in_order(found) == in_order(values if merge == "object" else entries)
    assert doubled == ()
    assert data.endswith(b"\n")
    lines = [json.loads(line) for line in b"".join(as_lines(taken)).decode().split("\n")[:-1]]
    wanted = entries if merge == "array" else [{"id": i, "value": value} for i, value in values.items()]
    assert in_order(lines) == in_order(wanted)


def test_the_bytes_are_utf8_with_an_indent_of_two() -> None:
    rows = (("día", '{"n":[1,"👍"]}'), ("b", "null"))
    taken = ResultSnapshot(job=1, phase=1, merge="object", seq=1, rows=rows)
    assert render(taken).decode() == '{\n  "día": {\n    "n": [\n      1,\n      "👍"\n    ]\n  },\n  "b": null\n}\n'
    assert render(taken.model_copy(update={"rows": ()})) == b"{}\n"
    assert render(taken.model_copy(update={"rows": (), "merge": "array"})) == b"[]\n"


class Written:
    """A store with four merged items, and the main file that was made of them."""

    def __init__(self, folder: Path, merge: str) -> None:
        phase = Phase(id=1, name="p", items="x", intelligence="x.md", output="facts.json", merge=merge)  # type: ignore[arg-type]
        pipeline = Pipeline(name="facts", collection="facts", phases=(phase,))
        self.merge = merge
        self.database: Database = open_store(folder / "store.sqlite", create=True)
        self.job = jobs.submit(self.database, pipeline, "demo", JobOptions(agent="mine"))[0].id
        with self.database.transaction() as transaction:
            phases.ensure(transaction, self.job, pipeline)
        self.path = folder / "facts.json"
        self.add("a", "b", "c", "d")
        self.write()

    def add(self, *ids: str) -> None:
        """Merge items, each with a value of its own."""
        before = self.database.rows("SELECT id, payload FROM items")
        known = {row["id"]: json.loads(row["payload"]) for row in before} | dict.fromkeys(ids, 0)
        with self.database.transaction() as transaction:
            item_reconcile.reconcile_source(transaction, self.job, 1, known.items(), "")
            batches.form(transaction, self.job, 1, 20, complete=True)
        self.merge_values({i: {"n": i} for i in ids})

    def merge_values(self, values: dict[str, Any]) -> None:
        digests = {i: content_hash.digest(0) for i in values}
        for row in self.database.rows("SELECT DISTINCT batch FROM items WHERE batch IS NOT NULL"):
            with self.database.transaction() as transaction:
                batch_transitions.settle(transaction, self.job, 1, row["batch"], digests, values, {})

    def write(self) -> None:
        taken = snapshot(self.database, self.job, 1, self.merge)
        main_file = JsonSink(self.path, self.merge)
        main_file.edits(None)
        written = main_file.write(taken)
        assert written is not None
        phases.record_written(self.database, self.job, 1, written)

    def content(self) -> Any:
        return json.loads(self.path.read_bytes())

    def edits(self) -> HandEdits | None:
        """What another process, which did not write the file itself, finds changed."""
        return look_at_sink(self.database, JsonSink(self.path, self.merge), self.job, 1).edits

    def edit(self, change: Callable[[dict[str, Any]], Any]) -> None:
        """Change the file as a person would: as values by id."""
        content = self.content()
        by_id = content if self.merge == "object" else {row.pop("id"): row for row in content}
        by_id = change(by_id) or by_id
        rows = by_id if self.merge == "object" else [join_row(i, value) for i, value in by_id.items()]
        self.path.write_text(json.dumps(rows), encoding="utf-8")


@pytest.fixture(params=["object", "array"])
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Written:
    return Written(tmp_path, request.param)


def copies(written: Written) -> list[Path]:
    """Files beside the main file that it was set aside in."""
    return sorted(written.path.parent.glob("facts.json.*-*"))


def test_the_file_holds_what_is_merged_and_nothing_else(written: Written) -> None:
    values = {i: {"n": i} for i in "abcd"}
    assert written.content() == (values if written.merge == "object" else [{"id": i, "n": i} for i in "abcd"])
    with written.database.transaction() as transaction:
        error = ValidationError(type="t", message="m")
        item_reconcile.redo(transaction, written.job, 1, "b", 1)
        batches.form(transaction, written.job, 1, 20, complete=True)
        batch = written.database.value("SELECT batch FROM items WHERE id = 'b'")
        batch_transitions.settle(transaction, written.job, 1, batch, {"b": content_hash.digest(1)}, {}, {"b": [error]})
    written.write()
    assert len(written.content()) == 3


def test_nothing_is_found_where_nothing_was_changed(written: Written) -> None:
    assert written.edits() is None
    os.utime(written.path, ns=(1, 1))
    assert written.edits() is None


def test_another_form_or_order_of_the_same_values_is_no_edit(written: Written) -> None:
    written.edit(lambda values: dict(reversed(values.items())))
    assert written.edits() is None
    assert copies(written) == []


def test_a_file_that_is_gone_is_no_edit(written: Written) -> None:
    written.path.unlink()
    assert written.edits() is None


def test_a_changed_value_is_taken_over(written: Written) -> None:
    written.edit(lambda values: values.update(b={"n": 2}))
    found = written.edits()
    assert found is not None
    assert (found.values, found.removed, found.problem, found.copy_kept) == ({"b": {"n": 2}}, (), "", None)


def test_a_removed_item_is_found_and_the_file_is_kept_as_it_was(written: Written) -> None:
    written.edit(lambda values: {i: values[i] for i in "acd"})
    edited = written.path.read_bytes()
    found = written.edits()
    assert found is not None
    assert (found.values, found.removed, found.problem) == ({}, ("b",), "")
    assert found.copy_kept is not None
    assert found.copy_kept.read_bytes() == edited
    assert copies(written) == [found.copy_kept]


def test_an_entry_that_is_no_item_is_a_problem_and_the_rest_is_taken_over(written: Written) -> None:
    written.edit(lambda values: values.update(x={"n": 0}, b={"n": 2}))
    edited = written.path.read_bytes()
    found = written.edits()
    assert found is not None
    assert (found.values, found.removed, found.problem) == ({"b": {"n": 2}}, (), "1 entries are no merged items: x")
    assert found.copy_kept is not None
    assert found.copy_kept.read_bytes() == edited


def test_an_item_that_was_merged_after_the_file_was_written_was_not_removed_by_hand(written: Written) -> None:
    written.add("e")
    written.edit(lambda values: values.update(b={"n": 2}))
    found = written.edits()
    assert found is not None
    assert (found.values, found.removed) == ({"b": {"n": 2}}, ())


def test_an_item_that_was_edited_while_it_was_merged_anew_keeps_the_merge_and_a_copy_of_the_edit(
    written: Written,
) -> None:
    written.merge_values({"b": {"n": "anew"}})
    written.edit(lambda values: values.update(b={"n": 2}, c={"n": 3}))
    found = written.edits()
    assert found is not None
    assert found.values == {"c": {"n": 3}}
    assert found.problem == "1 items were merged anew at the same time: b"
    assert found.copy_kept is not None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": {"n": "a"}', "not JSON at line 1"),
        (b"\xff", "not valid UTF-8"),
        (b'{"a": {"n": NaN}}', "NaN is not JSON"),
        (b'{"a": {"n": 1e999}}', "too large"),
        (b'"text"', "it is not an "),
        (b"", "not JSON"),
    ],
)
def test_a_file_that_does_not_parse_is_set_aside_whole(written: Written, content: bytes, said: str) -> None:
    written.path.write_bytes(content)
    found = written.edits()
    assert found is not None
    assert (found.values, found.removed) == ({}, ())
    assert said in found.problem
    assert found.copy_kept is not None
    assert found.copy_kept.name.startswith("facts.json.unreadable-")
    assert found.copy_kept.read_bytes() == content


@pytest.mark.parametrize(
    ("merge", "content", "said"),
    [
        ("object", '{"a": 1, "b": 2, "a": 3}', "a stands twice"),
        ("object", '[{"id": "a"}]', "it is not an object"),
        ("array", '[{"id": "a"}, ["a"]]', "a stands twice"),
        ("array", '[{"n": 1}]', "the entry has no `id`"),
        ("array", '{"a": 1}', "it is not an array"),
    ],
)
def test_a_file_whose_entries_cannot_be_told_apart_is_set_aside_whole(
    tmp_path: Path, merge: str, content: str, said: str
) -> None:
    written = Written(tmp_path, merge)
    written.path.write_text(content)
    found = written.edits()
    assert found is not None
    assert (found.values, found.removed) == ({}, ())
    assert said in found.problem
    assert [copy.read_text() for copy in copies(written)] == [content]


def test_a_file_that_was_edited_since_it_was_looked_at_is_not_written_over(written: Written) -> None:
    main_file = JsonSink(written.path)
    assert main_file.edits(None) is not None
    written.path.write_bytes(b"edited")
    assert main_file.write(snapshot(written.database, written.job, 1, written.merge)) is None
    assert JsonSink(written.path).write(snapshot(written.database, written.job, 1, written.merge)) is None
    assert written.path.read_bytes() == b"edited"


def test_every_copy_that_is_set_aside_has_a_name_of_its_own(tmp_path: Path) -> None:
    main_file = JsonSink(tmp_path / "facts.json")
    kept = []
    for number in range(5):
        main_file.path.write_text(f"{number}")
        assert main_file.edits(None) is not None
        main_file.path.write_text("written once more since it was looked at")
        kept.append(main_file.set_aside("edited"))
    assert [copy.read_bytes() for copy in kept] == [b"0", b"1", b"2", b"3", b"4"]


def test_the_process_that_wrote_the_file_sees_at_once_that_it_is_unchanged(written: Written) -> None:
    main_file = JsonSink(written.path, written.merge)
    assert main_file.edits(None) is not None
    assert main_file.write(snapshot(written.database, written.job, 1, written.merge)) is not None
    assert main_file.edits(None) is None
    written.path.write_bytes(written.path.read_bytes())
    os.utime(written.path, ns=(1, 1))
    assert main_file.edits(None) is not None
