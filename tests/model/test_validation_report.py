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
    assert failed == tuple(i for i in ids if i in named)
    assert report.stats(ids) == {"total": len(ids), "passed": len(ids) - len(failed), "failed": len(failed)}
    assert report.valid is (not named)


@given(IDS, st.sampled_from("abc") | st.none())
def test_an_error_without_an_item_fails_the_whole_batch(ids: list[str], other: str | None) -> None:
    errors = [ValidationError(type="t", message="m", item_id=i) for i in (other, None)]
    assert ValidationReport(errors=errors).failed_ids(ids) == tuple(ids)
