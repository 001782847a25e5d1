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
        ("vfs/items.jsonl, line 3", "not JSON at column 1", "Correct the file"),
        items('{"id": "a"}\n{"id": "b"}\noops\n', "vfs/items.jsonl"),
    ),
    Bad(
        "a line without id",
        ("vfs/items.jsonl, line 2", "the entry has no `id`"),
        items('{"id": "a"}\n{"n": 2}\n', "vfs/items.jsonl"),
    ),
    Bad(
        "bad lines and an id twice",
        (
            "vfs/items.jsonl: 23 rows are wrong the id 'a' stands twice: line 1 and line 25 line 2: the entry has no",
            "line 20: the entry has no `id` and 3 more Give every item an id of its own",
        ),
        items('{"id": "a"}\n' + '{"n": 2}\n' * 22 + '{"id": "b"}\n{"id": "a"}\n', "vfs/items.jsonl"),
    ),
    Bad(
        "bad entries",
        (f"{ITEMS}: 2 rows are wrong entry 2: the entry has no `id` entry 4: the id is empty Correct the file.",),
        items('[["a"], {}, ["b"], [" "]]'),
    ),
    Bad("saved as UTF-16", (f"{ITEMS}: it is saved as UTF-16 Save it as UTF-8",), items('["a"]'.encode("utf-16"))),
    Bad(
        "lines saved as UTF-16",
        ("vfs/items.jsonl: it is saved as UTF-16 Save it as UTF-8",),
        items('{"id": "a"}\n'.encode("utf-16"), "vfs/items.jsonl"),
    ),
    Bad(
        "an envelope",
        (
            f"{ITEMS}: its items seem to be in its member 'data', beside 'total', 'next'",
            'Did you mean items = { file = …, at = "data" }?',
            'at = "." } takes each of its members as an item',
        ),
        items('{"total": 3, "data": [{"id": 1}, {"id": 2}, {"id": 3}], "next": null}'),
    ),
    Bad(
        "one row that is no list",
        (f"{ITEMS}: it seems to be a single row, with `id` as one of its members", "Put it into brackets: [{…}]"),
        items('{"id": "a", "n": 1}'),
    ),
    Bad(
        "member that is not there",
        (f"{ITEMS}: there is no member 'dta' Did you mean at = 'data'? Its members are: total, data."),
        {**phases({"items": {"file": ITEMS, "at": "dta"}}), ITEMS: '{"total": 1, "data": []}'},
    ),
    Bad(
        "member of what has none",
        (f"{ITEMS}, total: there is no 'data': it is no object", "Correct `at`"),
        {**phases({"items": {"file": ITEMS, "at": "total.data"}}), ITEMS: '{"total": 1, "data": []}'},
    ),
    Bad(
        "member that is no list",
        (f"{ITEMS}: what is at 'total' is neither an object nor an array",),
        {**phases({"items": {"file": ITEMS, "at": "total"}}), ITEMS: '{"total": 1, "data": []}'},
    ),
    Bad(
        "member of lines",
        ("phase 1, items.at: JSON Lines have no members Leave `at` out",),
        {**phases({"items": {"file": "vfs/items.jsonl", "at": "data"}}), "vfs/items.jsonl": '{"id": "a"}'},
    ),
    Bad(
        "lines under the name of JSON",
        (f"{ITEMS}: it holds a row on each line: that is JSON Lines Give it the ending .jsonl",),
        items('{"id": "a"}\n{"id": "b"}\n'),
    ),
    Bad(
        "printed rows under the name of JSON",
        (f"{ITEMS}: it holds several rows one after the other", "jq -s . FILE"),
        items('{\n "id": "a"\n}\n{\n "id": "b"\n}\n'),
    ),
    *(
        Bad(
            f"{name} under the name of JSON Lines",
            (f"vfs/items.jsonl: it holds one JSON {kind}, and not a row on each line Give it the ending .json",),
            items(text, "vfs/items.jsonl"),
        )
        for name, kind, text in (
            ("an array over lines", "array", '[\n {"id": "a"},\n {"id": "b"}\n]\n'),
            ("an array", "array", '[{"id": "a"}, {"id": "b"}]\n'),
            ("an object over lines", "object", '{\n "a": 1,\n "b": 2\n}\n'),
            ("an object", "object", '{"a": {"n": 1}, "b": {"n": 2}}'),
        )
    ),
    *(
        Bad(
            f"{name} over several lines",
            ("vfs/items.jsonl: its rows stand over several lines each", "`jq -c . FILE` does so"),
            items(text, "vfs/items.jsonl"),
        )
        for name, text in (
            ("a row", '{\n "id": "a"\n}\n'),
            ("rows", '{\n "id": "a"\n}\n{\n "id": "b"\n}\n'),
            ("broken rows", '{\n "id": "a",\n}\n{\n "id": "b"\n}\n'),
        )
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
