"""A row of an array is an item's id and its payload; an id is text that can stand in a line."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.model.item_rows import MAX_ID_LENGTH, check_id, join_row, split_row
from tests.support.json_strategies import IDS, TEXTS, VALUES

PAYLOADS = st.lists(VALUES, max_size=4) | st.dictionaries(TEXTS.filter(lambda name: name != "id"), VALUES, max_size=4)


@given(IDS, PAYLOADS)
def test_a_row_is_taken_apart_and_joined_again(item_id: str, payload: Any) -> None:
    assert split_row(join_row(item_id, payload)) == (item_id, payload)


@given(st.integers(-(10**190), 10**190))
def test_a_whole_number_is_an_id_as_text(number: int) -> None:
    assert check_id(number) == str(number)
    assert split_row([number, 1]) == (str(number), [1])
    assert split_row({"id": number}) == (str(number), {})


@given(st.text(max_size=MAX_ID_LENGTH + 20))
def test_a_text_is_an_id_as_it_is_or_refused(text: str) -> None:
    try:
        accepted = check_id(text)
    except ValueError:
        assert not text.strip() or len(text) > MAX_ID_LENGTH or any(ord(c) < 160 or c in "\u2028\u2029" for c in text)
    else:
        assert accepted == text
        assert len(text.splitlines()) == 1
        assert text.isprintable() or not any(ord(c) < 32 for c in text)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "the entry has no `id`"),
        ([], "empty array"),
        ("a", "neither an object with `id` nor an array"),
        (None, "neither an object with `id` nor an array"),
        ({"id": None}, "the id None is not text"),
        ([True], "the id True is not text"),
        ([1.0], "the id 1.0 is not text"),
        ([["a"]], "is not text"),
        ([""], "the id is empty"),
        ([" \u3000"], "the id is empty"),
        (["x" * (MAX_ID_LENGTH + 1)], f"longer than {MAX_ID_LENGTH} characters"),
        ([10**MAX_ID_LENGTH], f"longer than {MAX_ID_LENGTH} characters"),
        (["a\x1b[31m"], "control characters"),
        (["a\u0085b"], "control characters or line breaks"),
    ],
)
def test_a_row_that_is_none_is_refused(row: Any, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        split_row(row)
