"""Batching and merging, straight on the store: in whatever order things happen, boundaries and results are the same."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.model.job import Job, JobOptions
from supervisor.model.pipeline import Phase, Pipeline, Upstream
from supervisor.model.validation_report import ValidationError
from supervisor.sinks import json_sink
from supervisor.store.database import Database, open_store
from supervisor.store.queries import merged_snapshot, merged_view
from supervisor.store.tables import batches, items, jobs, phases
from supervisor.store.transitions import batch_transitions, item_reconcile
from supervisor.text import content_hash
from tests.support.property_examples import examples

FAST = examples(60)
SECOND = 2
EXPANDED = 3


@contextmanager
def opened(batch_size: int = 3) -> Iterator[tuple[Database, Job]]:
    """A store with one job of three phases: items, the same items, and items expanded from the second phase."""
    common: dict[str, Any] = {"intelligence": "x.md", "batch_size": batch_size}
    pipeline = Pipeline(
        name="p",
        collection="c",
        phases=(
            Phase(id=1, name="one", items="items.json", output="one.json", **common),
            Phase(id=SECOND, name="two", items=Upstream(phase=1), output="two.json", **common),
            Phase(id=EXPANDED, name="three", items=Upstream(phase=2, by="by.py"), output="three.json", **common),
        ),
    )
    with tempfile.TemporaryDirectory() as folder:
        database = open_store(Path(folder) / "store.sqlite", create=True)
        database.execute("PRAGMA synchronous = OFF")
        job, _ = jobs.submit(database, pipeline, "t", JobOptions(agent="a"))
        with database.transaction(durable=False):
            phases.ensure(database, job.id, pipeline)
        try:
            yield database, job
        finally:
            database.close()


def take(database: Database, job: Job, source: list[tuple[str, Any]]) -> item_reconcile.SourceChange:
    with database.transaction(durable=False):
        return item_reconcile.reconcile_source(database, job.id, 1, source, repr(source))


def numbered(count: int) -> list[tuple[str, Any]]:
    return [(f"i{number:03}", {"n": number}) for number in range(count)]


def form(database: Database, job: Job, phase: int, size: int, *, complete: bool = True) -> None:
    with database.transaction(durable=False):
        batches.form(database, job.id, phase, size, complete=complete)


def formed(database: Database, job: Job, phase: int = 1) -> list[list[str]]:
    """Ids of the items of every batch, by its number."""
    found = [
        row["id"]
        for row in database.rows("SELECT id FROM batches WHERE job = ? AND phase = ? ORDER BY number", (job.id, phase))
    ]
    return [[item.id for item in items.of_batch(database, batch)] for batch in found]


def merge(database: Database, job: Job, phase: int, batch: int, refused: frozenset[str] = frozenset()) -> None:
    """End a batch as the engine does: what is refused is quarantined, the rest merged."""
    members = items.of_batch(database, batch)
    error = (ValidationError(type="refused", message="refused"),)
    with database.transaction(durable=False):
        batch_transitions.settle(
            database,
            job.id,
            phase,
            batch,
            {item.id: item.digest for item in members},
            {item.id: {"of": item.payload} for item in members if item.id not in refused},
            {item.id: error for item in members if item.id in refused},
        )
        batch_transitions.set_batch_status(database, batch, "failed" if refused else "done")


def merged(database: Database, job: Job, phase: int) -> dict[str, Any]:
    taken = merged_snapshot.snapshot(database, job.id, phase, "object")
    found: dict[str, Any] = json.loads(json_sink.render(taken))
    return found


@FAST
@given(count=st.integers(0, 40), size=st.integers(1, 12))
def test_batches_are_the_items_in_order_cut_into_pieces(count: int, size: int) -> None:
    with opened() as (database, job):
        take(database, job, numbered(count))
        form(database, job, 1, size)
        ids = [item_id for item_id, _ in numbered(count)]
        assert formed(database, job) == [ids[start : start + size] for start in range(0, count, size)]


@pytest.mark.slow
@FAST
@given(count=st.integers(0, 30), size=st.integers(1, 8), again=st.integers(1, 4))
def test_forming_again_changes_nothing(count: int, size: int, again: int) -> None:
    with opened() as (database, job):
        take(database, job, numbered(count))
        form(database, job, 1, size)
        before = formed(database, job)
        for _ in range(again):
            form(database, job, 1, size)
        assert formed(database, job) == before


@pytest.mark.slow
@FAST
@given(data=st.data(), count=st.integers(1, 30), size=st.integers(1, 6), other=st.integers(1, 6))
def test_another_batch_size_moves_only_what_had_no_session_and_loses_no_item(
    data: st.DataObject, count: int, size: int, other: int
) -> None:
    with opened() as (database, job):
        take(database, job, numbered(count))
        form(database, job, 1, size)
        before = formed(database, job)
        begun = data.draw(st.sets(st.sampled_from(range(len(before)))))
        for place in begun:
            merge(database, job, 1, place + 1)
        with database.transaction(durable=False):
            batches.dissolve_unstarted(database, job.id, 1, other)
        form(database, job, 1, other)
        after = formed(database, job)
        assert sorted(item for batch in after for item in batch) == [item_id for item_id, _ in numbered(count)]
        assert all(before[place] in after for place in begun)


@FAST
@given(data=st.data(), count=st.integers(1, 24), size=st.integers(1, 6))
def test_in_whatever_order_batches_are_merged_the_main_file_has_the_same_bytes(
    data: st.DataObject, count: int, size: int
) -> None:
    with opened() as (database, job):
        take(database, job, numbered(count))
        form(database, job, 1, size)
        waiting = [batch.id for batch in batches.ready(database, job.id, 1)]
        order = data.draw(st.permutations(waiting))
        twice = data.draw(st.booleans())
        for batch in order:
            merge(database, job, 1, batch)
            if twice:
                merge(database, job, 1, batch)
        taken = merged_snapshot.snapshot(database, job.id, 1, "object")
        expected = {item_id: {"of": payload} for item_id, payload in numbered(count)}
        assert json_sink.render(taken) == (json.dumps(expected, indent=2) + "\n").encode()


@pytest.mark.slow
@FAST
@given(
    data=st.data(),
    count=st.integers(1, 18),
    size=st.integers(1, 5),
    second_size=st.integers(1, 5),
    third_size=st.integers(1, 5),
)
def test_boundaries_of_later_phases_do_not_depend_on_the_order_of_merges(
    data: st.DataObject, count: int, size: int, second_size: int, third_size: int
) -> None:
    """An arbitrary schedule over three phases gives the batches, and the items, that the serial run gives."""
    expand_to = {item_id: data.draw(st.integers(0, 3), label=item_id) for item_id, _ in numbered(count)}
    failing = data.draw(st.frozensets(st.sampled_from([item_id for item_id, _ in numbered(count)]), max_size=3))
    with opened() as (database, job):
        take(database, job, numbered(count))
        form(database, job, 1, size)
        with database.transaction(durable=False):
            item_reconcile.mirror_items(database, job.id, SECOND, 1)
        form(database, job, SECOND, second_size)
        while True:
            ready = [
                (phase, batch.id) for phase in (1, SECOND, EXPANDED) for batch in batches.ready(database, job.id, phase)
            ]
            if not ready:
                break
            phase, batch = data.draw(st.sampled_from(ready))
            merge(database, job, phase, batch, failing if phase == 1 else frozenset())
            if phase == 1:
                with database.transaction(durable=False):
                    item_reconcile.feed_payloads(database, job.id, SECOND, 1)
            if phase == SECOND or not phases.is_complete(database, job.id, EXPANDED):
                _expand(database, job, expand_to, third_size)
        good = [item_id for item_id, _ in numbered(count) if item_id not in failing]
        last = [f"{item_id}-{place}" for item_id in good for place in range(expand_to[item_id])]
        assert list(merged(database, job, 1)) == good
        assert list(merged(database, job, SECOND)) == good
        assert list(merged(database, job, EXPANDED)) == last
        assert formed(database, job, EXPANDED) == [
            last[start : start + third_size] for start in range(0, len(last), third_size)
        ]


def _expand(database: Database, job: Job, expand_to: dict[str, int], size: int) -> None:
    """As the planner expands: no further than everything before is merged or given up."""
    below = item_reconcile.frontier(database, job.id, SECOND)
    sources = item_reconcile.to_expand(database, job.id, EXPANDED, SECOND, below=below, everything=False)
    expanded = [[(f"{source[0]}-{place}", place) for place in range(expand_to[source[0]])] for source in sources]
    with database.transaction(durable=False):
        item_reconcile.expand(database, job.id, EXPANDED, sources, expanded, below=below)
        phases.set_complete(database, job.id, EXPANDED, below is None)
        batches.form(database, job.id, EXPANDED, size, complete=below is None)


SOURCES = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 3)), max_size=8, unique_by=lambda item: item[0]
)


@FAST
@given(versions=st.lists(SOURCES, min_size=1, max_size=5))
def test_whatever_becomes_of_the_source_only_new_and_changed_items_are_done(
    versions: list[list[tuple[str, int]]],
) -> None:
    """What is merged of an item that left stays; one whose content is what it was is not done again."""
    with opened() as (database, job):
        known: dict[str, int] = {}
        for version in versions:
            take(database, job, version)
            form(database, job, 1, 3)
            with database.transaction(durable=False):
                batches.drop_empty(database, job.id)
            done: list[str] = []
            for batch in batches.ready(database, job.id, 1):
                done += [item.id for item in items.of_batch(database, batch.id)]
                merge(database, job, 1, batch.id)
            assert sorted(done) == sorted(item for item, content in version if known.get(item) != content)
            known |= dict(version)
            now = merged(database, job, 1)
            assert now == {item: {"of": content} for item, content in known.items()}
            assert [item for item in now if item in dict(version)] == [item for item, _ in version]


@FAST
@given(data=st.data(), count=st.integers(1, 12))
def test_a_view_of_what_is_merged_shows_what_is_merged_in_order_at_every_moment(
    data: st.DataObject, count: int
) -> None:
    with opened() as (database, job):
        take(database, job, numbered(count))
        form(database, job, 1, 2)
        view = merged_view.MergedView(database, job.id)
        for batch in data.draw(st.permutations([batch.id for batch in batches.ready(database, job.id, 1)])):
            merge(database, job, 1, batch)
            victim = data.draw(st.sampled_from([item_id for item_id, _ in numbered(count)]))
            doing = data.draw(st.sampled_from(["nothing", "edit", "drop", "release"]))
            is_merged = victim in merged(database, job, 1)
            with database.transaction(durable=False):
                if doing == "edit" and is_merged:
                    items.take_edit(database, job.id, 1, victim, "edited")
                elif doing == "drop":
                    item_reconcile.exclude(database, job.id, 1, victim)
                elif doing == "release":
                    item_reconcile.requeue_items(database, job.id, 1, [victim])
            view.begin()
            assert list(view[1].items()) == list(merged(database, job, 1).items())
            assert view.read_phases() == [1]


@FAST
@given(
    left=st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=5),
    right=st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=5),
)
def test_contents_are_the_same_where_they_are_equal_whatever_the_order_of_members(
    left: dict[str, Any], right: dict[str, Any]
) -> None:
    turned = dict(reversed(list(left.items())))
    assert content_hash.digest(left) == content_hash.digest(turned)
    assert (content_hash.digest(left) == content_hash.digest(right)) == (left == right)


def test_what_passed_once_and_failed_later_is_done_when_it_comes_back() -> None:
    with opened() as (database, job):
        take(database, job, numbered(2))
        form(database, job, 1, 2)
        (batch,) = batches.ready(database, job.id, 1)
        for passed in ({"i000": "right at first"}, {}):
            with database.transaction(durable=False):
                batch_transitions.keep_passed(database, job.id, 1, batch.id, passed)
        take(database, job, numbered(2)[1:])
        take(database, job, numbered(2))
        assert merged(database, job, 1) == {}
        assert items.ids_with_status(database, job.id, 1, "waiting") == ["i000", "i001"]
