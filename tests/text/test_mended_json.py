"""Harmless deviations of JSON are read as what they mean; nothing comes of what was cut off or is ambiguous."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.model.json_document import JsonDocument
from supervisor.text.mended_json import value_at_end
from tests.support.json_strategies import TEXTS, VALUES
from tests.support.property_examples import examples

SIGNS = st.text(st.sampled_from("[]{}\",:\\`~\n 1a'é"), max_size=8)
"""Texts that are made to be taken for JSON."""
CONTAINERS = st.dictionaries(TEXTS | SIGNS, VALUES | SIGNS, max_size=4) | st.lists(VALUES | SIGNS, max_size=4)
ANSWERS = CONTAINERS.filter(
    lambda value: isinstance(value, dict) or any(isinstance(v, (str, dict, list)) for v in value)
)
"""Those that can be told from a remark in brackets."""
INDENTS = st.sampled_from([None, 0, 2])
PLAIN = "Here is the output as you asked for"
PROSE = st.sampled_from(["", PLAIN, f"{PLAIN}:\n", "See [1] and {name}, then:\n\n", 'It\'s "done".\n', "json\n"])


def written(value: Any, indent: int | None, *, commas: bool = False) -> str:
    """JSON, with a comma behind the last of each where that is asked for."""
    if not commas or not isinstance(value, (dict, list)) or not value:
        return json.dumps(value, ensure_ascii=False, indent=indent)
    if isinstance(value, list):
        return f"[{', '.join(written(each, indent, commas=True) for each in value)} , ]"
    members = (
        f"{json.dumps(name, ensure_ascii=False)}: {written(each, indent, commas=True)}" for name, each in value.items()
    )
    return "{" + ",\n".join(members) + ",\n}"


def same(one: Any, other: Any) -> bool:
    return json.dumps(one) == json.dumps(other)


DEVIATIONS = {
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "UTF-16, little": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "UTF-16, big": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "fence": lambda text: f"```json\n{text}\n```\n".encode(),
    "plain fence": lambda text: f"```\n{text}\n```".encode(),
    "longer fence": lambda text: f"  ````JSON\n{text}\n  ````".encode(),
    "open fence": lambda text: f"```json\n{text}\n".encode(),
    "fence on one line": lambda text: f"```json {text} ```".encode(),
    "fence in prose": lambda text: f"{PLAIN}:\n\n```json\n{text}\n```\n\nDone.\n".encode(),
    "marked fence": lambda text: f"\ufeff```json\n{text}\n```".encode(),
}


@examples(60)
@given(ANSWERS, INDENTS, st.sampled_from(sorted(DEVIATIONS)), st.booleans())
def test_every_deviation_is_read_as_the_value_that_was_meant(
    value: Any, indent: int | None, how: str, commas: bool
) -> None:
    document = JsonDocument(DEVIATIONS[how](written(value, indent, commas=commas)))
    assert document.usable and not document.is_strict and document.mended
    assert document.why_unusable is None
    assert same(document.value, value)


@examples(60)
@given(ANSWERS, INDENTS, PROSE, PROSE, st.booleans())
def test_text_around_the_one_value_is_left_out(
    value: Any, indent: int | None, before: str, after: str, commas: bool
) -> None:
    document = JsonDocument((before + written(value, indent, commas=commas) + "\n" + after).encode())
    assert document.usable
    assert same(document.value, value)
    assert bool(document.mended) is not document.is_strict


@examples(60)
@given(CONTAINERS, INDENTS)
def test_what_is_strict_is_taken_as_it_is(value: Any, indent: int | None) -> None:
    document = JsonDocument(written(value, indent).encode())
    assert document.is_strict and document.usable
    assert document.mended == ()
    assert same(document.value, value)


@examples(150)
@given(st.data(), CONTAINERS, INDENTS, st.sampled_from(["", *sorted(DEVIATIONS)]), PROSE, st.booleans())
def test_nothing_comes_of_a_value_that_was_cut_off(
    data: st.DataObject, value: Any, indent: int | None, how: str, before: str, commas: bool
) -> None:
    text = written(value, indent, commas=commas)
    whole = DEVIATIONS[how](text) if how else (before + text).encode()
    cut = whole[: data.draw(st.integers(0, len(whole)), "cut")]
    document = JsonDocument(cut)
    if document.usable and isinstance(document.value, (dict, list)):
        assert same(document.value, value)
    at_end = value_at_end(cut.decode("utf-8", "replace"))
    if at_end:
        found = JsonDocument(at_end.encode())
        assert not found.usable or same(found.value, value)


@given(st.binary(max_size=40) | SIGNS.map(str.encode))
def test_anything_is_read_or_told_why_not(data: bytes) -> None:
    document = JsonDocument(data)
    assert document.usable is (document.why_unusable is None)
    assert document.usable or (str(document.why_unusable) and document.value is None and document.mended == ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("I have translated all.", "there is no object or array in it; it says: 'I have translated all.'"),
        ("See [1] and {name}.", "there is no object or array in it; it says: 'See [1] and {name}.'"),
        ('{"a": 1}\n{"b": 2}', "there is more than one JSON value, or a part of one, also at line 2"),
        ('{"a": 1} or {"a": 2}', "there is more than one JSON value"),
        ('{"a": 1}, "b": 2}', "what belongs to it and what does not cannot be told"),
        ('Result: [\n{"a": 1}', "it is cut off, or its brackets do not match"),
        ('{"a": {"b": 1', 'it is cut off, or its brackets do not match; it ends with: \'{"a": {"b": 1\''),
        ("[1,,]", "not JSON at line 1, column 4: there stands ',]'"),
        ("[,]", "there stands ',]'"),
        ("so:\n\n{'a': 1}", "not JSON at line 3, column 2: there stands \"'a': 1}\""),
        ('```json\n{"a": NaN}\n```', "NaN is not JSON"),
        ('{"a": {"b": 1, "b": 2},}', "the name 'b' stands twice"),
    ],
)
def test_what_is_not_mended_is_shown(text: str, said: str) -> None:
    document = JsonDocument(text.encode())
    assert not document.usable
    assert said in str(document.why_unusable)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('done\n{"a": 1}\n', '{"a": 1}'),
        ('[12:00] {ok}\nworking\n{\n "a": [1]\n}\n```\n', '{\n "a": [1]\n}'),
        ('{"draft": 1}\n{"a": 1}', '{"a": 1}'),
        ('{"a": 1}\nDone.', ""),
        ('"b": 2},\n"c": 3}', ""),
        ('["b", 2],\n["c", 3]\n]', ""),
        ('[\n["b", 2],\n["c", 3]', ""),
        ('says {"a": 1}', ""),
        ("", ""),
    ],
)
def test_only_a_whole_value_at_the_end_is_the_last_thing_printed(text: str, value: str) -> None:
    assert value_at_end(text) == value


@pytest.mark.parametrize("sign", [" ", "\t", "`", "~"])
def test_a_run_of_any_length_is_looked_at_once(sign: str) -> None:
    """Else the supervisor stands still: a pattern that is tried at each sign of it holds up everything."""
    run = sign * 500_000
    assert value_at_end(f"{run}x") == ""
    assert JsonDocument(f'{{"a": 1}}\n{run}x'.encode()).usable in (True, False)


def test_very_many_trailing_commas_are_left_out() -> None:
    assert JsonDocument(b"[" + b"[1,]," * 200_000 + b"2]").value[-1] == 2
