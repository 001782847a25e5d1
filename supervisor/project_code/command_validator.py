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
from supervisor.text.strict_json import JsonRefused, parse_strict


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
        report, _ = parse_strict(done.stdout)
        errors = [
            ValidationError.model_validate({k: v for k, v in error.items() if k in ValidationError.model_fields})
            for error in report["errors"]
        ]
    except (JsonRefused, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ProjectCodeError(
            f"it did not print a report: {error}",
            where=where,
            remedy='Print {"errors": [{"type", "item_id", "message", "suggestion"}]}.',
        ) from error
    return ValidationReport(errors=errors)
