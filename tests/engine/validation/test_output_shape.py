"""The engine's own check of an output: exactly the batch's ids, each once; what is fine of it is taken."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.engine.validation.output_validation import as_output, parse_output
from supervisor.model.item_rows import join_row
from supervisor.model.json_document import JsonDocument
from tests.support.json_strategies import IDS, VALUES
from tests.support.property_examples import examples

MERGES = st.sampled_from(["object", "array"])


def written(members: list[tuple[str, Any]], merge: str) -> bytes:
    """An output with these members in this order, also where an id stands in it twice."""
    if merge == "array":
        return json.dumps([join_row(item_id, value) for item_id, value in members]).encode()
    return ("{" + ", ".join(f"{json.dumps(i)}: {json.dumps(value)}" for i, value in members) + "}").encode()


@examples(40)
@given(st.data(), st.lists(IDS, unique=True, min_size=1, max_size=8), MERGES)
def test_each_fault_of_the_ids_is_found_and_the_rest_is_taken_in_order(
    data: st.DataObject, ids: list[str], merge: str
) -> None:
    some = st.lists(st.sampled_from(ids), unique=True)
    asked, missing, doubled = (data.draw(some, label) for label in ("asked", "missing", "doubled"))
    asked = [i for i in ids if i in asked]
    unknown = data.draw(st.lists(IDS.filter(lambda i: i not in ids), unique=True, max_size=3), "unknown")
    there = [i for i in ids if i not in missing] + unknown
    there += [i for i in doubled if i not in missing]
    shuffled = data.draw(st.permutations(there), "order")
    answers = {i: [n] for n, i in enumerate(shuffled)}
    shaped = parse_output(
        JsonDocument(written([(i, answers[i]) for i in shuffled], merge)), merge, tuple(asked), tuple(ids)
    )
    found = {
        kind: {error.item_id for error in shaped.errors if error.type == kind}
        for kind in ("missing_item", "unknown_item", "doubled_item")
    }
    assert found == {
        "missing_item": set(asked) & set(missing),
        "unknown_item": set(unknown),
        "doubled_item": set(doubled) - set(missing),
    }
    assert list(shaped.values.items()) == [(i, answers[i]) for i in asked if i not in missing and i not in doubled]
    assert all(error.message and error.suggestion for error in shaped.errors)


@examples(40)
@given(st.dictionaries(IDS, st.lists(VALUES, max_size=3) | st.dictionaries(IDS, VALUES, max_size=3)), MERGES)
def test_a_right_output_is_taken_as_it_is(values: dict[str, Any], merge: str) -> None:
    values = {i: {n: v for n, v in p.items() if n != "id"} if isinstance(p, dict) else p for i, p in values.items()}
    data = json.dumps(as_output(values, merge)).encode()
    shaped = parse_output(JsonDocument(data), merge, tuple(values), tuple(values))
    assert shaped.errors == ()
    assert json.dumps(shaped.values) == json.dumps(values)


@given(st.binary(max_size=30) | VALUES.map(lambda value: json.dumps(value).encode()), MERGES)
def test_whatever_an_agent_writes_is_answered_with_errors(data: bytes, merge: str) -> None:
    shaped = parse_output(JsonDocument(data), merge, ("a", "b"), ("a", "b"))
    assert set(shaped.values) | {error.item_id for error in shaped.errors} >= {"a", "b"} or any(
        error.item_id is None for error in shaped.errors
    )


@pytest.mark.parametrize(
    ("data", "merge", "said"),
    [
        (b"[]", "object", "the outermost value is not an object, id to answer, but an array of 0 entries"),
        (b"3", "array", "the outermost value is not an array of entries that name their id, but 3"),
    ],
)
def test_another_outermost_value_fails_the_whole_batch(data: bytes, merge: str, said: str) -> None:
    (error,) = parse_output(JsonDocument(data), merge, ("a",), ("a",)).errors
    assert (error.type, error.item_id, error.message) == ("wrong_shape", None, said)


def test_a_row_that_names_no_item_is_pointed_at_and_the_others_are_taken() -> None:
    shaped = parse_output(JsonDocument(b'[["a", 1], {"n": 2}, [], ["c"]]'), "array", ("a", "b", "c"), ("a", "b", "c"))
    assert shaped.values == {"a": [1], "c": []}
    assert [(error.type, error.item_id) for error in shaped.errors] == [
        ("wrong_shape", "entry 2"),
        ("wrong_shape", "entry 3"),
        ("missing_item", "b"),
    ]


def test_what_was_not_asked_again_is_passed_over() -> None:
    shaped = parse_output(JsonDocument(b'{"b": 2, "a": 1}'), "object", ("b",), ("a", "b"))
    assert (shaped.values, shaped.errors) == ({"b": 2}, ())
