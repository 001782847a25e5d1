"""Batching and merging, straight on the store: in whatever order things happen, boundaries and results are the same."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from supervisor.sinks import json_sink
from supervisor.store.queries import merged_snapshot, merged_view
from supervisor.store.tables import batches, items
from supervisor.store.transitions import batch_transitions, item_exclusion, item_reconcile
from supervisor.text import content_hash
from tests.support.batching_store import FAST, form, formed, merge, merged, numbered, opened, take


@FAST
@given(count=st.integers(0, 40), size=st.integers(1, 12))
def test_batches_are_the_items_in_order_cut_into_pieces(count: int, size: int) -> None:
    with opened() as (database, job):
        take(database, job, numbered(count))
        form(database, job, 1, size)
        ids = [item_id for item_id, _ in numbered(count)]
        assert formed(database, job) == [ids[start : start + size] for start in range(0, count, size)]


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
            with database.transaction(durable=False) as transaction:
                batches.drop_empty(transaction, job.id)
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
            with database.transaction(durable=False) as transaction:
                if doing == "edit" and is_merged:
                    items.take_edit(transaction, job.id, 1, victim, "edited")
                elif doing == "drop":
                    item_exclusion.exclude(transaction, job.id, 1, [victim])
                elif doing == "release":
                    item_reconcile.requeue_items(transaction, job.id, 1, [victim])
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
            with database.transaction(durable=False) as transaction:
                batch_transitions.keep_passed(transaction, job.id, 1, batch.id, passed)
        take(database, job, numbered(2)[1:])
        take(database, job, numbered(2))
        assert merged(database, job, 1) == {}
        assert items.ids_with_status(database, job.id, 1, "waiting") == ["i000", "i001"]


def test_what_only_passed_when_its_source_left_it_out_is_done_when_it_comes_back() -> None:
    with opened() as (database, job):
        take(database, job, numbered(2))
        form(database, job, 1, 2)
        (batch,) = batches.ready(database, job.id, 1)
        with database.transaction(durable=False) as transaction:
            batch_transitions.keep_passed(transaction, job.id, 1, batch.id, {"i000": "with the others of its batch"})
        take(database, job, numbered(2)[1:])
        take(database, job, numbered(2))
        assert items.ids_with_status(database, job.id, 1, "waiting") == ["i000", "i001"]
