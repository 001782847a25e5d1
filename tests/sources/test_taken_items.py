"""What is looked at in all items, whatever source they come from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from supervisor.errors import SourceError
from supervisor.model.pipeline import Phase
from supervisor.model.target import Target
from supervisor.sources.source import SourceItem
from supervisor.sources.taken_items import items_fingerprint, take_items

TARGET = Target(name="demo", parts={"n": "2"})


class Listed:
    """A source that gives what it is made of."""

    name = "here"

    def __init__(self, *items: tuple[Any, Any], mark: str = "mark") -> None:
        self._items = items
        self._mark = mark

    def fingerprint(self) -> str:
        return self._mark

    def items(self) -> Iterator[SourceItem]:
        for number, (item_id, payload) in enumerate(self._items, 1):
            yield SourceItem(item_id, payload, f"row {number}")


def phase(limit: str | None = None) -> Phase:
    return Phase(id=1, name="one", items="x", intelligence="how.md", output="one.json", limit=limit)


def test_an_id_that_stands_twice_is_told_with_both_places() -> None:
    with pytest.raises(SourceError, match="here: the id 'a' stands twice: row 1 and row 3"):
        take_items(Listed(("a", 1), ("b", 2), ("a", 1)), phase(), TARGET)


@pytest.mark.parametrize(
    ("item_id", "payload", "said"),
    [
        (7, {}, "the id 7 is not text"),
        (None, {}, "the id None is not text"),
        ("a\nb", {}, "line breaks"),
        ("a", {1, 2}, "not JSON serializable"),
        ("a", math.nan, "not JSON compliant"),
        ("a", "\ud800", "surrogates not allowed"),
    ],
)
def test_what_cannot_be_an_item_is_told_with_its_place(item_id: Any, payload: Any, said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        take_items(Listed(("first", 1), (item_id, payload)), phase(), TARGET)
    assert caught.value.where == "here, row 2"
    assert caught.value.remedy


def test_items_are_cut_at_the_limit_and_another_limit_is_another_fingerprint() -> None:
    source = Listed(("c", 1), ("a", 2), ("b", 3))
    assert take_items(source, phase("{n}"), TARGET) == [("c", 1), ("a", 2)]
    assert len(take_items(source, phase("4"), TARGET)) == 3
    with pytest.raises(SourceError, match="here: demo4 asks for 4 items, but there are 3"):
        take_items(source, phase("{n}"), Target(name="demo4", parts={"n": "4"}))
    assert take_items(Listed(), phase("{n}"), TARGET) == []
    marks = {items_fingerprint(source, phase(limit), TARGET) for limit in (None, "", "1", "2", "{n}")}
    assert len(marks) == 4


def test_all_that_is_wrong_is_told_also_where_the_source_itself_complains() -> None:
    class Broken(Listed):
        def items(self) -> Iterator[SourceItem]:
            yield from super().items()
            raise SourceError("it ends within a row", where="here, row 4", remedy="Correct it.")

    with pytest.raises(SourceError) as caught:
        take_items(Broken(("a", 1), ("a", 2), ("", 3)), phase(), TARGET)
    assert str(caught.value).splitlines() == [
        "here: 3 rows are wrong",
        "  the id 'a' stands twice: row 1 and row 2",
        "  row 3: the id is empty",
        "  row 4: it ends within a row",
        "  Give every item an id of its own.",
    ]


def test_where_a_source_cannot_tell_nothing_is_told() -> None:
    assert items_fingerprint(Listed(mark=""), phase("1"), TARGET) == ""
