"""Validators in any language: the input file's object with `output` on standard input, the report as JSON on output."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from supervisor.errors import ProjectCodeError
from supervisor.failpoints import reached
from supervisor.model.batch import BatchInput
from supervisor.model.validation_report import ValidationError, ValidationReport
from supervisor.text.plain_text import plain_line
from supervisor.text.strict_json import in_order, parse_strict


def validate(command: list[str], folder: Path, batch: BatchInput, output: Any) -> ValidationReport:
    """Run the command in `folder`, in this process's group, so that it ends with it.

    ProjectCodeError where it gives no report.
    """
    where = " ".join(command)
    question = json.dumps({**batch.file_content(), "output": output}, ensure_ascii=False).encode()
    reached("command.before_start")
    try:
        done = subprocess.run(command, cwd=folder, input=question, capture_output=True, check=False)
    except OSError as error:
        raise ProjectCodeError(
            f"the validator cannot be started: {error.strerror}", where=where, remedy="Correct `validator`."
        ) from error
    reached("command.ended")
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ProjectCodeError(
            f"it ended with status {done.returncode}" + (f": {said[-1]}" if said else ""), where=where
        )
    try:
        return read_report(done.stdout)
    except ValueError as error:
        raise ProjectCodeError(
            f"it did not print a report: {error}",
            where=where,
            remedy='Print {"errors": [{"type", "item_id", "message", "suggestion"}]}.',
        ) from error


def read_report(printed: bytes) -> ValidationReport:
    """The report that a command printed; ValueError says what it is instead: nothing else may pass for "no errors"."""
    if not printed.strip():
        raise ValueError("it printed nothing on standard output")
    report, doubled = parse_strict(printed)
    if not isinstance(report, dict):
        raise ValueError(f"it printed {_shown(report)}, not an object")
    if doubled:
        raise ValueError(f"the name {doubled[0]!r} stands twice in it")
    if "errors" not in report:
        raise ValueError(f"the object has no `errors`: {_shown(report)}")
    if not isinstance(report["errors"], list):
        raise ValueError(f"`errors` is {_shown(report['errors'])}, not an array")
    errors = [_error(entry, number) for number, entry in enumerate(report["errors"], 1)]
    if not errors and report.get("valid", True) is not True:
        raise ValueError(f"`valid` is {_shown(report['valid'])} and `errors` is empty")
    return ValidationReport(errors=errors)


def _error(entry: Any, number: int) -> ValidationError:
    if not isinstance(entry, dict):
        raise ValueError(f"error {number} is {_shown(entry)}, not an object")
    fields = {name: entry[name] for name in ("type", "item_id", "message", "suggestion") if name in entry}
    if isinstance(fields.get("item_id"), int) and not isinstance(fields["item_id"], bool):
        fields["item_id"] = str(fields["item_id"])  # as ids of items are read
    if fields.get("suggestion", "") is None:
        del fields["suggestion"]
    for name, value in fields.items():
        if not isinstance(value, str) and not (name == "item_id" and value is None):
            raise ValueError(f"`{name}` of error {number} is {_shown(value)}, not text")
    for name in ("type", "message"):
        if name not in fields:
            raise ValueError(f"error {number} has no `{name}`: {_shown(entry)}")
    return ValidationError(**fields)


def _shown(value: Any) -> str:
    return plain_line(in_order(value), 80)
