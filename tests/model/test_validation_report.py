"""What follows from the errors of a report."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from supervisor import ValidationError, ValidationReport

IDS = st.lists(st.sampled_from("abcdef"), unique=True)


@given(IDS, st.lists(st.sampled_from("abcxyz")))
def test_the_items_that_errors_name_failed_in_their_order(ids: list[str], named: list[str]) -> None:
    report = ValidationReport(errors=[ValidationError(type="t", message="m", item_id=i) for i in named])
    failed = report.failed_ids(ids)
    strangers = set(named) - set(ids)
    assert failed == (tuple(ids) if strangers else tuple(i for i in ids if i in named))
    assert report.stats(ids) == {"total": len(ids), "passed": len(ids) - len(failed), "failed": len(failed)}
    assert report.valid is (not named)


@given(IDS, st.sampled_from("abc") | st.none())
def test_an_error_without_an_item_fails_the_whole_batch(ids: list[str], other: str | None) -> None:
    errors = [ValidationError(type="t", message="m", item_id=i) for i in (other, None)]
    assert ValidationReport(errors=errors).failed_ids(ids) == tuple(ids)


@given(IDS, st.lists(st.sampled_from("abcxyz") | st.none()))
def test_a_name_that_is_no_item_s_is_said_in_the_message_of_an_error_of_the_whole_batch(
    ids: list[str], named: list[str | None]
) -> None:
    report = ValidationReport(errors=[ValidationError(type="t", message="m", item_id=i) for i in named])
    taken = report.naming_only(ids)
    assert [error.item_id for error in taken.errors] == [i if i in ids else None for i in named]
    assert [error.message for error in taken.errors] == [
        "m" if i is None or i in ids else f"for {i!r}, which is no item of this batch: m" for i in named
    ]
    assert taken.failed_ids(ids) == report.failed_ids(ids)
