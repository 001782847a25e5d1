"""The pipeline's own code and documents, loaded as the product loads them, and the planner's answers to a form."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable
from typing import Any

from supervisor.model.batch import BatchInput
from supervisor.model.validation_report import ValidationError
from supervisor.project_code import code_loader
from tests.support.repository_content import REPOSITORY

CONTENT = REPOSITORY / "phase_intelligence" / "mission_report"
PHASES: list[dict[str, Any]] = tomllib.loads((CONTENT / "pipeline.toml").read_text(encoding="utf-8"))["phases"]
INPUT = REPOSITORY / "vfs/missions/inputs/demo.json"
DEMO: dict[str, Any] = json.loads(INPUT.read_text(encoding="utf-8"))["formData"]
SCHEMA: dict[str, Any] = json.loads((CONTENT / "input_schema.json").read_text(encoding="utf-8"))


def _tasks() -> dict[str, Callable[[Any, str], Any]]:
    sys.path.insert(0, str(REPOSITORY / "agents" / "planner"))
    try:
        from answers import TASKS  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    return dict(TASKS)


TASKS = _tasks()


def phase(number: int) -> dict[str, Any]:
    """A phase as the pipeline file has it."""
    return next(each for each in PHASES if each["id"] == number)


def answers(form: dict[str, Any]) -> list[Any]:
    """The form, then the planner's answer of each phase to the one before."""
    made: list[Any] = [form]
    for each in PHASES:
        prompt = (CONTENT / each["intelligence"]).read_text(encoding="utf-8")
        made.append(json.loads(json.dumps(TASKS[each["name"]](made[-1], prompt))))
    return made


def errors(number: int, given: Any, answer: Any) -> list[ValidationError]:
    """What the validator of a phase finds in an answer."""
    batch = BatchInput.model_construct(
        pipeline="mission_report",
        target="demo",
        target_parts={},
        phase=number,
        batch=1,
        items={"formData": given},
        context=None,
        settings=phase(number).get("settings", {}),
    )
    path = REPOSITORY / "validators" / "mission_report" / phase(number)["validator"]
    return list(code_loader.validate(path, batch, {"formData": answer}, {}).errors)
