"""The prompt of a batch, with the longest possible beginning shared by all batches of a phase."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import meta, nodes

from supervisor.errors import PipelineError
from supervisor.model.batch import BatchInput
from supervisor.model.bounded_errors import ToldError, feedback
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.pipeline import Phase, Pipeline
from supervisor.model.validation_report import ValidationError
from supervisor.project.project import Project
from supervisor.text.strict_json import in_order, one_a_line

TEMPLATE = "batch.md.j2"
NAMES = (
    "intelligence",
    "phase",
    "pipeline",
    "target",
    "target_parts",
    "batch",
    "items",
    "context",
    "output_file",
    "retry",
    "batch_begins",
)
"""What a template may use; `render` gives them all."""
_OF_PROJECT = "project:"
"""Begins the names of a project's own templates; the others come with this program."""
_BATCH_BEGINS = "\x1ebatch\x1e"
"""Stands where a template writes `batch_begins`, until the prompt is taken apart there."""


class Prompt(FrozenModel):
    """The prompt of one session."""

    text: str
    shared: int
    """How many characters of it, from the first, are the same for all batches of the phase; 0 where the template does
    not say."""


class RetryNotes(FrozenModel):
    """What a retry tells the agent of the attempt before."""

    ids: tuple[str, ...]
    """The items to answer now."""
    kept: int
    """Items of the batch that passed and are kept."""
    errors: tuple[ToldError, ...]
    """What was wrong, bounded: what is said of several items alike is one of them."""
    more: str = ""
    """What of it is not among `errors`, counted; "" where all is."""

    @classmethod
    def of(cls, ids: tuple[str, ...], kept: int, errors: Sequence[ValidationError]) -> RetryNotes:
        """What is told of these errors, however many and long they are."""
        told = feedback(errors)
        return cls(ids=ids, kept=kept, errors=told.errors, more=told.more)


class PromptRenderer:
    """Renders the prompts of one pipeline."""

    def __init__(self, project: Project, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._environment = _environment(project.prompt_folder(pipeline.name))
        folder = project.pipeline_folder(pipeline.name)
        self._intelligence = {
            phase.id: _text(project, folder / phase.intelligence).strip() for phase in pipeline.phases
        }
        self._templates = {phase.id: self._template(project, phase) for phase in pipeline.phases}

    def render(self, batch: BatchInput, total: int | None, output_file: str, retry: RetryNotes | None = None) -> Prompt:
        """The whole prompt; PipelineError where the template asks a value for what it has not."""
        phase = self._pipeline.phase(batch.phase)
        ids = list(batch.items)
        named = {
            "intelligence": self._intelligence[phase.id],
            "phase": phase,
            "pipeline": batch.pipeline,
            "target": batch.target,
            "target_parts": batch.target_parts,
            "batch": {
                "number": batch.batch,
                "total": total,
                "first": ids[0],
                "last": ids[-1],
                "count": len(ids),
            },
            "items": fenced(one_a_line(batch.items)),
            "context": None if batch.context is None else _lines(batch.context),
            "output_file": output_file,
            "retry": retry,
            "batch_begins": _BATCH_BEGINS,
        }
        try:
            shared, mark, rest = self._templates[phase.id].render(named).partition(_BATCH_BEGINS)
            return Prompt(text=shared + rest, shared=len(shared) if mark else 0)
        except Exception as error:  # whatever the template's expressions raise
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
        name = f"{_OF_PROJECT}{own}" if in_project else own
        where = f"prompts/{self._pipeline.name}/{own}"
        try:
            self._check_names(name, where, set())
            return self._environment.get_template(name)
        except jinja2.TemplateSyntaxError as error:
            place = where if error.filename is None else project.relative(Path(error.filename))
            what, where = f"malformed: {error.message}", f"{place}, line {error.lineno}"
            cause: Exception = error
        except jinja2.TemplateNotFound as error:
            what, cause = f"made from {error.name!r}, which is not there", error
        except UnicodeDecodeError as error:
            what, cause = f"not valid UTF-8 (byte {error.start})", error
        raise PipelineError(
            f"the prompt template of phase {phase.id} is {what}", where=where, remedy="Correct the template."
        ) from cause

    def _check_names(self, name: str, where: str, seen: set[str]) -> None:
        """What a template and those that it is made from look up are names that `render` gives them."""
        loader = self._environment.loader
        assert loader is not None
        source, filename, _ = loader.get_source(self._environment, name)
        seen.add(name)
        if not name.startswith(_OF_PROJECT):  # those that come with this program are right
            return
        parsed = self._environment.parse(source, name, filename)
        for unknown in sorted(meta.find_undeclared_variables(parsed) - set(NAMES)):
            near = difflib.get_close_matches(unknown, NAMES, n=1)
            raise PipelineError(
                f"the prompt template uses {unknown!r}, which is not given to it",
                where=where,
                remedy=f"{f'Did you mean {near[0]!r}? ' if near else ''}It may use: {', '.join(NAMES)}.",
            )
        made_from: list[nodes.Extends | nodes.Include] = [
            *parsed.find_all(nodes.Extends),
            *parsed.find_all(nodes.Include),
        ]
        for node in made_from:
            needed = node.template
            optional = isinstance(node, nodes.Include) and node.ignore_missing
            if isinstance(needed, nodes.Const) and needed.value not in seen and not optional:
                self._check_names(needed.value, f"{where}, its {needed.value}", seen)


@functools.cache
def _environment(folder: Path) -> jinja2.Environment:
    """Where templates come from; what it compiled, which takes long, is kept until its file changes."""
    return jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.PrefixLoader({"project": jinja2.FileSystemLoader(folder, encoding="utf-8-sig")}, delimiter=":"),
                jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
            ]
        ),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - prompts are Markdown, not HTML
        keep_trailing_newline=True,
    )


def _text(project: Project, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # a byte order mark is an editor's
    except UnicodeDecodeError as error:
        raise PipelineError(
            f"byte {error.start} is not valid UTF-8", where=project.relative(path), remedy="Write it in UTF-8."
        ) from error


def fenced(text: str) -> str:
    """A Markdown code block that its content cannot close: the fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}json\n{text}\n{fence}"


def _lines(context: Any) -> str:
    """A list as one entry a line, so that a context that grows at its end keeps its beginning; else one line."""
    return "\n".join(in_order(entry) for entry in context) if isinstance(context, list) else in_order(context)
