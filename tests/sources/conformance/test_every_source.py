"""What every source has to do, whatever it reads."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.errors import SourceError
from supervisor.sources.source import Source
from supervisor.text.content_hash import digest
from tests.sources.conformance.sources import CASES, SourceCase
from tests.support.property_examples import examples

every_source = pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def taken(source: Source) -> list[tuple[str, str]]:
    """Ids and contents, in order."""
    return [(item.id, digest(item.payload)) for item in source.items()]


@every_source
@given(data=st.data())
@examples(30)
def test_all_items_are_given_in_the_order_in_which_they_were_written(
    folder: Path, case: SourceCase, data: st.DataObject
) -> None:
    items = data.draw(case.items)
    source = case.source(folder, case.encode(items))
    wanted = [(item_id, digest(payload)) for item_id, payload in items]
    assert taken(source) == wanted
    assert taken(source) == wanted, "it can be asked again"


@every_source
@given(data=st.data())
@examples(30)
def test_the_fingerprint_is_the_same_where_the_items_are_and_another_where_they_are_others(
    folder: Path, case: SourceCase, data: st.DataObject
) -> None:
    items, others = data.draw(case.items), data.draw(case.items)
    same = [digest(item) for item in items] == [digest(item) for item in others]
    marks = [case.source(folder, case.encode(each)).fingerprint() for each in (items, items, others)]
    assert marks[0] == marks[1] != ""
    if not same:
        assert marks[2] != marks[0]


@every_source
def test_another_order_is_another_fingerprint(folder: Path, case: SourceCase) -> None:
    items = [("001", {"text": "a"}), ("002", {"text": "b"})]
    marks = {case.source(folder, case.encode(each)).fingerprint() for each in (items, items[::-1])}
    assert len(marks) == 2


@every_source
def test_each_item_says_where_it_stands_and_the_places_differ(folder: Path, case: SourceCase) -> None:
    items = [("001", {"text": "a"}), ("002", {"text": "b"}), ("003", {"text": "c"})]
    places = [item.place for item in case.source(folder, case.encode(items)).items()]
    assert len(set(places)) == 3 and all(places)


@every_source
def test_the_first_row_that_is_malformed_is_told_with_its_place_and_what_to_do(folder: Path, case: SourceCase) -> None:
    source = case.source(folder, case.malformed)
    with pytest.raises(SourceError) as caught:
        list(source.items())
    assert source.name in caught.value.where and case.place in caught.value.where
    assert caught.value.remedy


@every_source
def test_rows_before_a_malformed_one_are_given(folder: Path, case: SourceCase) -> None:
    assert next(case.source(folder, case.malformed).items())


@every_source
def test_a_place_that_cannot_be_reached_is_told_by_both(folder: Path, case: SourceCase) -> None:
    source = case.source(folder, None)
    for ask in (source.fingerprint, lambda: list(source.items())):
        with pytest.raises(SourceError) as caught:
            ask()
        assert caught.value.where == source.name
        assert caught.value.remedy
