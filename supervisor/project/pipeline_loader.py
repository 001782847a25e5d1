"""Finding and reading a pipeline file, and the names of targets it takes."""

from __future__ import annotations

import difflib
import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

from supervisor.errors import PipelineError, TargetError
from supervisor.model.pipeline import Phase, Pipeline, Upstream
from supervisor.model.target import PART, Target
from supervisor.project.job_input import input_schema
from supervisor.project.project import Project
from supervisor.project.toml_file import TomlFile

PIPELINE_FILE = "pipeline.toml"
_TARGET = re.compile(r"[a-z0-9_]{1,64}")


def load_pipeline(project: Project, name: str) -> Pipeline:
    """The pipeline of this name, with every file that it names seen to be there; PipelineError says what is wrong."""
    folder = project.pipeline_folder(name)
    path = folder / PIPELINE_FILE
    if not re.fullmatch(r"[a-z0-9_]{1,64}", name) or not path.is_file():
        raise PipelineError(
            f"there is no pipeline {name!r}: {project.relative(path)} is missing",
            where=str(project.root),
            remedy=_known_pipelines(project, name),
        )
    pipeline = TomlFile(path, PipelineError).read(Pipeline)
    if pipeline.name != name:
        raise PipelineError(
            f"it is named {pipeline.name!r}, but its folder is {name!r}", where=str(path), remedy="Make them equal."
        )
    if pipeline.input is not None:
        input_schema(project, pipeline)
    for phase in pipeline.phases:
        _check_parts(pipeline, phase, path)
        _check_files(project, pipeline, phase, path)
        if isinstance(phase.validator, tuple):
            _check_command(project, pipeline, phase, phase.validator, path)
    return pipeline


def agent_of(project: Project, name: str) -> str | None:
    """The agent that a pipeline names; None where it names none, or cannot be loaded, which is said when it is."""
    try:
        return load_pipeline(project, name).agent
    except (PipelineError, OSError):
        return None


def read_target(pipeline: Pipeline, name: str) -> Target:
    """The target of this name; TargetError where it could not be a folder's name or the pipeline does not take it."""
    if not _TARGET.fullmatch(name):
        raise TargetError(
            f"{name!r} cannot be a target: it has to be 1 to 64 of the characters a-z, 0-9 and _",
            where=f"target of {pipeline.name}",
            remedy=_target_remedy(pipeline),
        )
    if pipeline.target is None:
        return Target(name=name, parts={})
    match = re.fullmatch(pipeline.target.pattern, name)
    if match is None:
        raise TargetError(
            f"{name!r} is not a target that this pipeline takes",
            where=f"target of {pipeline.name}",
            remedy=_target_remedy(pipeline),
        )
    return Target(name=name, parts={part: value or "" for part, value in match.groupdict().items()})


def _target_remedy(pipeline: Pipeline) -> str:
    if pipeline.target is None:
        return "Choose another name."
    return f"Use {pipeline.target.description or pipeline.target.pattern}."


def _known_pipelines(project: Project, name: str) -> str:
    known = sorted(path.parent.name for path in project.root.glob(f"phase_intelligence/*/{PIPELINE_FILE}"))
    if not known:
        return f"Make phase_intelligence/{name}/{PIPELINE_FILE}."
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"This project has: {', '.join(known)}."


def _check_parts(pipeline: Pipeline, phase: Phase, path: Path) -> None:
    """What stands in braces is a part of the target's name."""
    known = ["target", *(re.compile(pipeline.target.pattern).groupindex if pipeline.target else ())]
    for key, text in (("items", phase.items_file), ("limit", phase.limit)):
        for name in PART.findall(text or ""):
            if name not in known:
                raise PipelineError(
                    f"phase {phase.id}: {key} {text!r} holds {{{name}}}, which is no part of a target's name",
                    where=str(path),
                    remedy=f"Use one of: {', '.join(f'{{{part}}}' for part in known)}.",
                )


def _check_files(project: Project, pipeline: Pipeline, phase: Phase, path: Path) -> None:
    folder = project.pipeline_folder(pipeline.name)
    needed: list[tuple[str, Path]] = [("intelligence", folder / phase.intelligence)]
    if isinstance(phase.items, Upstream) and phase.items.by is not None:
        needed.append(("items.by", folder / phase.items.by))
    if phase.context is not None:
        needed.append(("context", folder / phase.context))
    if phase.prompt is not None:
        needed.append(("prompt", project.prompt_folder(pipeline.name) / phase.prompt))
    if isinstance(phase.validator, str):
        if Path(phase.validator).name != phase.validator or not phase.validator.endswith(".py"):
            raise PipelineError(
                f"phase {phase.id}: validator {phase.validator!r} is not the name of a Python file",
                where=str(path),
                remedy=f"Name a file in validators/{pipeline.name}/, or write a command as a list of its words:"
                f" validator = {json.dumps(_words(phase.validator), ensure_ascii=False)}.",
            )
        needed.append(("validator", project.validator_folder(pipeline.name) / phase.validator))
    for key, file in needed:
        if not file.is_file():
            raise PipelineError(
                f"phase {phase.id}: {key} names {project.relative(file)}, which is not there",
                where=str(path),
                remedy="Write that file, or correct the name.",
            )
    if phase.items_file is not None and not _inside(project, phase.items_file):
        raise PipelineError(
            f"phase {phase.id}: items {phase.items_file!r} leads out of the project",
            where=str(path),
            remedy="Name a file inside the project directory.",
        )


def _check_command(project: Project, pipeline: Pipeline, phase: Phase, command: tuple[str, ...], path: Path) -> None:
    """A validator that is a command can be started where it will be: in the pipeline's folder of validators."""
    if not command:
        raise PipelineError(
            f"phase {phase.id}: validator is an empty command",
            where=str(path),
            remedy="Write its words, or leave it out.",
        )
    folder = project.validator_folder(pipeline.name)
    if not folder.is_dir():
        raise PipelineError(
            f"phase {phase.id}: the validator is run in {project.relative(folder)}, which is not there",
            where=str(path),
            remedy="Make that folder.",
        )
    program = str(folder / command[0]) if "/" in command[0] else command[0]
    if shutil.which(program) is None:
        raise PipelineError(
            f"phase {phase.id}: the validator's program {command[0]!r} is not there or cannot be executed",
            where=str(path),
            remedy="Install it, or correct the command.",
        )


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return [command]


def _inside(project: Project, name: str) -> bool:
    parts: Any = Path(name).parts
    return not Path(name).is_absolute() and ".." not in parts
