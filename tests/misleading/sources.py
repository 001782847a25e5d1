"""Files of items that are not what was meant, and files that changed after a good run."""

from __future__ import annotations

import json
from typing import Any

from tests.misleading.case import ITEMS, Case, Exactly, Told
from tests.support.scripted_project import Small, numbered, said

FILE = "vfs/items.json"
LINES = "vfs/items.jsonl"
STAYS = ["2 no longer there, what is merged of them stays"]
ROWS = [{"id": item_id, **payload} for item_id, payload in ITEMS.items()]
PRETTY = json.dumps(ROWS, indent=1)
ON_LINES = "\n".join(json.dumps(row) for row in ROWS) + "\n"


def refused(name: str, content: str | bytes | None, *words: str, file: str = FILE) -> Case:
    """A file that is refused before anything is made."""
    return Case(name, Told(2, [file, *words]), phase={"items": file}, files={file: content})


def after_good_run(
    name: str, comes: Exactly | Told, items: Any, *options: str, first: Any = ITEMS, **more: Any
) -> Case:
    """A file that another one takes the place of once all was done."""

    def change(small: Small) -> None:
        small.run()
        small.write_items(items)

    return Case(name, comes, items=first, before=change, options=options, **more)


def taken(name: str, content: str | bytes, main: Any = None, file: str = FILE, **phase: Any) -> Case:
    """A file that is taken as it was meant."""
    return Case(name, Exactly(main), phase={"items": file, **phase}, files={file: content})


