"""Where items can come from, what an agent is given of them, and how its answers are put together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.facts_project import SmallProject

ECHO = """\
import json, os
with open(os.environ["SUPERVISOR_INPUT_FILE"]) as file:
    batch = json.load(file)
answers = {i: {"got": p} for i, p in batch["items"].items()}
if batch["phase"] in (30, 31):  # the phases that merge arrays
    answers = [{"id": i, **p} if batch["phase"] == 30 else [i, p] for i, p in answers.items()]
with open(os.environ["SUPERVISOR_OUTPUT_FILE"], "w") as file:
    json.dump(answers, file)
"""
LONG = "x" * 200


class Source(NamedTuple):
    """A phase's items, and what an agent is to be given."""

    id: str
    file: str
    content: str
    given: dict[str, Any]
    phase: dict[str, Any] = {}  # noqa: RUF012 - never changed


SOURCES = [
    Source(
        "object",
        "vfs/object.json",
        '{"z": {"n": 1}, "a": [1, null], "m": "text", "día ✓ 👍": 0.5, "empty": {}}',
        {"z": {"n": 1}, "a": [1, None], "m": "text", "día ✓ 👍": 0.5, "empty": {}},
    ),
    Source(
        "array_of_objects",
        "vfs/rows.json",
        '[{"n": 1, "id": "z"}, {"id": "a"}, {"id": "m", "id2": 2}]',
        {"z": {"n": 1}, "a": {}, "m": {"id2": 2}},
    ),
    Source("array_of_arrays", "vfs/arrays.json", '[["z", 1, [2]], ["a"]]', {"z": [1, [2]], "a": []}),
    Source("whole_numbers_as_ids", "vfs/numbers.json", '[{"id": 7, "n": 1}, [-1, 2]]', {"7": {"n": 1}, "-1": [2]}),
    Source("longest_id", "vfs/long.json", json.dumps({LONG: 1}), {LONG: 1}),
    Source(
        "member",
        "vfs/answer.json",
        '{"total": 1, "data": [{"id": "z", "n": 1}]}',
        {"z": {"n": 1}},
        {"items": {"file": "vfs/answer.json", "at": "data"}},
    ),
    Source(
        "whole",
        "vfs/whole.json",
        '{"total": 1, "data": [{"id": "z"}]}',
        {"total": 1, "data": [{"id": "z"}]},
        {"items": {"file": "vfs/whole.json", "at": "."}},
    ),
    Source("limit_as_number", "vfs/first.json", '{"z": 1, "a": 2}', {"z": 1}, {"limit": 1}),
    Source("byte_order_mark", "vfs/mark.json", '\ufeff{"z": 1}', {"z": 1}),
    Source(
        "json_lines",
        "vfs/lines.jsonl",
        '{"id": "z", "n": 1}\n\n  \r\n{"id": "a", "text": "one\u2028line"}\r\n["m", 3]',
        {"z": {"n": 1}, "a": {"text": "one\u2028line"}, "m": [3]},
    ),
    Source("other_ending_of_json_lines", "vfs/lines.ndjson", '\ufeff{"id": "z"}\n', {"z": {}}),
    Source("target_in_the_path", "vfs/{target}/{known}.json", '{"z": 1}', {"z": 1}),
    Source("limit", "vfs/many.json", json.dumps({f"i{n}": n for n in range(9)}), {"i0": 0, "i1": 1}, {"limit": "{n}"}),
    Source("empty_limit", "vfs/all.json", '{"z": 1, "a": 2}', {"z": 1, "a": 2}, {"limit": "{left_out}"}),
]
TARGET = "spa_for_eng_2"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    """A finished job with a phase for every source, and some that take their items from those."""
    project = SmallProject(tmp_path_factory.mktemp("sources"))
    project.agent(ECHO)
    for source in SOURCES:
        project.write(source.file.replace("{target}", TARGET).replace("{known}", "eng"), source.content)
    project.write("vfs/letters.json", '{"b": 1, "a": 2, "c": 3}')
    project.write(
        "phase_intelligence/facts/split.py",
        "def expand(item_id, payload):\n"
        "    return [(f'{item_id}{n}', {'of': item_id, 'was': payload}) for n in range(payload['got'] - 1)]\n",
    )
    rows = {"items": "vfs/letters.json", "merge": "array"}
    project.phases(
        *(
            {"id": number, "items": source.file, "output": f"{source.id}.json", **source.phase}
            for number, source in enumerate(SOURCES, 1)
        ),
        {"id": 20, "items": "vfs/letters.json", "output": "letters.json"},
        {"id": 21, "items": {"phase": 20}, "output": "again.json", "batch_size": 2},
        {"id": 22, "items": {"phase": 20, "by": "split.py"}, "output": "split.json", "batch_size": 2},
        {"id": 30, "output": "rows_of_objects.json", **rows},
        {"id": 31, "output": "rows_of_arrays.json", **rows},
        {"id": 32, "items": {"phase": 31}, "output": "from_rows.json"},
        target={"pattern": "[a-z]{3}_for_(?P<known>[a-z]{3})_(?P<n>[0-9]+)(?P<left_out>_never)?"},
    )
    ran = project.run(target=TARGET)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return project


@pytest.mark.parametrize("source", SOURCES, ids=[source.id for source in SOURCES])
def test_an_agent_is_given_each_row_without_its_id_in_order(done: SmallProject, source: Source) -> None:
    result = done.result(f"{source.id}.json", TARGET)
    assert list(result.items()) == [(i, {"got": payload}) for i, payload in source.given.items()]


def test_a_phase_takes_the_merged_items_of_an_earlier_one(done: SmallProject) -> None:
    assert done.result("again.json", TARGET) == {i: {"got": {"got": n}} for i, n in (("b", 1), ("a", 2), ("c", 3))}
    assert list(done.result("again.json", TARGET)) == ["b", "a", "c"]


def test_a_function_of_the_project_makes_zero_or_more_items_of_each(done: SmallProject) -> None:
    result = done.result("split.json", TARGET)
    assert list(result) == ["a0", "c0", "c1"]
    assert result["c1"] == {"got": {"of": "c", "was": {"got": 3}}}
    counted = {phase["id"]: phase for phase in done.job(TARGET)["phases"]}
    assert counted[22]["batches"] == {"total": 2, "done": 2, "running": 0}


def test_an_array_is_merged_of_objects_that_have_an_id(done: SmallProject) -> None:
    assert done.result("rows_of_objects.json", TARGET) == [
        {"id": "b", "got": 1},
        {"id": "a", "got": 2},
        {"id": "c", "got": 3},
    ]


def test_an_array_is_merged_of_arrays_that_begin_with_an_id(done: SmallProject) -> None:
    assert done.result("rows_of_arrays.json", TARGET) == [["b", {"got": 1}], ["a", {"got": 2}], ["c", {"got": 3}]]
    assert done.result("from_rows.json", TARGET)["c"] == {"got": [{"got": 3}]}


def test_items_are_read_from_where_the_settings_are_not_from_where_the_command_is_given(
    project: SmallProject, tmp_path: Path
) -> None:
    below = project.root / "deep" / "below"
    below.mkdir(parents=True)
    assert project.supervisor("run", "facts", "here", cwd=below).returncode == 0
    assert project.supervisor("run", "facts", "there", "--project", project.root, cwd=tmp_path).returncode == 0
    assert (
        project.result(target="here")
        == project.result(target="there")
        == {
            "a": {"square": 1},
            "b": {"square": 4},
            "c": {"square": 9},
        }
    )
