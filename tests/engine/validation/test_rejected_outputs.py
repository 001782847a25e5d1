"""What an agent can do wrong with its output: each is named, costs its own items only, and ends the run with 1."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from tests.support.facts_project import Ran, SmallProject, plain_words

AGENT = """\
import json, os, signal, sys, time
project, output = sys.argv[1:]
with open(os.environ["SUPERVISOR_INPUT_FILE"]) as file:
    items = json.load(file)["items"]
good = {i: {"ok": i} for i in items}
first, second, third = items
def write(data):
    with open(output, "wb") as file:
        file.write(data if isinstance(data, bytes) else json.dumps(data).encode())
exec(items[first]["do"])
"""
LATE = """\
for number in (signal.SIGHUP, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
left_behind = os.fork()
if left_behind:
    with open(os.path.join(project, "late.pid"), "w") as file:
        file.write(str(left_behind))
    os._exit(0)
os.setsid()
time.sleep(3)
write(good)
"""


class Case(NamedTuple):
    """What an agent does for three items, and what the items that fail by it are told."""

    id: str
    does: str
    type: str
    message: str
    failed: str = "abc"
    """Which of the three."""
    merge: str = "object"
    phase: str = "outputs"


CASES = [
    Case("half_written", "write(json.dumps(good).encode()[:-9])", "not_json", "not JSON at line 1, column "),
    Case("empty", "write(b'')", "not_json", "not JSON at line 1, column 1"),
    Case(
        "fenced_half", "write(b'```json\\n{\"a\": \\n```')", "not_json", "it is cut off, or its brackets do not match"
    ),
    Case("prose", "write(b'All done, see above.')", "not_json", "it says: 'All done, see above.'"),
    Case("two_values", "write(json.dumps(good).encode() * 2)", "not_json", "there is more than one JSON value"),
    Case("doubled_name", 'write(b\'{"x": {"y": 1, "y": 2}}\')', "doubled_name", "the name 'y' stands twice"),
    Case("nan", "write({first: float('nan')})", "not_finite", "NaN is not JSON"),
    Case("infinity", "write({first: float('-inf')})", "not_finite", "-Infinity is not JSON"),
    Case("too_large_a_number", "write(b'{\"x\": 1e999}')", "not_finite", "the number 1e999 is too large"),
    Case("marked_half", "write(b'\\xef\\xbb\\xbf{')", "not_json", "it is cut off"),
    Case("invalid_utf8", "write(b'{\"\\xff\": 1}')", "invalid_utf8", "byte 2 is not valid UTF-8"),
    Case("lone_surrogate", "write({first: chr(0xd800)})", "lone_surrogate", "half of a surrogate pair"),
    Case("too_deep", "write(b'[' * 201 + b']' * 201)", "too_deep", "more than 200 levels deep"),
    Case("much_too_deep", "write(b'[' * 950 + b']' * 950)", "too_deep", "more than 200 levels deep"),
    Case(
        "array_for_object", "write([[i, 1] for i in good])", "wrong_shape", "not an object, id to answer, but an array"
    ),
    Case(
        "object_for_array",
        "write({i: 1 for i in good})",
        "wrong_shape",
        "not an array of entries that name their id",
        "abc",
        "array",
    ),
    Case("missing", "del good[second]; write(good)", "missing_item", "the output has nothing for", "b"),
    Case("wrong_id", "good['B'] = good.pop(second); write(good)", "missing_item", "nothing for wrong_id.b", "b"),
    Case(
        "doubled_id",
        "write(json.dumps(good).encode()[:-1] + b', ' + json.dumps({second: 2}).encode()[1:])",
        "doubled_item",
        "stands twice in the output",
        "b",
    ),
    Case(
        "doubled_row",
        "write([[i] for i in (third, *items)])",
        "doubled_item",
        "doubled_row.c stands twice",
        "c",
        "array",
    ),
    Case("row_without_id", "write([[first], {'ok': 1}, [third]])", "missing_item", "nothing for", "b", "array"),
    Case(
        "symlink",
        "name, output = output, output + '.real'; write(good); os.symlink(output, name)",
        "not_a_file",
        ".json is a symbolic link",
    ),
    Case("pipe", "os.mkfifo(output)", "not_a_file", ".json is not a regular file"),
    Case("folder", "os.mkdir(output)", "not_a_file", ".json is not a regular file"),
    Case("hard_link", "write(good); os.link(output, output + '.2')", "linked_file", "has a second name (hard link)"),
    Case("too_large", "write({**good, first: 'x' * 3000})", "too_large", "more than the 2,000 of `max_output_bytes`"),
    Case("none", "pass", "no_output", "the session ended without the file phase1_batch_"),
    Case("crash", "sys.exit(3)", "crashed", "the session ended with exit status 3 and wrote no output"),
    Case("killed", "os.kill(os.getpid(), signal.SIGKILL)", "crashed", "the session ended with signal 9"),
    Case("after_exit", LATE, "no_output", "the session ended without the file phase1_batch_"),
    Case(
        "hang",
        "time.sleep(60)",
        "timed_out",
        "the session was ended after 1 s without a complete output",
        "abc",
        "object",
        "hang",
    ),
]
PHASES = {("outputs", "object"): {}, ("outputs", "array"): {}, ("hang", "object"): {"timeout": 1}}


def _of(phase: tuple[str, str]) -> list[Case]:
    return [case for case in CASES if (case.phase, case.merge) == phase]


def _is_gone(pid_file: Path) -> bool:
    """Whether the agent's process whose number is in the file has ended."""
    try:
        return "mine.py" not in " ".join(psutil.Process(int(pid_file.read_text())).cmdline())
    except psutil.NoSuchProcess:
        return True


class Done(NamedTuple):
    """A job in which every case is a batch of its own."""

    project: SmallProject
    ran: Ran
    failed: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    project = SmallProject(tmp_path_factory.mktemp("refused"))
    project.settings(max_output_bytes=2000, max_attempts=1)
    project.agent(AGENT)
    phases = []
    for number, (phase, changed) in enumerate(PHASES.items(), 1):
        name = "_".join(phase)
        project.items({f"{case.id}.{i}": {"do": case.does} for case in _of(phase) for i in "abc"}, f"vfs/{name}.json")
        usual = {
            "id": number,
            "items": f"vfs/{name}.json",
            "output": f"{name}.json",
            "merge": phase[1],
            "batch_size": 3,
        }
        phases.append({**usual, **changed})
    project.phases(*phases)
    ran = project.run()
    failed = {item["id"]: item["errors"] for item in project.job()["failed_items"]}
    return Done(project, ran, failed)


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_items_at_fault_are_quarantined_with_type_and_message(done: Done, case: Case) -> None:
    failed = {i: done.failed.get(f"{case.id}.{i}", []) for i in "abc"}
    assert [i for i in "abc" if failed[i]] == list(case.failed)
    for i in case.failed:
        (error,) = failed[i]
        assert error["type"] == case.type
        assert case.message in error["message"]
        assert error["item_id"] in (None, f"{case.id}.{i}")


@pytest.mark.parametrize("phase", PHASES, ids="_".join)
def test_the_others_of_the_batch_are_merged(done: Done, phase: tuple[str, str]) -> None:
    fine = [f"{case.id}.{i}" for case in _of(phase) for i in "abc" if i not in case.failed]
    result = done.project.result(f"{'_'.join(phase)}.json")
    assert fine == (list(result) if isinstance(result, dict) else [row[0] for row in result])


def test_the_run_ends_with_1_and_says_what_failed_why_and_what_to_do(done: Done) -> None:
    assert done.ran.returncode == 1
    end = done.ran.stdout[done.ran.stdout.index("\nfacts/demo: completed_with_gaps: ") :]
    count = sum(len(case.failed) for case in _of(("outputs", "object")))
    assert f"items, {count} failed in vfs/facts/demo/outputs_object.json" in end
    assert "  failed: phase 1 half_written.a: not_json: not JSON at line 1, column " in end
    assert f"… and {len(done.failed) - 20} more: supervisor status facts/demo" in end
    assert end.endswith("try them again: supervisor retry facts/demo\n")


def test_what_a_session_left_behind_is_ended_before_it_can_write(done: Done) -> None:
    assert _is_gone(done.project.root / "late.pid")
    assert list(done.project.root.rglob("late*")) == [done.project.root / "late.pid"]


def test_the_transcripts_of_what_failed_are_kept(done: Done) -> None:
    ran = done.project.supervisor("logs", "facts/demo", "--batch", "1", "--phase", "1")
    assert ran.returncode == 0
    assert "--- phase 1 batch 1 session 1: failed" in ran.stdout


def test_a_few_failures_are_all_named(project: SmallProject) -> None:
    project.agent('import sys\nopen(sys.argv[2], "w").write(\'{"a": 1, "x": 2, "c": 3}\')\n')
    ran = project.run("--max-attempts", "2")
    assert ran.returncode == 1
    assert "attempt 1 of 2: unknown_item: x: 'x' is not an item of this batch (and 1 more)" in ran.stdout
    assert project.result() == {"a": 1, "c": 3}
    said = plain_words(ran.stdout)
    assert "phase 1 facts: 2 items, 1 failed in vfs/facts/demo/facts.json" in said
    assert "failed: phase 1 b: missing_item: the output has nothing for b" in said
    assert said.endswith("try them again: supervisor retry facts/demo")
    status = project.supervisor("status", "facts/demo").stdout
    assert "phase 1 b: missing_item: the output has nothing for b" in status
    assert "try them again: supervisor retry facts/demo" in status
    tried = project.job()
    assert (tried["status"], tried["attempts"], tried["retries"]) == ("completed_with_gaps", 2, 1)


def test_a_file_that_is_mended_while_the_agent_still_runs_passes(project: SmallProject) -> None:
    answer = json.dumps({"a": 1, "b": 2, "c": 3})
    project.agent(f"""\
import os, sys, time
with open(sys.argv[2], "w") as file:
    file.write('{{"a": 1, "b": 2')  # closed, and longer quiet than the quiet period
time.sleep(0.6)
with open(sys.argv[2], "w") as file:
    file.write({answer!r})
""")
    assert project.run("--max-attempts", "1").returncode == 0
    assert project.result() == {"a": 1, "b": 2, "c": 3}


def test_a_session_that_does_not_leave_after_its_output_is_ended(project: SmallProject) -> None:
    project.settings(finish_timeout=0.2)
    project.agent("""\
import json, os, sys, time
with open(os.path.join(sys.argv[1], "stays.pid"), "w") as file:
    file.write(str(os.getpid()))
with open(sys.argv[2], "w") as file:
    file.write('{"a": 1, "b": 2, "c": 3}')
time.sleep(60)
""")
    assert project.run("--max-attempts", "1", "--timeout", "50").returncode == 0
    assert project.result() == {"a": 1, "b": 2, "c": 3}
    assert _is_gone(project.root / "stays.pid")