ENVELOPES = [
    refused("an envelope with data", json.dumps({"total": 2, "data": ROWS, "next": None}), "'data'", "at = "),
    refused(
        "an envelope with items and a page", json.dumps({"items": ROWS, "page": {"number": 1}}), "'items'", "at = "
    ),
    refused("an envelope of results only", json.dumps({"results": ROWS}), "'results'", "at = "),
    refused("an envelope with nothing in it", json.dumps({"total": 0, "data": []}), "'data'"),
    refused("a single row", json.dumps({"id": "i01", "n": 1}), "a single row"),
    refused(
        "an error in place of items", json.dumps({"error": "not found"}), "an error that was saved in place of items"
    ),
    refused(
        "an error and its status in place of items",
        json.dumps({"error": {"code": 404}, "status": "failed"}),
        "an error that was saved in place of items",
    ),
    Case(
        "a member that is not there",
        Told(2, [FILE, "'datas'"]),
        phase={"items": {"file": FILE, "at": "datas"}},
        files={FILE: json.dumps({"total": 2, "data": ROWS})},
    ),
    Case(
        "a member that is named",
        Exactly(),
        phase={"items": {"file": FILE, "at": "data"}},
        files={FILE: json.dumps({"total": 2, "data": ROWS})},
    ),
]
EMPTY = [
    Case("no items in an object", Told(1, ["no items in it", "--allow-empty"]), items={}),
    Case("no items in an array", Told(1, ["no items in it", "--allow-empty"]), items=[]),
    Case("an empty file", Told(1, ["no items in it", "--allow-empty"]), files={FILE: ""}),
    Case("an empty file of lines", Told(1, ["no items in it"]), phase={"items": LINES}, files={LINES: "\n\n"}),
    Case("no items, and that is meant", Exactly(main={}), items={}, options=["--allow-empty"]),
    after_good_run("it has become empty", Told(2, ["no items in it any more"], main=said(ITEMS)), {}),
    after_good_run("it has become an empty file", Told(2, ["no items in it any more"], main=said(ITEMS)), []),
]
CHANGED = [
    after_good_run(
        "it has become shorter",
        Exactly(said(numbered(4)), [*STAYS, "(i03, i04)"], sessions=2),
        numbered(2),
        first=numbered(4),
    ),
    after_good_run("it has become longer", Exactly(said(numbered(4)), sessions=2), numbered(4)),
    after_good_run(
        "the order of its items changed",
        Exactly(dict(reversed(said(ITEMS).items())), sessions=1),
        dict(reversed(ITEMS.items())),
    ),
    after_good_run(
        "the content of an item changed",
        Exactly({"i01": {"said": {"n": 7}}, "i02": {"said": {"n": 2}}}),
        {**ITEMS, "i01": {"n": 7}},
    ),
    after_good_run(
        "the items have changed places",
        Exactly({"i01": {"said": {"n": 2}}, "i02": {"said": {"n": 1}}}),
        {"i01": {"n": 2}, "i02": {"n": 1}},
    ),
    after_good_run(
        "its items have other ids",
        Exactly(said({"i01": {"n": 1}, "x": {"n": 1}, "i02": {"n": 2}, "y": {"n": 2}}), STAYS),
        {"x": {"n": 1}, "y": {"n": 2}},
    ),
    after_good_run("it has become an envelope", Told(2, ["'data'"], main=said(ITEMS)), {"total": 2, "data": ROWS}),
    after_good_run(
        "an item came in between",
        Exactly(said({"i01": {"n": 1}, "i015": {"n": 3}, "i02": {"n": 2}})),
        {"i01": {"n": 1}, "i015": {"n": 3}, "i02": {"n": 2}},
    ),
    after_good_run(
        "1 has become 1.0",
        Exactly({"i01": {"said": {"n": 1.0}}, "i02": {"said": {"n": 2}}}),
        {**ITEMS, "i01": {"n": 1.0}},
    ),
    after_good_run("true has become 1", Exactly(said({"a": 1})), {"a": 1}, first={"a": True}),
]
FORMS = [
    taken("a byte order mark before items", b"\xef\xbb\xbf" + json.dumps(ITEMS).encode()),
    taken("a byte order mark before lines", b"\xef\xbb\xbf" + ON_LINES.encode(), file=LINES),
    taken("carriage returns in lines", ON_LINES.replace("\n", "\r\n"), file=LINES),
    taken("no line break after the last line", ON_LINES.rstrip("\n"), file=LINES),
    taken(
        "ids that are numbers in a file",
        json.dumps([{"id": 1, "n": 1}, {"id": 2, "n": 2}]),
        said({"1": {"n": 1}, "2": {"n": 2}}),
    ),
    refused("pretty JSON in a file of lines", PRETTY, ".json", file=LINES),
    refused("one line of an array in a file of lines", json.dumps(ROWS), file=LINES),
    refused("lines in a file of JSON", ON_LINES, ".jsonl"),
    refused("half a file", json.dumps(ITEMS)[:-5], "not JSON"),
    refused("half a last line", ON_LINES[:-5], "line 2", file=LINES),
    refused("two files, one after the other", json.dumps(ITEMS) * 2),
    refused("latin-1 in a file", b'{"i01": "\xe9"}', "not valid UTF-8"),
    refused("UTF-16 in a file", json.dumps(ITEMS).encode("utf-16"), "UTF-16"),
    refused("a web page", "<!DOCTYPE html>\n<html><body>404</body></html>\n", "not JSON"),
    refused("a table with commas", "id,n\ni01,1\ni02,2\n", "not JSON"),
    refused("a text", '"i01"', "neither an object nor an array"),
    refused("NaN in a file", '{"i01": NaN}', "NaN"),
    refused("a pointer of Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "not JSON"),
    refused("no file at all", None, "No such file"),
    Case("a folder in its place", Told(2, ["vfs", "Is a directory"]), phase={"items": "vfs"}),
]
IDS = [
    refused("an id twice in a file", '{"a": 1, "b": 2, "a": 3}', "'a' stands twice"),
    refused("an id twice in rows", json.dumps([{"id": "a"}, {"id": "a", "n": 2}]), "'a' stands twice"),
    refused("an id twice in lines", '{"id": "a"}\n{"id": "a"}\n', "'a' stands twice", file=LINES),
    refused("an id as number and as text", json.dumps([{"id": 1}, {"id": "1"}]), "'1' stands twice"),
    refused("an empty id", '{"": 1}', "the id is empty"),
    refused("an id with a control character", '[["a\\u0007b"]]', "control characters"),
    refused("rows without ids", json.dumps([{"n": 1}, {"n": 2}]), "entry 1", "entry 2"),
    refused("an id that is true", json.dumps([{"id": True}]), "entry 1"),
    refused("an id that is null", json.dumps([{"id": None}]), "entry 1"),
    refused("an id with a fraction", json.dumps([{"id": 1.5}]), "entry 1"),
    refused("rows that are texts", json.dumps(["i01", "i02"]), "entry 1"),
    Case("a limit above what there is", Exactly(), phase={"limit": 5}),
    Case("a limit that is none", Told(2, ["limit"]), phase={"limit": "some"}),
    Case("a limit of 1", Exactly({"i01": {"said": {"n": 1}}}), phase={"limit": 1}),
]
CASES = [*ENVELOPES, *EMPTY, *CHANGED, *FORMS, *IDS]
