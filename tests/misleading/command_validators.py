"""Validators that are commands, and print, or end with, something else than a report."""

from __future__ import annotations

from tests.misleading.case import NULLS, Case, Exactly, Told

READS = "cat > /dev/null\n"
NO_REPORT = "validator_failed"


def prints(text: str) -> str:
    return f"{READS}cat <<'END'\n{text}\nEND\n"


CASES = [
    Case(f"a command that {what}", Told(1, [NO_REPORT, word]), NULLS, command=command)
    for what, command, word in (
        ("prints nothing", READS, "it printed nothing"),
        ("prints a line break", READS + "echo\n", "it printed nothing"),
        ("prints that all is well", prints("ok"), "not JSON"),
        ("prints null", prints("null"), "null, not an object"),
        ("prints an empty list", prints("[]"), "[], not an object"),
        ("prints true", prints("true"), "true, not an object"),
        ("prints a list of errors", prints('[{"type": "t", "message": "m"}]'), "not an object"),
        ("prints an empty object", prints("{}"), "no `errors`"),
        ("prints that it is valid", prints('{"valid": true}'), "no `errors`"),
        ("prints that it is not valid, without errors", prints('{"valid": false, "errors": []}'), "`valid` is false"),
        ("prints its errors under another word", prints('{"error": [{"type": "t", "message": "m"}]}'), "no `errors`"),
        ("prints its errors as text", prints('{"errors": "i01 is null"}'), "not an array"),
        ("prints how many errors there are", prints('{"errors": 2}'), "not an array"),
        ("prints its errors as an object", prints('{"errors": {"i01": "is null"}}'), "not an array"),
        ("prints errors that are null", prints('{"errors": null}'), "not an array"),
        ("prints errors that are texts", prints('{"errors": ["i01 is null"]}'), "not an object"),
        ("prints errors without a message", prints('{"errors": [{"type": "t", "item_id": "i01"}]}'), "no `message`"),
        ("prints errors twice", prints('{"errors": [{"type": "t", "message": "m"}], "errors": []}'), "stands twice"),
        ("prints two reports", prints('{"errors": []}\n{"errors": [{"type": "t", "message": "m"}]}'), "not JSON"),
        ("prints something before its report", prints('looking\n{"errors": []}'), "not JSON"),
        ("prints something after its report", prints('{"errors": []}\nwarning: not all was looked at'), "not JSON"),
        ("prints half a report", prints('{"errors": ['), "not JSON"),
        ("prints its report to the wrong side", READS + "echo '{\"errors\": []}' >&2\n", "it printed nothing"),
        ("prints no errors and fails", prints('{"errors": []}') + "exit 1\n", "status 1"),
        ("fails without a word", READS + "exit 3\n", "status 3"),
        ("fails with a word", READS + "echo 'no such table' >&2\nexit 1\n", "no such table"),
        ("is killed after no errors", prints('{"errors": []}') + "kill -9 $$\n", "status -9"),
        ("calls what is not there", READS + "no-such-checker\n", "127"),
    )
]
CASES += [
    Case(
        "a command that is not there",
        Told(2, ["the validator's program 'no-such-checker' is not there"]),
        NULLS,
        phase={"validator": ["no-such-checker"]},
        files={"validators/small/notes.md": ""},
    ),
    Case(
        "a command that hangs after no errors",
        Told(1, [NO_REPORT, "1 s"]),
        NULLS,
        command="cat\n" + prints('{"errors": []}') + "exec sleep 600\n",
        phase={"validator_timeout": 1},
    ),
    Case(
        "a command that names an item in the wrong case",
        Told(1, ["'I01'", "it is null"]),
        NULLS,
        command=prints('{"errors": [{"type": "t", "item_id": "I01", "message": "it is null"}]}'),
    ),
    Case(
        "a command that names no item",
        Told(1, ["it is null"]),
        NULLS,
        command=prints('{"errors": [{"type": "t", "message": "it is null"}]}'),
    ),
    Case(
        "a command that names an item by a number",
        Told(1, ["it is null"], main={"1": {"said": {"n": 1}}}),
        "write({**answers(), '2': None})\n",
        items={"1": {"n": 1}, "2": {"n": 2}},
        command=prints('{"errors": [{"type": "t", "item_id": 2, "message": "it is null"}]}'),
    ),
    Case(
        "a command that reads nothing of a large batch",
        Exactly(),
        items={"i": {"n": "x" * 300_000}},
        command="echo '{\"errors\": []}'\n",
    ),
    Case(
        "a command that writes much to the other side", Exactly(), command="seq 200000 >&2\n" + prints('{"errors": []}')
    ),
]
