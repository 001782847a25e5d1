"""Outputs with harmless deviations are mended, judged like any other, and counted; what is ambiguous is named."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from supervisor.engine.validation.session_output import OutputQuestion, session_output
from supervisor.model.agent_report import AgentReport
from supervisor.model.batch import BatchInput
from supervisor.model.session import OutputRejection, SessionResult
from supervisor.workspaces.workspace_provider import Workspace
from tests.support.facts_project import Ran, SmallProject

AGENT = """\
import json, os, sys
project, output = sys.argv[1:]
with open(os.environ["SUPERVISOR_INPUT_FILE"]) as file:
    items = json.load(file)["items"]
good = {i: {"ok": i} for i in items}
rows = [{"id": i, **answer} for i, answer in good.items()]
first, second, third = items
text = json.dumps(good)
def write(data, name=output):
    with open(name, "wb") as file:
        file.write(data if isinstance(data, bytes) else (data if isinstance(data, str) else json.dumps(data)).encode())
exec(items[first]["do"])
"""
VALIDATOR = """\
from supervisor import ValidationError, ValidationReport


def validate(batch, output, merged):
    return ValidationReport(errors=[ValidationError(type="wrong", item_id=i, message=f"it is {output[i]}")
                                    for i in batch.items if i in output and output[i] != {"ok": i}])
