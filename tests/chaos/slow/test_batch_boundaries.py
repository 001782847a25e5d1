"""Whatever is done in between, batches keep their boundaries: long histories, straight on the store."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from supervisor.model.job import Job
from supervisor.store.database import Database
from supervisor.store.tables import batches, phases
from supervisor.store.transitions import item_expansion, item_reconcile
from tests.support.batching_store import EXPANDED, FAST, SECOND, form, formed, merge, merged, numbered, opened, take


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
        with database.transaction(durable=False) as transaction:
            batches.dissolve_unstarted(transaction, job.id, 1, other)
        form(database, job, 1, other)
        after = formed(database, job)
        assert sorted(item for batch in after for item in batch) == [item_id for item_id, _ in numbered(count)]
        assert all(before[place] in after for place in begun)


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
        with database.transaction(durable=False) as transaction:
            item_reconcile.mirror_items(transaction, job.id, SECOND, 1)
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
                with database.transaction(durable=False) as transaction:
                    item_reconcile.feed_payloads(transaction, job.id, SECOND, 1)
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
    below = item_expansion.frontier(database, job.id, SECOND)
    sources = item_expansion.to_expand(database, job.id, EXPANDED, SECOND, below=below, everything=False)
    expanded = [[(f"{source[0]}-{place}", place) for place in range(expand_to[source[0]])] for source in sources]
    with database.transaction(durable=False) as transaction:
        item_expansion.expand(transaction, job.id, EXPANDED, sources, expanded, below=below)
        phases.set_complete(transaction, job.id, EXPANDED, below is None)
        batches.form(transaction, job.id, EXPANDED, size, complete=below is None)
