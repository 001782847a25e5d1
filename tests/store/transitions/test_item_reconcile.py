"""Which items of a phase may be begun while those that they come from are done again."""

from __future__ import annotations

import pytest

from supervisor.store.tables import batches, items
from supervisor.store.transitions import batch_transitions, item_reconcile
from tests.support.batching_store import SECOND, form, merge, numbered, opened, take

ITEM = "i000"


@pytest.mark.parametrize("above", ["waiting", "passed"])
def test_an_item_waits_while_the_one_that_it_comes_from_is_done_again_until_that_is_merged(above: str) -> None:
    with opened() as (database, job):
        take(database, job, numbered(2))
        form(database, job, 1, 2)
        merge(database, job, 1, batches.ready(database, job.id, 1)[0].id)
        with database.transaction(durable=False) as transaction:
            item_reconcile.mirror_items(transaction, job.id, SECOND, 1)
            item_reconcile.feed_payloads(transaction, job.id, SECOND, 1)
        assert items.ids_with_status(database, job.id, SECOND, "waiting") == [ITEM, "i001"]
        with database.transaction(durable=False) as transaction:
            item_reconcile.requeue_items(transaction, job.id, 1, [ITEM, "i001"])
            batches.form(transaction, job.id, 1, 2, complete=True)
        (again,) = batches.ready(database, job.id, 1)
        with database.transaction(durable=False) as transaction:
            if above == "passed":
                batch_transitions.keep_passed(transaction, job.id, 1, again.id, {ITEM: "right, with one that is not"})
            item_reconcile.feed_payloads(transaction, job.id, SECOND, 1)
        assert items.ids_with_status(database, job.id, SECOND, "blocked") == [ITEM, "i001"]
        merge(database, job, 1, again.id)
        with database.transaction(durable=False) as transaction:
            item_reconcile.feed_payloads(transaction, job.id, SECOND, 1)
        assert items.ids_with_status(database, job.id, SECOND, "waiting") == [ITEM, "i001"]