"""


class Case(NamedTuple):
    """What an agent does for three items, and what is said of it."""

    id: str
    does: str
    said: str


MENDED = [
    Case("mark", "write(b'\\xef\\xbb\\xbf' + text.encode())", "a byte order mark was left out"),
    Case("utf16", "write(text.encode('utf-16'))", "UTF-16 was read as UTF-8"),
    Case("fence", "write('```json\\n' + text + '\\n```\\n')", "a Markdown fence was left out"),
    Case(
        "prose", "write('Here it is:\\n' + text + '\\nDone.')", "text around the JSON was left out: 'Here it is: Done.'"
    ),
    Case("comma", "write(text[:-1] + ',}')", "a trailing comma was left out"),
    Case("space", "good[' ' + second] = good.pop(second); write(good)", "differ in white space around them"),
    Case("rows", "write(rows)", "an array of entries with ids was read as an object"),
    Case("wrapped", "write({'results': rows})", "the output was taken out of the member 'results' around it"),
    Case("other", "write(text, 'output.json')", "it was written as output.json and not as phase1_batch_"),
    Case("empty", "write(''); write(text, 'output.json')", "it was written as output.json and not as phase1_batch_"),
    Case("backup", "write(text, 'a.json'); write(text + ' ', 'b.json')", "it was written as a.json"),
    Case("fenced_other", "write('```\\n' + text + '\\n```', 'out.json')", "a Markdown fence was left out"),
    Case("printed", "print('All done:'); print(json.dumps(good, indent=1))", "it was printed on its terminal"),
    Case("crashed", "write(text, 'output.json'); sys.exit(3)", "it was written as output.json"),
]
NOT_MENDED = [
    Case(
        "two", "write(text, 'a.json'); write(good | {first: 1}, 'b.json')", "there are a.json and b.json, which differ"
    ),
    Case("half", "write(text[:-9], 'output.json')", "there is output.json, where not_json: "),
    Case("part", "write({first: good[first]}, 'output.json')", "there is output.json, where missing_item: for 2 items"),
    Case("given", "write(items, 'items.json'); print('done')", "it said last: done"),
    Case("link", "write(text, '../real'); os.symlink('../real', 'output.json')", "without the file phase1_batch_"),
    Case("printed_half", "print(json.dumps(good, indent=1)[2:])", "without the file phase1_batch_"),
    Case("printed_before", "print(text); print('no, that is wrong')", "without the file phase1_batch_"),
    Case("cut", "write(text[:-9]); write(text, 'output.json')", "not_json"),
    Case("wrong", "write('```\\n' + json.dumps(good | {first: 1, second: 2, third: 3}) + '\\n```')", "it is "),
]


class Done(NamedTuple):
    """A job in which every case is a batch of its own."""

    project: SmallProject
    ran: Ran
    job: dict[str, Any]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    project = SmallProject(tmp_path_factory.mktemp("mended"))
    project.settings(max_attempts=1)
    project.agent(AGENT)
    cases = [*MENDED, *NOT_MENDED]
    project.items({f"{case.id}.{i}": {"do": case.does} for case in cases for i in "abc"})
    project.phases({"batch_size": 3, "validator": "check.py"})
    project.write("validators/facts/check.py", VALIDATOR)
    ran = project.run()
    return Done(project, ran, project.job())


def attempts(project: SmallProject) -> dict[str, tuple[str, list[str] | None]]:
    """Case to outcome and what was mended, as the store has it."""
    (store,) = project.root.rglob("store.sqlite")
    database = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    rows = database.execute("SELECT json_extract(item_ids, '$[0]'), outcome, mended FROM attempts").fetchall()
    database.close()
    return {item.partition(".")[0]: (outcome, mended and json.loads(mended)) for item, outcome, mended in rows}


@pytest.mark.parametrize("case", MENDED, ids=[case.id for case in MENDED])
def test_a_harmless_deviation_is_mended_noted_and_not_paid_for_again(done: Done, case: Case) -> None:
    result = done.project.result()
    assert {f"{case.id}.{i}": result.get(f"{case.id}.{i}") for i in "abc"} == {
        f"{case.id}.{i}": {"ok": f"{case.id}.{i}"} for i in "abc"
    }
    outcome, mended = attempts(done.project)[case.id]
    assert outcome == "passed"
    assert mended is not None and any(case.said in line for line in mended)
    number = MENDED.index(case) + 1
    (line,) = [line for line in done.ran.stdout.splitlines() if "mended: " in line and f" batch {number}/" in line]
    assert case.said in line


@pytest.mark.parametrize("case", NOT_MENDED, ids=[case.id for case in NOT_MENDED])
def test_what_is_no_whole_answer_or_could_be_another_is_not_taken_but_named(done: Done, case: Case) -> None:
    assert not [item for item in done.project.result() if item.startswith(f"{case.id}.")]
    failed = {item["id"]: item["errors"] for item in done.job["failed_items"]}
    for i in "abc":
        (error,) = failed[f"{case.id}.{i}"]
        assert case.said in f"{error['type']}: {error['message']}"
        assert ("write the answer as phase1_batch_" in error["message"]) is (case.id in ("two", "half", "part"))


def test_how_many_were_mended_is_the_same_everywhere(done: Done) -> None:
    count = len(MENDED) + 1  # the answers of one of the others were mended and are wrong
    assert done.job["mended_outputs"] == count
    assert f"{count} outputs mended" in done.project.supervisor("status", "facts/demo").stdout
    assert f"{count} outputs mended" in done.ran.stdout
    assert len([1 for _, mended in attempts(done.project).values() if mended]) == count
    page = done.project.root / "report.html"
    assert done.project.supervisor("report", "facts/demo", "--output", str(page)).returncode == 0
    assert f"{count} outputs mended" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", MENDED[:8], ids=[case.id for case in MENDED[:8]])
def test_validate_says_the_same_of_the_file(done: Done, case: Case) -> None:
    number = MENDED.index(case) + 1
    (file,) = done.project.root.rglob(f"*-batch{number}-*/workspace/phase1_batch_{number}.json")
    ran = done.project.supervisor("validate", "facts", "1", file)
    assert ran.returncode == 0
    assert case.said in ran.stdout and ran.stdout.startswith("mended: ")
    assert ran.stdout.endswith("valid: 3 of 3 items pass\n")
    shown = json.loads(done.project.supervisor("validate", "facts", "1", file, "--json").stdout)
    assert (shown["valid"], shown["failed"]) == (True, [])
    assert any(case.said in line for line in shown["mended"])


def question(merge: str = "object") -> OutputQuestion:
    items = {"a": {"n": 1}, "b": {"n": 2}}
    return OutputQuestion(
        merge=merge,
        asked=BatchInput(pipeline="p", target="t", phase=1, batch=1, items=items),
        batch_ids=("a", "b", "c"),
        output_name="phase1_batch_1.json",
        max_output_bytes=1000,
        max_transcript_bytes=1000,
    )


def no_output(message: str, ending: Any = "exited") -> SessionResult:
    refusal = OutputRejection(kind="no_output", message="the session ended without the file phase1_batch_1.json")
    return SessionResult(ending=ending, refusal=refusal, heard=AgentReport(last_message=message))


@pytest.mark.parametrize(
    ("message", "values"),
    [
        ('Here is the answer:\n```json\n{"a": 1, "b": 2}\n```\nI could not write the file.', {"a": 1, "b": 2}),
        ('{"a": 1, "b": 2}', {"a": 1, "b": 2}),
        ('{"a": 1, "b": ', {}),
        ('{"a": 1}', {}),
        ('I was given {"a": {"n": 1}, "b": {"n": 2}}', {}),
        ("done", {}),
    ],
)
def test_an_answer_in_the_final_message_is_taken_where_it_is_whole(
    tmp_path: Path, message: str, values: dict[str, Any]
) -> None:
    found = asyncio.run(
        session_output(no_output(message), question(), Workspace(tmp_path, "gone"), takes_unfinished=False)
    )
    assert found.values == values
    if values:
        assert found.mended[0] == "it was in its last message and not written as phase1_batch_1.json"
    else:
        assert (found.mended, found.is_absent) == ((), True)


@pytest.mark.parametrize("ending", ["timed_out", "stalled"])
def test_a_session_that_was_ended_left_drafts_and_no_answers(tmp_path: Path, ending: str) -> None:
    result = no_output('{"a": 1, "b": 2}', ending)
    found = asyncio.run(session_output(result, question(), Workspace(tmp_path, "gone"), takes_unfinished=False))
    assert found.is_absent and not found.values
