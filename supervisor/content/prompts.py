"""The prompt of a batch, with the longest possible beginning shared by all batches of a phase."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jinja2

from supervisor.content.project import Project
from supervisor.errors import PipelineError
from supervisor.model.base import Frozen
from supervisor.model.batch import BatchInput
from supervisor.model.pipeline import Phase, Pipeline
from supervisor.model.report import ValidationError
from supervisor.model.strict_json import in_order

TEMPLATE = "batch.md.j2"


class RetryNotes(Frozen):
    """What a retry tells the agent of the attempt before."""

    ids: tuple[str, ...]
    """The items to answer now."""
    kept: int
    """Items of the batch that passed and are kept."""
    errors: tuple[ValidationError, ...]


class PromptMaker:
    """Renders the prompts of one pipeline."""

    def __init__(self, project: Project, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._environment = jinja2.Environment(
            loader=jinja2.ChoiceLoader(
                [
                    jinja2.PrefixLoader(
                        {"project": jinja2.FileSystemLoader(project.prompt_folder(pipeline.name))}, delimiter=":"
                    ),
                    jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
                ]
            ),
            undefined=jinja2.StrictUndefined,
            autoescape=False,  # noqa: S701 - prompts are Markdown, not HTML
            keep_trailing_newline=True,
        )
        folder = project.pipeline_folder(pipeline.name)
        self._intelligence = {
            phase.id: (folder / phase.intelligence).read_text(encoding="utf-8").strip() for phase in pipeline.phases
        }
        self._templates = {phase.id: self._template(project, phase) for phase in pipeline.phases}

    def render(self, batch: BatchInput, total: int | None, output_file: str, retry: RetryNotes | None = None) -> str:
        """The whole prompt; PipelineError where the template uses a name that there is not."""
        phase = self._pipeline.phase(batch.phase)
        ids = list(batch.items)
        try:
            return self._templates[phase.id].render(
                intelligence=self._intelligence[phase.id],
                phase=phase,
                pipeline=batch.pipeline,
                target=batch.target,
                target_parts=batch.target_parts,
                batch={
                    "number": batch.batch,
                    "total": total,
                    "first": ids[0],
                    "last": ids[-1],
                    "count": len(ids),
                },
                items=fenced(json.dumps(batch.items, ensure_ascii=False, indent=2)),
                context=None if batch.context is None else _lines(batch.context),
                output_file=output_file,
                retry=retry,
            )
        except jinja2.TemplateError as error:
            raise PipelineError(
                f"the prompt template of phase {phase.id} cannot be rendered: {error}",
                where=f"prompts/{self._pipeline.name}/{phase.prompt or TEMPLATE}",
                remedy="Correct the template.",
            ) from error

    def template_source(self, phase_id: int) -> str:
        """The text of the phase's template, for telling whether it changed."""
        filename = self._templates[phase_id].filename
        return "" if filename is None else Path(filename).read_text(encoding="utf-8")

    def _template(self, project: Project, phase: Phase) -> jinja2.Template:
        own = phase.prompt or TEMPLATE
        in_project = (project.prompt_folder(self._pipeline.name) / own).is_file()
        try:
            return self._environment.get_template(f"project:{own}" if in_project else own)
        except jinja2.TemplateError as error:
            raise PipelineError(
                f"the prompt template of phase {phase.id} is malformed: {error}",
                where=f"prompts/{self._pipeline.name}/{own}",
                remedy="Correct the template.",
            ) from error


def fenced(text: str) -> str:
    """A Markdown code block that its content cannot close: the fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}json\n{text}\n{fence}"


def _lines(context: Any) -> str:
    """A list as one entry a line, so that a context that grows at its end keeps its beginning; else one line."""
    return "\n".join(in_order(entry) for entry in context) if isinstance(context, list) else in_order(context)
