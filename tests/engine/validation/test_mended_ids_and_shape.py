"""Ids and the outermost shape of an output are taken for what they can only mean; what is ambiguous is named."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.engine.validation.output_validation import ParsedOutput, as_output, parse_output
from supervisor.model.json_document import JsonDocument
from tests.support.json_strategies import IDS, VALUES
from tests.support.property_examples import examples

MERGES = st.sampled_from(["object", "array"])
PLAIN_IDS = IDS.map(lambda name: unicodedata.normalize("NFC", name).strip()).filter(
    lambda name: name and unicodedata.normalize("NFC", name).strip() == name and name != "id"
)
ROWS = st.dictionaries(
    IDS.filter(lambda name: name not in ("id", "value", "answer", "output", "result")), VALUES, min_size=1, max_size=3
)
LISTS = st.lists(VALUES, max_size=3)


def parsed(value: Any, merge: str, ids: list[str], asked: list[str] | None = None) -> ParsedOutput:
    data = json.dumps(value).encode()
    return parse_output(JsonDocument(data), merge, tuple(ids if asked is None else asked), tuple(ids))


def same(one: Any, other: Any) -> bool:
    return json.dumps(one) == json.dumps(other)


@examples(60)
@given(
    st.dictionaries(PLAIN_IDS, ROWS, min_size=1, max_size=5),
    MERGES,
    st.sampled_from(["NFC", "NFD"]),
    st.sampled_from(["", " ", "\u00a0", "\n"]),
    st.sampled_from(["", " ", "\t"]),
)
def test_an_id_that_differs_in_normalisation_or_white_space_is_the_item_s(
    answers: dict[str, Any], merge: str, form: Any, before: str, after: str
) -> None:
    changed = {before + unicodedata.normalize(form, name) + after: value for name, value in answers.items()}
    found = parsed(as_output(changed, merge), merge, list(answers))
    assert found.errors == ()
    assert same(found.values, answers)
    assert bool(found.mended) is (list(changed) != list(answers))


def test_what_was_read_for_what_is_told() -> None:
    found = parsed({"cafe\u0301": 1, " b": 2}, "object", ["caf\u00e9", "b"])
    assert found.mended == (
        "the id 'cafe\u0301' was read as 'caf\u00e9': 'cafe\u0301' and 'caf\u00e9' differ in Unicode normalisation"
        " ('cafe\\u0301', 'caf\\xe9')",
        "the id ' b' was read as 'b': ' b' and 'b' differ in white space around them",
    )


@pytest.mark.parametrize(
    ("ids", "value", "values"),
    [
        (["caf\u00e9", "cafe\u0301"], {"caf\u00e9": 1, "cafe\u0301": 2}, {"caf\u00e9": 1, "cafe\u0301": 2}),
        (["caf\u00e9", "cafe\u0301"], {" caf\u00e9": 1}, {}),
        (["b"], {"b": 1, "b ": 2}, {"b": 1}),
        (["b"], {" b": 1, "b ": 2}, {}),
        (["b"], {"B": 1}, {}),
    ],
)
def test_what_fits_several_items_or_an_item_twice_is_named_and_not_taken(
    ids: list[str], value: dict[str, int], values: dict[str, int]
) -> None:
    found = parsed(value, "object", ids)
    assert found.values == values
    assert found.mended == ()
    strangers = [error for error in found.errors if error.type == "unknown_item"]
    assert [error.item_id for error in strangers] == [name for name in value if name not in ids]
    for error in strangers:
        if error.item_id != "B":
            assert "differ in " in error.message


@examples(40)
@given(st.dictionaries(PLAIN_IDS, ROWS, min_size=1, max_size=5))
def test_an_array_of_entries_is_read_as_the_object_that_was_asked_for(answers: dict[str, Any]) -> None:
    found = parsed(as_output(answers, "array"), "object", list(answers))
    assert (found.errors, found.mended) == ((), ("an array of entries with ids was read as an object",))
    assert same(found.values, answers)
    found = parsed([{name: value} for name, value in answers.items()], "object", list(answers))
    assert (found.errors, found.mended) == ((), ("an array of objects, id to answer, was read as one object",))
    assert same(found.values, answers)


def test_an_entry_of_an_array_that_is_of_no_item_is_named_and_the_others_are_read() -> None:
    rows = [{"id": "i1", "square": 1}, {"id": "zzz", "square": 1}, {"id": 2, "square": 4}]
    found = parsed(rows, "object", ["i1", "2"])
    assert found.values == {"i1": {"square": 1}, "2": {"square": 4}}
    assert [(error.type, error.item_id) for error in found.errors] == [("unknown_item", "zzz")]


@examples(40)
@given(st.dictionaries(PLAIN_IDS, ROWS, min_size=1, max_size=5) | st.dictionaries(PLAIN_IDS, LISTS, min_size=1))
def test_an_object_is_read_as_the_array_that_was_asked_for(answers: dict[str, Any]) -> None:
    rows = [
        dict(answers),
        {name: {**row, "id": name} if isinstance(row, dict) else [name, *row] for name, row in answers.items()},
    ]
    begins_with_id = any(isinstance(row, list) and row[:1] == [name] for name, row in answers.items())
    for value in rows[begins_with_id:]:
        found = parsed(value, "array", list(answers))
        assert found.errors == ()
        assert found.mended == ("an object, id to entry, was read as an array",)
        assert same(found.values, answers)


@examples(40)
@given(st.dictionaries(PLAIN_IDS, ROWS, min_size=1, max_size=4), MERGES, MERGES)
def test_an_output_in_a_single_member_is_taken_out_of_it(answers: dict[str, Any], merge: str, written: str) -> None:
    found = parsed({"the results": as_output(answers, written)}, merge, list(answers))
    if "the results" not in answers:
        assert found.errors == ()
        assert found.mended[0] == "the output was taken out of the member 'the results' around it"
        assert same(found.values, answers)


@examples(20)
@given(PLAIN_IDS, ROWS | LISTS)
def test_a_single_entry_without_its_array_is_the_entry(name: str, row: Any) -> None:
    bare = {"id": name, **row} if isinstance(row, dict) else [name, *row]
    found = parsed(bare, "array", [name])
    assert (found.errors, found.mended) == ((), ("a single entry was read as an array of one",))
    assert same(found.values, {name: row})


@pytest.mark.parametrize(
    ("value", "merge", "what", "wanted"),
    [
        ([["a", 1], ["b", 2]], "object", "an array of 2 entries", '{"a": …, "b": …, …}'),
        ([{"id": "a", "value": 1}, {"id": "b", "value": 2}], "object", "an array of 2 entries", '{"a": …, "b": …, …}'),
        ([1, 2], "object", "an array of 2 entries", '{"a": …, "b": …, …}'),
        ({"a": 1, "b": 2}, "array", "an object with 2 members", '[{"id": "a", …}, {"id": "b", …}, …]'),
        ({"a": ["a", 1], "b": [2]}, "array", "an object with 2 members", '[{"id": "a", …}, {"id": "b", …}, …]'),
        ({"a": {"id": "b"}, "b": {}}, "array", "an object with 2 members", '[{"id": "a", …}, {"id": "b", …}, …]'),
        ("done", "array", '"done"', '[{"id": "a", …}, {"id": "b", …}, …]'),
    ],
)
def test_a_shape_that_can_mean_two_things_is_told_with_an_example_of_the_right_one(
    value: Any, merge: str, what: str, wanted: str
) -> None:
    found = parsed(value, merge, ["a", "b", "c"])
    (error,) = found.errors
    assert (error.type, error.item_id, found.values, found.mended) == ("wrong_shape", None, {}, ())
    assert error.message.endswith(f", but {what}")
    assert error.suggestion.endswith(f": {wanted}")


@examples(60)
@given(st.dictionaries(IDS, ROWS, min_size=1, max_size=5), MERGES, st.data())
def test_what_has_the_right_shape_and_ids_is_never_changed(
    answers: dict[str, Any], merge: str, data: st.DataObject
) -> None:
    asked = [name for name in answers if data.draw(st.booleans())]
    found = parsed(as_output(answers, merge), merge, list(answers), asked)
    assert found.errors == () and found.mended == ()
    assert same(found.values, {name: answers[name] for name in asked})


def test_entries_whose_ids_fit_several_items_are_no_shape_that_can_mean_one_thing_only() -> None:
    ids = ["caf\u00e9", "cafe\u0301"]
    (error,) = parsed([{"id": " caf\u00e9", "n": 1}, {"id": "cafe\u0301 ", "n": 2}], "object", ids).errors
    assert error.type == "wrong_shape"
    (error,) = parsed({" caf\u00e9": {"n": 1}, "cafe\u0301 ": {"n": 2}}, "array", ids).errors
    assert error.type == "wrong_shape"
