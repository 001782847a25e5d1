"""Errors are told and kept in bounded form, whatever a validator or an output makes of them; nothing goes uncounted."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor import ValidationError
from supervisor.model.bounded_errors import MOST_BYTES, MOST_CHARS, MOST_TOLD, feedback, kept, said
from supervisor.text.strict_json import in_order
from tests.support.json_strategies import IDS, TEXTS
from tests.support.property_examples import examples

LENGTHS = st.sampled_from([1, 1, 1, 50, 3000, 30_000])
ERRORS = st.builds(
    lambda kind, item, message, times, suggestion: ValidationError(
        type=kind, item_id=item, message=message * times, suggestion=suggestion * times
    ),
    st.sampled_from(["wrong", "missing", "odd", "x" * 300]),
    st.none() | IDS | st.just("n" * 5000),
    TEXTS,
    LENGTHS,
    TEXTS,
)


def size(errors: tuple[ValidationError, ...]) -> int:
    return len(in_order([error.model_dump() for error in errors]).encode())


@examples(40)
@given(st.lists(ERRORS, max_size=60), st.sampled_from([4096, 16_384, MOST_BYTES]))
def test_what_is_kept_fits_and_counts_what_is_left_out(errors: list[ValidationError], most: int) -> None:
    found = kept(errors, most)
    assert size(found) <= most
    assert sum(error.times for error in found) == len(errors)
    assert bool(found) is bool(errors)
    assert kept(found, most) == found
    assert [ValidationError.model_validate(each) for each in json.loads(in_order([e.model_dump() for e in found]))] == [
        *found
    ]


@examples(40)
@given(st.lists(ERRORS, max_size=60))
def test_feedback_is_bounded_and_counts_the_rest(errors: list[ValidationError]) -> None:
    told = feedback(errors)
    assert len(told.errors) <= MOST_TOLD
    assert all(len(error.message) + len(error.suggestion) <= MOST_CHARS for error in told.errors)
    assert all(len(error.item_id or "") < 1000 and len(error.type) <= 80 for error in told.errors)
    assert len(told.more) < 1500
    assert len(said(errors)) < 1000


def test_few_short_errors_are_kept_as_they_are() -> None:
    errors = (
        ValidationError(type="a", message="m", item_id="n1", suggestion="s"),
        ValidationError(type="b", message="m" * MOST_CHARS),
    )
    assert kept(errors) == errors
    assert [(e.type, e.item_id, e.message, e.suggestion) for e in feedback(errors).errors] == [
        ("a", "n1", "m", "s"),
        ("b", None, "m" * MOST_CHARS, ""),
    ]


def test_errors_that_say_the_same_of_many_items_are_one_with_their_count() -> None:
    errors = [ValidationError(type="wrong", item_id=f"n{n:03}", message=f"n{n:03} is wrong") for n in range(20)]
    (told,) = feedback(errors).errors
    assert told.item_id == "for 20 items: n000, n001, n002, n003, n004, …"
    assert told.message == "n000 is wrong"
    assert said(errors) == "wrong: for 20 items: n000 is wrong"
    assert kept(errors) == tuple(errors)


def test_more_errors_than_are_told_are_counted_by_kind() -> None:
    errors = [ValidationError(type=f"t{n % 3}", item_id=f"n{n}", message=f"says {n * 7}") for n in range(200)]
    told = feedback(errors)
    assert len(told.errors) == 20
    assert told.more == "and 180 more of 3 kinds: t2 (60), t0 (60), t1 (60)"
    assert said(errors) == "t0: n0: says 0 (and 199 more)"


def test_a_rare_error_is_not_lost_behind_many_of_another_sort() -> None:
    many = [ValidationError(type="wrong", item_id=f"n{n}", message="m" * 2000) for n in range(500)]
    rare = ValidationError(type="rare", message="the sum is wrong")
    assert rare in kept([*many, rare])
    assert rare.message in [error.message for error in feedback([*many, rare]).errors]


@pytest.mark.parametrize("name", ["a", "e", "n1"])
def test_a_name_that_is_a_part_of_other_words_does_not_part_errors(name: str) -> None:
    errors = [ValidationError(type="t", item_id=i, message=f"the answer has {i!r} in it") for i in (name, "zz")]
    assert len(feedback(errors).errors) == 1


def test_what_was_not_kept_is_still_counted_in_the_feedback() -> None:
    errors = [ValidationError(type="wrong", item_id=f"n{n}", message=f"{n} " + "m" * 1990) for n in range(500)]
    told, again = feedback(errors), feedback(kept(errors))
    assert again.more == told.more == "and 480 more of 1 kind: wrong (480)"
    assert again.errors == told.errors
