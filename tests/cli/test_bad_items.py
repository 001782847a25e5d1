"""A wrong item, or a file of items that cannot be read, is named with its place and the remedy."""

from __future__ import annotations

import json

import pytest

from tests.cli.bad_input import ITEMS, Bad, argued, is_refused, phases
from tests.support.facts_project import SmallProject


def items(content: str | bytes, name: str = ITEMS) -> dict[str, str | bytes | None]:
    return {**phases({"items": name}), name: content}


DEEP = "[" * 300 + "]" * 300
BAD_ITEMS = [
    Bad("missing", (ITEMS, "cannot be read: No such file", "JSON Lines"), {ITEMS: None}),
    Bad("a folder", ("vfs: ", "cannot be read: Is a directory"), phases({"items": "vfs"})),
    Bad("empty", (ITEMS, "the file is empty", "written as []"), items("  \n")),
    Bad("not JSON", (ITEMS, "not JSON at line 1, column 7", "Correct the file"), items('{"a": }')),
    Bad("two values", (ITEMS, "not JSON at line 2, column 1"), items("[]\n[]")),
    Bad("not UTF-8", (ITEMS, "byte 2 is not valid UTF-8"), items(b'["\xff"]')),
    Bad("NaN", (ITEMS, "NaN is not JSON"), items('{"a": NaN}')),
    Bad("a number too large for a float", (ITEMS, "the number -1e999 is too large"), items('{"a": {"n": -1e999}}')),
    Bad("too deep", (ITEMS, "levels deep"), items(f'{{"a": {DEEP}}}')),
    Bad("half a surrogate pair", (ITEMS, "surrogate"), items(r'{"a": "\ud800"}')),
    Bad(
        "a name twice in one item",
        (ITEMS, "the name 'n' stands twice in one object"),
        items('{"a": {"n": 1, "n": 2}}'),
    ),
    Bad("neither object nor array", (ITEMS, "neither an object nor an array", "JSON Lines"), items('"a"')),
    Bad(
        "an id twice in an object",
        (ITEMS, "the id 'a' stands twice: member 1 and member 3", "an id of its own"),
        items('{"a": {"n": 1}, "b": {"n": 1}, "a": {"n": 2}}'),
    ),
    Bad(
        "an id twice in an array",
        (ITEMS, "the id 'a' stands twice: entry 1 and entry 3", "an id of its own"),
        items('[{"id": "a"}, ["b"], ["a", 2]]'),
    ),
    Bad(
        "an id twice, as number and as text",
        (ITEMS, "the id '1' stands twice: entry 1 and entry 2"),
        items('[{"id": 1}, {"id": "1"}]'),
    ),
    Bad(
        "an id twice in lines",
        ("items.jsonl: the id 'a' stands twice: line 1 and line 3", "an id of its own"),
        items('{"id": "a"}\n\n{"id": "a"}\n', "vfs/items.jsonl"),
    ),
    Bad("empty id", (f"{ITEMS}, the member ", "the id is empty"), items('{"  ": {}}')),
    Bad("empty id in an array", (f"{ITEMS}, entry 2", "the id is empty"), items('[["a"], [""]]')),
    Bad(
        "id with control characters",
        (f"{ITEMS}, entry 1", r"the id 'a\x07b' has control characters"),
        items(r'[["a\u0007b"]]'),
    ),
    Bad("id with a line break", (f"{ITEMS}, entry 1", "line breaks"), items(r'[["a\u2028b"]]')),
    Bad("id too long", (f"{ITEMS}, entry 1", "longer than 200"), items(json.dumps([["x" * 201]]))),
    Bad("id is a number too long", (f"{ITEMS}, entry 1", "longer than 200"), items(f"[[{'1' * 201}]]")),
    Bad("id is no text", (f"{ITEMS}, entry 1", "the id 1.5 is not text"), items('[{"id": 1.5}]')),
    Bad("id is a truth value", (f"{ITEMS}, entry 1", "the id True is not text"), items("[[true]]")),
    Bad("row without id", (f"{ITEMS}, entry 2", "the entry has no `id`"), items('[{"id": 1}, {"n": 1}]')),
    Bad("row without entries", (f"{ITEMS}, entry 1", "empty array"), items("[[]]")),
    Bad("row of another kind", (f"{ITEMS}, entry 1", "neither an object with `id` nor an array"), items('["a"]')),
    Bad(
        "a bad line",
        ("vfs/items.jsonl, line 3", "not JSON at line 1, column 1", "Correct the file"),
        items('{"id": "a"}\n{"id": "b"}\noops\n', "vfs/items.jsonl"),
    ),
    Bad(
        "a line without id",
        ("vfs/items.jsonl, line 2", "the entry has no `id`"),
        items('{"id": "a"}\n{"n": 2}\n', "vfs/items.jsonl"),
    ),
    Bad(
        "a name twice in a line",
        ("vfs/items.jsonl, line 1", "the name 'n' stands twice"),
        items('{"id": "a", "n": 1, "n": 2}\n', "vfs/items.jsonl"),
    ),
    Bad(
        "fewer than the target asks for",
        (ITEMS, "x_700seeds asks for 700 items, but there are 3", "Ask for 3 at most"),
        phases({"limit": "{seeds}"}, target={"pattern": "x_(?P<seeds>[0-9]+)seeds"}),
        words=("run", "facts", "x_700seeds"),
    ),
]


@pytest.mark.parametrize("bad", **argued(BAD_ITEMS))
def test_a_wrong_item_is_named(project: SmallProject, bad: Bad) -> None:
    is_refused(project, bad, anew=bad is BAD_ITEMS[0])
