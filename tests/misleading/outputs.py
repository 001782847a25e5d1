"""Outputs that are not quite what was asked for: mended where they can mean one thing only, else refused and named."""

from __future__ import annotations

import json

from tests.misleading.case import ITEMS, NULLS, RIGHT, ROWS, TEXT, Case, Exactly, Told, written
from tests.support.scripted_project import ANSWER, said

MENDED = [
    Case(name, Exactly(words=["mended: ", word], sessions=1), written(text))
    for name, text, word in (
        ("a byte order mark", b"\xef\xbb\xbf" + TEXT.encode(), "byte order mark"),
        ("UTF-16", TEXT.encode("utf-16"), "UTF-16"),
        ("a Markdown fence", f"```json\n{TEXT}\n```\n", "Markdown fence"),
        ("prose around it", f"Here is the result:\n\n{TEXT}\n\nTell me if you need more!\n", "text around the JSON"),
        ("prose and a fence around it", f"Sure!\n```\n{TEXT}\n```\nDone.", "Markdown fence"),
        ("a trailing comma", TEXT[:-1] + ",}", "trailing comma"),
        ("trailing commas everywhere", TEXT.replace("}", ",}"), "trailing comma"),
        ("an array of entries for an object", ROWS, "an array of entries with ids was read as an object"),
        ("it is nested under items", f'{{"items": {TEXT}}}', "'items'"),
        ("entries are nested under results", f'{{"results": {ROWS}}}', "'results'"),
    )
]
ELSEWHERE = [
    Case(
        "it is under another name",
        Exactly(words=["mended: it was written as output.json"]),
        "(here / 'output.json').write_text(json.dumps(answers()))\n",
    ),
    Case(
        "it is printed",
        Exactly(words=["mended: it was printed on its terminal"]),
        "print(json.dumps(answers()), flush=True)\n",
    ),
    Case(
        "it is printed in a fence",
        Exactly(words=["mended: it was printed"]),
        "print('```json\\n' + json.dumps(answers(), indent=1) + '\\n```', flush=True)\n",
    ),
    Case(
        "it is printed, and taken back",
        Told(1, ["without the file"]),
        "print(json.dumps(answers()) + '\\nNo, that is not right.', flush=True)\n",
    ),
    Case("one half of it is printed", Told(1, ["without the file"]), "print(json.dumps(answers())[:20], flush=True)\n"),
    Case(
        "it is under two names, which differ",
        Told(1, ["there are a.json and b.json, which differ"]),
        "(here / 'a.json').write_text(json.dumps(answers()))\n"
        "(here / 'b.json').write_text(json.dumps(dict.fromkeys(items)))\n",
    ),
    Case(
        "a half of it is under another name",
        Told(1, ["there is output.json", "cut off"]),
        f"(here / 'output.json').write_text({TEXT[:20]!r})\n",
    ),
    Case(
        "it is a copy of what was asked, under another name",
        Told(1, ["without the file"]),
        "(here / 'items.json').write_text(json.dumps(items))\n",
    ),
    Case("what was asked is printed", Told(1, ["without the file"]), "print(json.dumps(items), flush=True)\n"),
    Case(
        "a wrong answer under another name, in place of an empty file",
        Told(1, ["it is None"]),
        "output.touch()\n(here / 'o.json').write_text(json.dumps(dict.fromkeys(items)))\n",
        validator=RIGHT,
    ),
    Case(
        "an old answer under another name beside a new half",
        Told(1, ["cut off"]),
        f"(here / 'o.json').write_text(json.dumps(answers()))\noutput.write_text({TEXT[:20]!r})\n",
    ),
    Case(
        "a folder with its name",
        Told(1, ["not a regular file"]),
        "output.mkdir()\n(output / 'answer.json').write_text(json.dumps(answers()))\n",
    ),
    Case("a pipe with its name", Told(1, ["not a regular file"]), "os.mkfifo(output)\n"),
    Case(
        "it is larger than may be",
        Told(1, ["1,000"]),
        "write({i: 'x' * 2000 for i in items})\n",
        settings={"max_output_bytes": 1000},
    ),
]
NOT_JSON = [
    Case(name, Told(1, [word]), written(text))
    for name, text, word in (
        ("a prefix of an answer", TEXT[:-1], "cut off"),
        ("a prefix of an answer in a fence", f"```json\n{TEXT[:-5]}\n```", "cut off"),
        ("two answers", f"{TEXT}\n{TEXT}", "more than one JSON value"),
        (
            "two answers, each in a fence",
            f"```json\n{TEXT}\n```\nor\n```json\n{TEXT}\n```\n",
            "more than one JSON value",
        ),
        (
            "JSON Lines",
            "\n".join(json.dumps({i: answer}) for i, answer in said(ITEMS).items()),
            "more than one JSON value",
        ),
        ("comments", "{\n// the first\n" + TEXT[1:], "not JSON"),
        ("single quotes", str(said(ITEMS)), "not JSON"),
        ("names without quotes", TEXT.replace('"i01"', "i01"), "not JSON"),
        ("YAML", "i01:\n  said: {n: 1}\ni02:\n  said: {n: 2}\n", "not JSON"),
        ("a missing comma", TEXT.replace('}}, "i02"', '}} "i02"'), "not JSON"),
        ("an ellipsis", TEXT[:-1] + ", ...}", "not JSON"),
        ("prose only", "I have written the file as you asked.", "I have written the file as you asked."),
        ("nothing", "", "it is empty"),
        ("white space", " \n\t", "it is empty"),
        ("zero bytes", b"\0" * 100, "not JSON"),
        ("latin-1", TEXT.replace('"n": 1', '"n": "\xe9"').encode("latin-1"), "not valid UTF-8"),
        ("NaN", TEXT.replace(": 1}", ": NaN}"), "NaN is not JSON"),
        ("infinity", TEXT.replace(": 1}", ": -Infinity}"), "Infinity is not JSON"),
        ("a number too large", TEXT.replace(": 1}", ": 1e999}"), "1e999 is too large"),
        ("half a surrogate pair", TEXT.replace(": 1}", ': "\\ud800"}'), "surrogate"),
        ("a name twice in an answer", TEXT.replace('"n": 1', '"n": 1, "n": 2'), "stands twice"),
        ("too deep", '{"i01": ' + "[" * 300 + "]" * 300 + ', "i02": 1}', "levels deep"),
    )
]
SHAPES = [
    Case(name, Told(1, [word]), written(text))
    for name, text, word in (
        ("null", "null", "null"),
        ("a number", "42", "42"),
        ("one text", '"done"', "done"),
        ("JSON in a text", json.dumps(TEXT), "not an object, id to answer"),
        ("an empty object", "{}", "nothing for i01"),
        ("an empty array", "[]", "an array of 0 entries"),
        ("answers without ids", json.dumps(list(said(ITEMS).values())), "an array of 2 entries"),
        ("an error in place of answers", '{"error": "quota exceeded"}', "nothing for i01"),
        ("nested two levels deep", f'{{"data": {{"items": {TEXT}}}}}', "nothing for i01"),
        ("answers beside a count", f'{{"count": 2, "items": {TEXT}}}', "nothing for i01"),
    )
]
OTHERS = [
    Case("a copy of what was asked", Told(1, ["it is {'n': 1}"]), "write(items)\n", validator=RIGHT),
    Case("a copy of the whole input", Told(1, ["nothing for i01"]), "write(asked)\n"),
    Case(
        "an object for an array",
        Exactly(words=["mended: "]),
        phase={"merge": "array"},
        agent="write({i: {'said': p} for i, p in items.items()})\n",
    )._replace(comes=Exactly({i: {"id": i, **answer} for i, answer in said(ITEMS).items()}, ["mended: "])),
    Case(
        "entries without ids in an array",
        Told(1, ["entry 1"]),
        "write([{'said': p} for p in items.values()])\n",
        phase={"merge": "array"},
    ),
    Case("nulls and exit 0", Told(1, ["it is None"]), NULLS, validator=RIGHT),
    Case(
        "a wrong answer in a fence",
        Told(1, ["it is None"]),
        "output.write_text('```\\n' + json.dumps(dict.fromkeys(items)) + '\\n```')\n",
        validator=RIGHT,
    ),
    Case(
        "the right answer after a wrong one in a fence",
        Told(1, ["more than one JSON value"]),
        "output.write_text('```\\n' + json.dumps(dict.fromkeys(items)) + '\\n```\\n' + json.dumps(answers()))\n",
        validator=RIGHT,
    ),
    Case(
        "it changes its input",
        Exactly(),
        "Path(os.environ['SUPERVISOR_INPUT_FILE']).write_text('{}')\n" + ANSWER,
        validator=RIGHT,
    ),
    Case(
        "numbers that only look alike",
        Told(1, ["it is {'said': {'n': 1.5}}"], main={"i02": {"said": {"n": 2}}}),
        "write({**answers(), 'i01': {'said': {'n': 1.5}}})\n",
        validator=RIGHT,
    ),
]
CASES = [*MENDED, *ELSEWHERE, *NOT_JSON, *SHAPES, *OTHERS]
