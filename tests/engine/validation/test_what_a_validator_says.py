"""What a validator says counts: an error that names no item of the batch fails all of it, and is shown as written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.facts_project import SmallProject
from tests.support.scripted_project import Small, numbered, said

OTHER_NAMES = """\
from supervisor import ValidationError, ValidationReport


def validate(batch, output, merged):
    return ValidationReport(errors=[ValidationError(type="x", item_id={name}, message="m") for i in batch.items])
"""
FROM_THE_SECOND = """
def validate(batch, output, merged):
    wrong = [i for i in batch.items if output[i] == "?"]
    return ValidationReport(errors=[ValidationError(type="x", item_id=f"item {i}", message="m") for i in wrong])
"""


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ('f"{i}.square"', "'b.square'"),
        ('f"item {i}"', "'item b'"),
        ('""', "''"),
        ("i.upper()", "'B'"),
        ('f"{i} "', "'b '"),
    ],
)
def test_an_error_under_another_name_fails_the_whole_batch(project: SmallProject, name: str, written: str) -> None:
    project.phases({"validator": "check.py", "max_attempts": 1})
    project.write("validators/facts/check.py", OTHER_NAMES.format(name=name))
    ran = project.run()
    assert ran.returncode == 1
    assert project.result() == {}
    failed = project.job()["failed_items"]
    assert [item["id"] for item in failed] == ["a", "b", "c"]
    for item in failed:
        assert f"for {written}, which is no item of this batch: m" in {each["message"] for each in item["errors"]}
        assert {each["item_id"] for each in item["errors"]} == {None}
    assert "3 items quarantined" in ran.stdout
    assert "which is no item of this batch: m" in ran.stdout


def test_it_is_told_to_the_next_session_with_the_name_as_written(small: Small) -> None:
    agent = 'write({i: "?" if session == 1 and i == "i02" else {"said": p} for i, p in items.items()})\n'
    small.lay_out(
        numbered(3),
        agent=agent,
        phases=[{"validator": "check.py", "batch_size": 3}],
        validators={"check.py": FROM_THE_SECOND},
    ).run()
    first, second = small.sessions()
    assert list(second.asked) == list(first.asked)
    retry = second.prompt.partition("# RETRY")[2]
    assert "item: the whole batch\n  message: for 'item i02', which is no item of this batch: m" in retry
    assert small.main() == said(numbered(3))


def test_a_stranger_in_an_output_is_left_out_and_the_rest_is_judged(project: SmallProject) -> None:
    project.agent('import sys\nopen(sys.argv[2], "w").write(\'{"a": 1, "b": 2, "c": 3, "x": 4}\')\n')
    project.phases({"validator": "check.py", "max_attempts": 1})
    project.write(
        "validators/facts/check.py",
        "from supervisor import ValidationReport\n\n\ndef validate(batch, output, merged):\n"
        "    assert list(output) == ['a', 'b', 'c']\n    return ValidationReport()\n",
    )
    ran = project.run()
    assert ran.returncode == 0
    assert project.result() == {"a": 1, "b": 2, "c": 3}
    assert "answers for 1 ids that are not of this batch were left out: x" in ran.stdout


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo '[\"a is wrong\"]'", 'it printed ["a is wrong"], not an object'),
        ("echo '\"all fine\"'", 'it printed "all fine", not an object'),
        ('echo \'{"errors": "a is wrong"}\'', '`errors` is "a is wrong", not an array'),
        ('echo \'{"errors": ""}\'', '`errors` is "", not an array'),
        ("echo '{\"errors\": {}}'", "`errors` is {}, not an array"),
        ("echo '{\"errors\": null}'", "`errors` is null, not an array"),
        ('echo \'{"errors": ["a is wrong"]}\'', 'error 1 is "a is wrong", not an object'),
        ('echo \'{"errors": [{"type": "t"}]}\'', "error 1 has no `message`"),
        ('echo \'{"errors": [{"type": "t", "message": 3}]}\'', "`message` of error 1 is 3, not text"),
        ('echo \'{"errors": [], "valid": false}\'', "`valid` is false and `errors` is empty"),
        ('echo \'{"errors": [], "errors": [{"type": "t", "message": "m"}]}\'', "the name 'errors' stands twice in it"),
        ("echo '{\"valid\": false}'", "the object has no `errors`"),
        ("true", "it printed nothing on standard output"),
        ("echo fine", "not JSON at line 1"),
        ("echo 'a is wrong' >&2; exit 1", "it ended with status 1: a is wrong"),
        ("echo '{\"errors\": []}'; exit 1", "it ended with status 1"),
    ],
)
def test_a_report_that_is_none_is_never_taken_for_no_errors(project: SmallProject, script: str, why: str) -> None:
    project.phases({"validator": ["sh", "check.sh"], "max_attempts": 1})
    project.write("validators/facts/check.sh", f"cat > /dev/null\n{script}\n")
    assert project.run().returncode == 1
    assert project.result() == {}
    (error,) = project.job()["failed_items"][0]["errors"]
    assert error["type"] == "validator_failed"
    assert why in error["message"]


def test_a_command_may_name_an_item_by_a_number(project: SmallProject) -> None:
    project.items({"1": {"n": 1}, "2": {"n": 2}})
    project.phases({"validator": ["sh", "check.sh"], "max_attempts": 1})
    report = json.dumps({"errors": [{"type": "t", "item_id": 2, "message": "m", "suggestion": None}]})
    project.write("validators/facts/check.sh", f"cat > /dev/null\necho '{report}'\n")
    assert project.run().returncode == 1
    assert project.result() == {"1": {"square": 1}}


def stored_bytes(project: SmallProject) -> int:
    return sum(path.stat().st_size for path in project.root.rglob("*.sqlite*"))


def retry_of(project: SmallProject) -> str:
    (prompt,) = project.root.rglob("*-session2/workspace/prompt.md")
    return prompt.read_text(encoding="utf-8").partition("# RETRY")[2]


def test_very_long_messages_are_cut_in_prompt_and_store_and_whole_in_the_session_s_folder(
    project: SmallProject,
) -> None:
    project.items({f"n{n:02}": {"n": n} for n in range(20)})
    project.phases({"validator": "check.py", "max_attempts": 2, "batch_size": 20})
    project.write(
        "validators/facts/check.py",
        OTHER_NAMES.format(name="i").replace('message="m"', "message=f'{i} ' + i * 100_000"),
    )
    ran = project.run()
    assert ran.returncode == 1
    assert len(retry_of(project)) < 60_000
    assert "n00 n00n00" in retry_of(project)
    assert stored_bytes(project) < 2_000_000
    assert len(ran.stdout) < 30_000
    (whole,) = project.root.rglob("*-session1/errors.json")
    errors: list[dict[str, Any]] = json.loads(whole.read_text(encoding="utf-8"))["errors"]
    assert [(each["item_id"], len(each["message"])) for each in errors] == [(f"n{n:02}", 300_004) for n in range(20)]
    assert len(project.supervisor("status", "facts/demo").stdout) < 30_000
    assert len(project.supervisor("logs", "facts/demo", "--json").stdout) < 120_000


def test_a_flood_of_foreign_ids_is_counted_and_not_told_one_by_one(project: SmallProject) -> None:
    project.agent(
        'import json, sys\njson.dump({"a": 1, **{f"foreign {n}": 0 for n in range(200_000)}}, open(sys.argv[2], "w"))\n'
    )
    project.phases({"max_attempts": 2})
    ran = project.run()
    assert ran.returncode == 1
    assert project.result() == {"a": 1}
    retry = retry_of(project)
    assert len(retry) < 5000
    assert "for 200,000 items: foreign 0, foreign 1" in retry
    assert "for 2 items: b, c" in retry
    assert "answers for 200,000 ids that are not of this batch were left out: foreign 0" in ran.stdout
    assert stored_bytes(project) < 1_500_000
    found = project.supervisor("report", "facts/demo", "--output", str(project.root / "report.html"))
    assert found.returncode == 0, found.stderr
    assert "400,000" in (project.root / "report.html").read_text(encoding="utf-8")


def test_few_short_errors_leave_no_file_of_their_own(project: SmallProject) -> None:
    project.agent('import sys\nopen(sys.argv[2], "w").write(\'{"a": 1}\')\n')
    assert project.run("--max-attempts", "1").returncode == 1
    assert not list(project.root.rglob("errors.json"))


def test_half_a_character_in_a_message_is_shown_as_what_it_is(small: Small) -> None:
    """A validator that takes texts apart may leave one; it is no fault of the validator's process."""
    says = "ValidationError(type='cut', item_id=i, message='bad \\ud83d', suggestion='whole')"
    body = f"def validate(batch, output, merged):\n    return ValidationReport(errors=[{says} for i in batch.items])\n"
    phase = {"validator": "check.py", "max_attempts": 1}
    small.lay_out(numbered(2), phases=[phase], validators={"check.py": body}).run(status=1)
    (error, *_) = small.status()["failed_items"][0]["errors"]
    assert (error["type"], error["message"]) == ("cut", "bad ?")
