"""JSON is read strictly: what is right comes out as it was, what a lenient reader lets pass is refused by name."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from supervisor.text.strict_json import MAX_DEPTH, JsonRefused, compact, in_order, parse_strict
from tests.support.json_strategies import TEXTS, VALUES
from tests.support.property_examples import examples


def refusal(data: bytes) -> JsonRefused:
    with pytest.raises(JsonRefused) as refused:
        parse_strict(data)
    return refused.value


@examples(40)
@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
@example("\U0001f44d", True, None)
def test_any_value_comes_out_as_it_was(value: Any, ascii_only: bool, indent: int | None) -> None:
    written = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    found, doubled = parse_strict(f" {written}\n".encode())
    assert json.dumps(found, ensure_ascii=ascii_only, indent=indent) == written
    assert doubled == ()


@given(st.binary(max_size=40) | VALUES.map(lambda value: json.dumps(value).encode()[:-1]))
def test_bytes_are_read_or_refused_and_nothing_else_happens(data: bytes) -> None:
    with contextlib.suppress(JsonRefused):
        value, _ = parse_strict(data)
        assert parse_strict(in_order(value).encode()) == (value, ())


@examples(40)
@given(st.lists(st.tuples(st.sampled_from("abcd"), VALUES), max_size=8))
def test_outermost_names_that_stand_twice_are_found_and_the_first_value_stands(members: list[tuple[str, Any]]) -> None:
    text = "{" + ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in members) + "}"
    found, doubled = parse_strict(text.encode())
    names = [name for name, _ in members]
    assert set(doubled) == {name for name in names if names.count(name) > 1}
    assert list(found) == list(dict.fromkeys(names))
    assert compact(found) == compact(dict(reversed(members)))


@examples(40)
@given(TEXTS, VALUES, VALUES, st.sampled_from(["[{}]", '{{"x": {}}}', '{{"x": [0, [{}]], "y": 1}}']))
def test_an_inner_name_that_stands_twice_is_refused_and_named(name: str, one: Any, two: Any, around: str) -> None:
    inner = f"{{{json.dumps(name)}: {json.dumps(one)}, {json.dumps(name)}: {json.dumps(two)}}}"
    refused = refusal(around.format(inner).encode())
    assert refused.kind == "doubled_name"
    assert repr(name) in str(refused)


@given(st.integers(1, MAX_DEPTH), st.booleans())
@example(MAX_DEPTH, True)
@example(MAX_DEPTH, False)
def test_values_are_read_down_to_the_depth_limit(depth: int, objects: bool) -> None:
    opening, closing = ('{"x":', "}") if objects else ("[", "]")
    innermost = "0" if objects else ""
    parse_strict((opening * depth + innermost + closing * depth).encode())
    beyond = depth + MAX_DEPTH
    refused = refusal((opening * beyond + innermost + closing * beyond).encode())
    assert refused.kind == "too_deep"


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 5_000, 1_000_000])
def test_values_beyond_the_depth_limit_are_refused(depth: int) -> None:
    assert refusal(b"[" * depth + b"]" * depth).kind == "too_deep"


@pytest.mark.parametrize(
    ("data", "kind", "said"),
    [
        (b"", "not_json", "line 1, column 1"),
        (b'{"a": 1,\n "b": }', "not_json", "line 2, column 7"),
        (b'{"a": 1,}', "not_json", "line 1, column "),  # of the brace; since Python 3.13 of the comma
        (b"{'a': 1}", "not_json", "line 1, column 2"),
        (b'{"a": 1} // said', "not_json", "line 1, column 10"),
        (b'{"a": 1}{"a": 1}', "not_json", "line 1, column 9"),
        (b"[01]", "not_json", "line 1, column 3"),
        (b'["a\tb"]', "not_json", "line 1, column 4"),
        (b"9" * 5000, "not_json", "a whole number has more than 4300 digits; write a smaller one, or text in quotes"),
        (b'{"a": [-' + b"9" * 4301 + b"]}", "not_json", "a whole number has more than 4300 digits"),
        (b"[NaN]", "not_finite", "NaN is not JSON"),
        (b"[Infinity]", "not_finite", "Infinity is not JSON"),
        (b"[-Infinity]", "not_finite", "-Infinity is not JSON"),
        (b"[1e999]", "not_finite", "the number 1e999 is too large"),
        (b"[-1" + b"0" * 400 + b".5]", "not_finite", "the number -1000"),
        (b"\xef\xbb\xbf{}", "byte_order_mark", "byte order mark"),
        (b"\xff\xfe{\x00}\x00", "invalid_utf8", "byte 0"),
        (b'{"a": "\xe4"}', "invalid_utf8", "byte 7"),
        (b'["\xed\xa0\x80"]', "invalid_utf8", "byte 2"),
        (b'["\\ud800"]', "lone_surrogate", "half of a surrogate pair"),
        (b'{"\\uDFFF": 1}', "lone_surrogate", "half of a surrogate pair"),
        (b'["\\ude00\\ud83d"]', "lone_surrogate", "half of a surrogate pair"),
    ],
)
def test_what_is_not_strict_json_is_refused_with_kind_and_place(data: bytes, kind: str, said: str) -> None:
    refused = refusal(data)
    assert refused.kind == kind
    assert said in str(refused)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\\\ud800"', "\\ud800"),
        (b"1e308", 1e308),
        (b"1e-999", 0.0),
        (b"-0.0", -0.0),
        (b'"\xe2\x80\xa8"', "\u2028"),
        (b'"\\u0000"', "\0"),
    ],
)
def test_what_only_looks_wrong_is_read(data: bytes, value: Any) -> None:
    assert parse_strict(data) == (value, ())


@examples(40)
@given(st.dictionaries(TEXTS, VALUES), st.randoms())
def test_one_line_forms_keep_order_or_do_not_depend_on_it(value: dict[str, Any], random: Any) -> None:
    names = list(value)
    random.shuffle(names)
    other = {name: value[name] for name in names}
    assert compact(other) == compact(value)
    assert list(json.loads(in_order(other))) == names
    assert "\n" not in compact(value) + in_order(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tru]", "line 1, column 2: no value; text stands in double quotes, and there is no comma after the last one"),
        ("{a: 1}", "line 1, column 2: a name in double quotes is missing; after the last member there is no comma"),
        ('{"a" 1}', "line 1, column 6: a colon is missing after a name"),
        ('{"a": 1', "line 1, column 8: a comma or a closing bracket is missing"),
        ("[1,\n2]\n[", "line 3, column 1: something follows after the value"),
        ('["a', "line 1, column 2: the text that begins here is not closed"),
        ('["\\q"]', "line 1, column 3: the backslash begins no escape; write it twice"),
    ],
)
def test_where_it_is_no_json_is_told_with_what_is_missing_there(text: str, said: str) -> None:
    assert str(refusal(text.encode())) == f"not JSON at {said}"
