"""What a job is submitted with: checked against the JSON Schema of its pipeline."""

from __future__ import annotations

import json
from typing import Any

from supervisor.errors import InputError, PipelineError
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.pipeline import Pipeline
from supervisor.project.project import Project


class InputViolation(FrozenModel):
    """One thing that is wrong with an input."""

    pointer: str
    """Where, as a JSON Pointer (RFC 6901): `/formData/familySize`."""
    message: str


def input_schema(project: Project, pipeline: Pipeline) -> dict[str, Any]:
    """The JSON Schema of a pipeline's input; PipelineError where it is missing or none."""
    from jsonschema import Draft202012Validator, SchemaError

    assert pipeline.input is not None
    path = project.pipeline_folder(pipeline.name) / pipeline.input
    shown = project.relative(path)
    try:
        schema = json.loads(path.read_text(encoding="utf-8-sig"))
        Draft202012Validator.check_schema(schema)
    except OSError as error:
        raise PipelineError(f"cannot be read: {error.strerror}", where=shown, remedy="Write that file.") from error
    except ValueError as error:
        raise PipelineError(f"not JSON: {error}", where=shown, remedy="Correct the file.") from error
    except SchemaError as error:
        place = "/".join(map(str, error.absolute_path))
        raise PipelineError(
            f"not a JSON Schema: {place}: {error.message}", where=shown, remedy="Correct the file."
        ) from error
    if not isinstance(schema, dict):
        raise PipelineError("not an object", where=shown, remedy="Write a JSON Schema that is an object.")
    return schema


def violations(schema: dict[str, Any], value: Any) -> list[InputViolation]:
    """What is wrong with an input, in the order of its places."""
    from jsonschema import Draft202012Validator

    found = [
        InputViolation(pointer=_pointer([*error.absolute_path, *member]), message=error.message)
        for error in Draft202012Validator(schema).iter_errors(value)
        for member in _members(error)
    ]
    return sorted(found, key=lambda each: each.pointer)


def check_input(project: Project, pipeline: Pipeline, value: Any, where: str) -> None:
    """InputError where an input is not what the pipeline takes."""
    found = violations(input_schema(project, pipeline), value)
    if found:
        first = found[0]
        more = f" (and {len(found) - 1} more)" if found[1:] else ""
        schema = project.relative(project.pipeline_folder(pipeline.name) / str(pipeline.input))
        raise InputError(
            f"{first.pointer or 'the whole'}: {first.message}{more}",
            where=where,
            remedy=f"What it has to be is in {schema}.",
        )


def _members(error: Any) -> list[list[str]]:
    """The members that an error is about, where it is found at the object that lacks them, or has them."""
    if error.validator == "required":
        lacking = [name for name in error.validator_value if name not in error.instance]
        return [[name] for name in lacking if error.message.startswith(repr(name))] or [[]]
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        return [[name] for name in error.instance if name not in error.schema.get("properties", {})] or [[]]
    return [[]]


def _pointer(path: Any) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
