"""Answers under ids that are not quite those of the batch."""

from __future__ import annotations

from tests.misleading.case import RIGHT, TEXT, Case, Exactly, Told, written
from tests.support.scripted_project import ANSWER, numbered

COMPOSED, DECOMPOSED = "caf\xe9", "cafe\u0301"
SECOND = {"i02": {"said": {"n": 2}}}
NUMBERS = {"1": {"n": 1}, "2": {"n": 2}}


def renamed(new: str) -> str:
    """An agent that writes the first id so."""
    return written(TEXT.replace('"i01"', f'"{new}"'))


CASES = [
    Case("an id with white space around it", Exactly(words=["mended: ", "white space"]), renamed(" i01 ")),
    Case("an id with a line break", Exactly(words=["mended: "]), renamed("i01\\n")),
    Case(
        "an id in the other Unicode normalisation",
        Exactly(words=["mended: ", "Unicode normalisation"]),
        f"write({{{DECOMPOSED!r}: {{'said': 1}}}})\n",
        items={COMPOSED: 1},
    ),
    Case(
        "an item in the other Unicode normalisation",
        Exactly(words=["mended: ", "Unicode normalisation"]),
        f"write({{{COMPOSED!r}: {{'said': 1}}}})\n",
        items={DECOMPOSED: 1},
    ),
    Case("items that differ in normalisation only", Exactly(), items={COMPOSED: 1, DECOMPOSED: 2}, validator=RIGHT),
    Case(
        "items that differ in normalisation only, one answered",
        Told(1, ["nothing for"], main={COMPOSED: {"said": 1}}),
        f"write({{{COMPOSED!r}: {{'said': 1}}}})\n",
        items={COMPOSED: 1, DECOMPOSED: 2},
    ),
    Case(
        "an item answered in both normalisations",
        Exactly(words=["left out"]),
        f"write({{{COMPOSED!r}: {{'said': 1}}, {DECOMPOSED!r}: {{'said': 2}}}})\n",
        items={COMPOSED: 1},
    ),
    Case(
        "an item answered under two names that are nearly its own",
        Told(1, ["differ in white space"]),
        "write({' i01': {'said': 1}, 'i01 ': {'said': 2}})\n",
        items=numbered(1),
    ),
    Case("an id in capital letters", Told(1, ["nothing for i01"], main=SECOND), renamed("I01")),
    Case("an id with a space in it", Told(1, ["nothing for i01"], main=SECOND), renamed("i 01")),
    Case("an id without its zero", Told(1, ["nothing for i01"], main=SECOND), renamed("i1")),
    Case("an id with something invisible", Told(1, ["nothing for i01"], main=SECOND), renamed("i01\\u200b")),
    Case("an id that looks the same", Told(1, ["nothing for i01"], main=SECOND), renamed("\\u0456\\u200d01")),
    Case("an id twice in an object", Told(1, ["i01 stands twice"], main=SECOND), written(TEXT[:-1] + ', "i01": 1}')),
    Case(
        "an id twice in an array",
        Told(1, ["i01 stands twice"], main=SECOND),
        "write([{'id': i, 'said': p} for i, p in [*items.items(), ('i01', 0)]])\n",
    ),
    Case(
        "an id twice, once with a space",
        Exactly(words=["left out"]),
        "write({**answers(), ' i01': {'said': 'another'}})\n",
    ),
    Case(
        "an id that is none of the batch", Exactly(words=["not of this batch", "x"]), "write({**answers(), 'x': 1})\n"
    ),
    Case(
        "a thousand ids that are none of the batch",
        Exactly(words=["1,500 ids that are not of this batch"]),
        "write({**answers(), **{f'x{n}': n for n in range(1500)}})\n",
    ),
    Case("an id that is missing", Told(1, ["nothing for i01"], main=SECOND), "write({'i02': answers()['i02']})\n"),
    Case(
        "all ids of another batch",
        Told(1, ["nothing for i01", "nothing for i03"]),
        "write({f'i0{n}': n for n in range(5 - 2 * batch, 7 - 2 * batch)})\n",
        numbered(4),
    ),
    Case(
        "the answers of all batches from each",
        Exactly(words=["left out"]),
        "write({**{f'i0{n}': 'guessed' for n in range(1, 5)}, **answers()})\n",
        numbered(4),
    ),
    Case("ids that are numbers", Exactly(), "write([{'id': int(i), 'said': p} for i, p in items.items()])\n", NUMBERS),
    Case(
        "ids that are numbers with a fraction",
        Told(1, ["entry 1"]),
        "write([{'id': float(i), 'said': p} for i, p in items.items()])\n",
        NUMBERS,
        phase={"merge": "array"},
    ),
    Case(
        "ids that are true",
        Told(1, ["entry 1"], main=1),
        "write([{'id': True, 'said': 1}, {'id': '2', 'said': {'n': 2}}])\n",
        NUMBERS,
        phase={"merge": "array"},
    )._replace(comes=Told(1, ["entry 1"], main={"2": {"id": "2", "said": {"n": 2}}})),
    Case("answers in the order of another list", Exactly(), "write(dict(reversed(answers().items())))\n"),
    Case("ids with braces", Exactly(), ANSWER, {"{i01}": "{output_file}", "{{ 1 / 0 }}": "{% raw %}"}),
    Case(
        "ids that are paths",
        Exactly(),
        ANSWER,
        {"../../etc/passwd": 1, "/dev/null": 2, "~": 3},
        phase={"batch_size": 3},
    ),
    Case(
        "ids that are words of JSON",
        Exactly(),
        ANSWER,
        {"null": 1, "true": 2, "id": 3, "items": 4},
        phase={"batch_size": 4},
    ),
    Case("an item whose name is the wrapper's", Exactly(), ANSWER, {"items": {"n": 1}}),
    Case("an item of the name `result`, answered within one", Exactly(), ANSWER, {"result": {"result": 1}}),
]
