"""The prompt of a batch: what all batches share comes first, what is particular last, and templates are checked."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor import BatchInput, ValidationError
from supervisor.errors import PipelineError
from supervisor.project.pipeline_loader import load_pipeline
from supervisor.project.project import find_project
from supervisor.project.prompt_renderer import PromptRenderer, RetryNotes, fenced
from tests.support.facts_project import SmallProject
from tests.support.json_strategies import IDS, VALUES

TEMPLATE = "prompts/facts/batch.md.j2"


def maker(project: SmallProject) -> PromptRenderer:
    found = find_project(project.root)
    return PromptRenderer(found, load_pipeline(found, "facts"))


def batch(number: int, items: dict[str, Any], **more: Any) -> BatchInput:
    return BatchInput(pipeline="facts", target="demo", phase=1, batch=number, items=items, **more)


def refusal(project: SmallProject) -> str:
    with pytest.raises(PipelineError) as refused:
        maker(project)
    return str(refused.value)


def test_batches_of_a_phase_share_everything_but_what_is_particular(project: SmallProject) -> None:
    prompts = maker(project)
    first = prompts.render(batch(1, {"a": {"n": 1}}), 2, "phase1_batch_1.json")
    one = first.text
    two = prompts.render(batch(2, {"b": {"n": 2}}), 2, "phase1_batch_2.json").text
    shared = "".join(a for a, b in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False)))
    assert shared.startswith("Square the numbers.")
    assert shared.endswith("- Phase: 1 facts\n- Batch: ")
    assert shared.startswith(one[: first.shared])
    assert one[: first.shared].endswith("is not one.\n")
    assert one[first.shared :].lstrip().startswith("# This batch")
    particular = one.removeprefix(shared)
    assert particular.startswith("1 of 2\n- Items: a to a (1)\n")
    (items,) = re.findall(r"\n```json\n(.*?)\n```\n", particular, re.DOTALL)
    assert json.loads(items) == {"a": {"n": 1}}
    assert "phase1_batch_1.json" in particular


def test_a_retry_names_every_error_and_asks_for_the_failed_items_only(project: SmallProject) -> None:
    errors = (
        ValidationError(type="wrong", item_id="b", message="4 is not 5", suggestion="multiply again"),
        ValidationError(type="strange", message="all of it"),
    )
    first = maker(project).render(batch(1, {"b": 2, "c": 3}), 1, "out.json").text
    notes = RetryNotes.of(("b", "c"), 7, errors)
    again = maker(project).render(batch(1, {"b": 2, "c": 3}), 1, "out.json", notes).text
    assert again.startswith(first.rstrip())
    retry = again.removeprefix(first.rstrip()).strip()
    assert retry.startswith("# RETRY")
    assert "answer these **only**: b, c." in retry
    assert "The other 7 items of the batch passed and are kept" in retry
    assert "- type: wrong\n  item: b\n  message: 4 is not 5\n  suggestion: multiply again" in retry
    assert "- type: strange\n  item: the whole batch\n  message: all of it\n  suggestion: read" in retry


def test_a_context_stands_before_what_is_particular_an_entry_a_line(project: SmallProject) -> None:
    context = [{"id": "á", "n": 1}, ["b"]]
    prompt = maker(project).render(batch(1, {"a": 1}, context=context), None, "out.json").text
    assert '\n{"id":"á","n":1}\n["b"]\n' in prompt
    assert prompt.index('{"id":"á"') < prompt.index("# This batch")
    assert "- Batch: 1\n" in prompt


@given(st.dictionaries(IDS, VALUES | st.text(st.sampled_from("`\n{% x"))))
def test_items_cannot_close_the_block_that_they_stand_in(items: dict[str, Any]) -> None:
    text = json.dumps(items, ensure_ascii=False, indent=2)
    first, *inner, last = fenced(text).split("\n")
    fence = first.removesuffix("json")
    assert (first, last) == (f"{fence}json", fence)
    assert "\n".join(inner) == text
    assert re.fullmatch("`{3,}", fence)
    assert fence not in text


def test_text_in_items_is_not_taken_for_a_template(project: SmallProject) -> None:
    prompt = maker(project).render(batch(1, {"a": "{{ items }} {% if %}"}), 1, "out.json").text
    assert '"a": "{{ items }} {% if %}"' in prompt


def test_a_template_of_the_project_can_replace_a_part_of_the_built_in_one(project: SmallProject) -> None:
    project.write(
        TEMPLATE, '{% extends "batch.md.j2" %}{% block standing_rules %}Be quick, {{ target }}.{% endblock %}'
    )
    prompt = maker(project).render(batch(1, {"a": 1}), 1, "out.json").text
    assert "Be quick, demo." in prompt
    assert "fresh session" not in prompt
    assert "# Form of the output" in prompt


def test_a_template_may_use_everything_that_is_given_and_names_of_its_own(project: SmallProject) -> None:
    project.write("prompts/facts/part.j2", "{{ target }} {{ batch.first }}")
    project.write(
        TEMPLATE,
        "{% set own = intelligence %}{% macro m(x) %}{{ x }}{% endmacro %}{% for i in range(2) %}{{ loop.index }}"
        "{{ i }}{% endfor %}{{ m(own) }} {{ phase.name }} {{ pipeline }} {{ target_parts }} {{ items }} {{ context }}"
        "{{ output_file }} {{ retry }} {% include 'project:part.j2' %}{% include 'none.j2' ignore missing %}",
    )
    prompt = maker(project).render(batch(1, {"a": 1}), 1, "out.json").text
    assert prompt.startswith("1021Square the numbers. facts facts {}")
    assert prompt.endswith("out.json None demo a")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("{{ trget }}", "uses 'trget', which is not given to it\n  Did you mean 'target'?"),
        ("{% if %}", "part.j2, line 1: "),
        ("{% include 'project:gone.j2' %}", "'project:gone.j2', which is not there"),
    ],
)
def test_a_part_that_a_template_is_made_from_is_checked_too(project: SmallProject, part: str, said: str) -> None:
    project.write("prompts/facts/part.j2", part)
    project.write(TEMPLATE, "{% include 'project:part.j2' %}")
    assert said in refusal(project)


@pytest.mark.parametrize("wrong", ["{{ phase.nmae }}", "{{ batch.first + 1 }}", "{{ 1 / 0 }}"])
def test_what_only_shows_when_a_prompt_is_made_ends_the_run_with_the_template_named(
    project: SmallProject, wrong: str
) -> None:
    project.write(TEMPLATE, wrong)
    with pytest.raises(PipelineError, match=re.escape("prompts/facts/batch.md.j2: the prompt template of phase 1 ")):
        maker(project).render(batch(1, {"a": 1}), 1, "out.json")


def test_a_run_whose_template_fails_says_so_and_can_go_on_when_it_is_mended(project: SmallProject) -> None:
    template: Path = project.write(TEMPLATE, "{{ phase.nmae }}")
    ran = project.run()
    assert ran.returncode == 2
    assert "prompts/facts/batch.md.j2: the prompt template of phase 1 cannot be rendered" in ran.stderr
    assert "Traceback" not in ran.stderr
    template.write_text("{{ phase.name }}")
    assert project.run().returncode == 0
    assert project.job()["attempts"] == 1
