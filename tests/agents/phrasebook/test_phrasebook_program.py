"""The embedded agent as a program: the prompts that it takes, what it says and leaves, and what it refuses."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.agents.phrasebook.cannot_work import CannotWork
from supervisor.agents.phrasebook.prompt_parser import read_prompt
from tests.agents.phrasebook.course_batches import (
    INTELLIGENCE,
    PHASES,
    SEEDS,
    Prompt,
    Run,
    command,
    environment,
    legos_of,
    pairs_of,
    rendered,
    vocabulary_of,
)
from tests.support.repository_content import REPOSITORY


def test_answers_only_the_failed_items_of_a_retry(answers: Callable[..., Any]) -> None:
    failed = {seed_id: SEEDS[seed_id] for seed_id in ("S0004", "S0011")}
    errors = [{"type": "untranslated", "item_id": "S0004", "message": "```\n{", "suggestion": ""}]
    written = answers(1, failed, retry={"ids": list(failed), "kept": 18, "errors": errors, "more": ""})
    assert written == {seed_id: pairs_of("spa")[seed_id] for seed_id in failed}


def test_reads_items_behind_a_longer_fence(answers: Callable[..., Any]) -> None:
    assert list(answers(1, {"S0001": SEEDS["S0001"], "S0002": "```"}, fence="`````")) == ["S0001"]


def test_reads_the_general_template_as_well(output: Path, run: Run) -> None:
    folder = REPOSITORY / "supervisor" / "project" / "templates"
    template = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder), undefined=jinja2.StrictUndefined
    ).get_template("batch.md.j2")
    legos = legos_of("ita")
    lego_id = list(legos)[1]
    output.parent.mkdir()
    path = output.parent / "prompt.md"
    text = template.render(
        batch_begins="",
        intelligence=INTELLIGENCE,
        phase=PHASES[5],
        pipeline="course",
        target="ita_for_eng_full",
        batch={"number": 3, "total": None, "first": lego_id, "last": lego_id, "count": 1},
        items=f"```json\n{json.dumps({lego_id: legos[lego_id]})}\n```",
        context="\n".join(json.dumps(entry, ensure_ascii=False) for entry in vocabulary_of("ita")),
        output_file=str(output),
        retry=None,
    )
    path.write_text(text, encoding="utf-8")
    assert run(path).returncode == 0
    assert len(json.loads(output.read_bytes())[lego_id]["phrases"]) == 2


def test_says_what_it_is_how_far_it_is_and_what_it_wrote(prompt: Prompt, run: Run, output: Path) -> None:
    done = run(prompt(1, SEEDS))
    assert done.stdout.splitlines() == [
        "phrasebook: a bundled phrasebook, no model, no network",
        "phrasebook: 10 of 20 items",
        "phrasebook: 20 of 20 items",
        f"phrasebook: wrote 20 items to {output.name}",
    ]


def test_leaves_one_whole_file_in_readable_form(answers: Callable[..., Any], output: Path) -> None:
    written = answers(1, SEEDS)
    expected = json.dumps(written, ensure_ascii=False, indent=2) + "\n"
    assert output.read_text(encoding="utf-8") == expected
    assert sorted(path.name for path in output.parent.iterdir()) == [output.name, "prompt.md"]


def test_writes_although_nobody_listens_any_more(prompt: Prompt, output: Path) -> None:
    path = prompt(1, SEEDS)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        done = subprocess.run(command(path), env=environment(), stdout=nobody, timeout=30, check=False)
    assert done.returncode == 0
    assert len(json.loads(output.read_bytes())) == len(SEEDS)


def test_starts_without_heavy_modules() -> None:
    code = "import sys, supervisor.agents.phrasebook.phrasebook_program; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(REPOSITORY)!r}); {code}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    heavy = {"pydantic", "typer", "argparse", "dataclasses", "inspect", "logging", "pathlib", "hashlib", "asyncio"}
    assert heavy.isdisjoint(done.stdout.split())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("spa_for_eng", "fra_for_eng"), "no phrasebook for fra for speakers of eng; there are spa and ita"),
        (("spa_for_eng", "spa_for_fra"), "no phrasebook for spa for speakers of fra; there are spa and ita"),
        (("- Phase: 1 translation", "- Phase: 1 summary"), 'no task for the phase "summary"'),
        (("- Phase: 1 translation", "- Phase: translation"), "has no number and name"),
        (("- Phase: 1 translation", ""), "says no phase"),
        (("- Target: spa", "- Goal: spa"), "says no target"),
        (("- Batch: 1", "- Batch: one"), "does not begin with a number"),
        (("# This batch", "# Another batch"), 'no section "# This batch"'),
        (("The items, id to content:", "The items:"), 'does not say "The items, id to content:"'),
        (("```json", "json"), "is not closed"),
        (("```", ""), "has no items"),
        (('"S0001":', '"S0001"'), "are not JSON"),
        (("{\n", "[\n"), "are not JSON"),
        (("{\n", '["'), "are not JSON"),
        (("Write the output as", "Put the output as"), 'does not say "Write the output as'),
        (("    /", "/"), "no path for the output"),
    ],
)
def test_refuses_a_prompt_that_it_cannot_serve(
    prompt: Prompt, run: Run, output: Path, change: tuple[str, str], said: str
) -> None:
    path = prompt(1, {"S0001": SEEDS["S0001"]})
    text = path.read_text(encoding="utf-8")
    assert change[0] in text
    path.write_text(text.replace(*change), encoding="utf-8")
    done = run(path)
    assert done.returncode == 78
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert not output.exists()


def test_refuses_a_language_even_when_it_is_to_fail(prompt: Prompt, run: Run) -> None:
    done = run(prompt(1, SEEDS, target="fra_for_eng_full"), "--faults", 1)
    assert done.returncode == 78


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("{prompt}", "{prompt}"),
        ("/nowhere/prompt.md",),
        ("/",),
        ("{prompt}", "--faults"),
        ("{prompt}", "--faults", "1.5"),
        ("{prompt}", "--faults", "nan"),
        ("{prompt}", "--seed", "x"),
        ("{prompt}", "--model", "x"),
        ("{binary}",),
    ],
)
def test_refuses_arguments_that_it_cannot_use(
    prompt: Prompt, run: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe# This batch\n")
    path = prompt(1, SEEDS)
    done = run(*(word.format(prompt=path, binary=binary) for word in arguments))
    assert done.returncode == 78
    assert len(done.stderr.splitlines()) == 1


def test_says_that_the_output_cannot_be_written(prompt: Prompt, run: Run, output: Path) -> None:
    path = prompt(1, SEEDS)
    path.write_text(path.read_text(encoding="utf-8").replace(str(output), "/nowhere/x.json"), encoding="utf-8")
    done = run(path)
    assert done.returncode == 74
    assert len(done.stderr.splitlines()) == 1


@given(cut=st.integers(0, 2_500), drop=st.integers(0, 200), junk=st.text(max_size=8))
def test_any_damage_to_a_prompt_is_read_or_refused(cut: int, drop: int, junk: str) -> None:
    text = rendered(1, {"S0001": SEEDS["S0001"]}, "/elsewhere/out.json")
    with contextlib.suppress(CannotWork):
        read_prompt(text[:cut] + junk + text[cut + drop :])
