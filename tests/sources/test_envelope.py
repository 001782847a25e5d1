"""What is told from real items: answers of services that hold the items in a member, and rows that are no list."""

from __future__ import annotations

from typing import Any

import pytest

from supervisor.errors import SourceError
from supervisor.sources.envelope import check_no_envelope, holder_in, is_an_error, is_one_row, member_at

ROWS = [{"id": 1}, {"id": 2}]
ENVELOPES: dict[str, tuple[str, dict[str, Any]]] = {
    "total and next": ("data", {"total": 3, "data": ROWS, "next": None}),
    "rows without ids": ("users", {"count": 2, "users": [{"n": 1}]}),
    "meta and links": ("data", {"data": ROWS, "meta": {"page": 1}, "links": {"next": "x"}}),
    "geometries": ("features", {"type": "FeatureCollection", "features": ROWS}),
    "nothing beside it": ("items", {"items": ROWS}),
    "another case": ("Results", {"Results": ROWS}),
    "arrays": ("rows", {"columns": None, "rows": [["a", 1], ["b", 2]]}),
    "empty": ("data", {"total": 0, "data": [], "next": None}),
    "empty, nothing beside it": ("items", {"items": []}),
    "empty lists beside it": ("data", {"data": ROWS, "errors": []}),
}
ITEMS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "objects": {"a": {"n": 1}, "b": {"n": 2}},
    "objects called as in an envelope": {"data": {"n": 1}, "meta": {"n": 2}, "items": {"n": 3}},
    "texts": {"data": "x", "total": "y"},
    "numbers": {"id": 1, "total": 2},
    "lists of objects": {"a": ROWS, "b": ROWS},
    "lists of objects called as in an envelope": {"data": ROWS, "items": ROWS},
    "one list of objects": {"lesson_1": ROWS},
    "lists of texts": {"a": ["x"], "b": ["y", "z"]},
    "lists of lists": {"a": [["x"]], "b": [["y"]]},
    "a form": {"formData": {"name": "x", "children": ROWS}},
    "of all kinds": {"z": {"n": 1}, "a": [1, None], "m": "text", "n": 0.5, "e": {}},
    "a list of objects beside objects": {"a": ROWS, "b": {"n": 1}},
    "languages": {"id": "Indonesian", "en": "English"},
    "words, one of them for what goes wrong": {"error": {"n": 1}, "message": {"n": 2}},
    "words for what goes wrong beside another": {"error": "x", "lesson": {"n": 1}},
}


@pytest.mark.parametrize(("holder", "value"), ENVELOPES.values(), ids=list(ENVELOPES))
def test_an_envelope_is_told_with_the_member_that_holds_the_items(holder: str, value: dict[str, Any]) -> None:
    assert holder_in(value) == holder


@pytest.mark.parametrize("value", ITEMS.values(), ids=list(ITEMS))
def test_items_by_their_ids_are_no_envelope_and_no_row(value: dict[str, Any]) -> None:
    assert holder_in(value) is None
    assert not is_one_row(value)
    assert not is_an_error(value)


@pytest.mark.parametrize(
    "value",
    [
        {"error": "not found"},
        {"errors": [{"code": 404}]},
        {"error": {"code": 404}, "status": "failed"},
        {"timestamp": "2026-01-01", "status": 404, "Error": "Not Found", "path": "/items"},
    ],
)
def test_an_error_that_was_saved_in_place_of_items_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(SourceError, match=r"an error that was saved|its only member, 'errors'"):
        check_no_envelope(value, "items.json")


@pytest.mark.parametrize("value", [{"id": "a", "n": 1}, {"id": 1, "text": "x"}, {"text": "x", "id": "a", "tags": []}])
def test_a_single_row_is_told_by_its_id_among_members_of_other_kinds(value: dict[str, Any]) -> None:
    assert is_one_row(value)


def test_a_member_is_found_by_the_names_on_the_way_also_where_they_have_dots() -> None:
    value = {"a": {"b": {"c": 1}}, "x.y": {"z": 2}}
    assert member_at(value, "a.b", "f") == {"c": 1}
    assert member_at(value, "x.y", "f") == {"z": 2}
    assert member_at(value, "a.b.c", "f") == 1
    with pytest.raises(SourceError, match=r"f, a: there is no member 'd'\n  Its members are: b\."):
        member_at(value, "a.d", "f")
