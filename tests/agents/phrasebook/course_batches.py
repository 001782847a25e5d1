"""Batches of a course for the embedded agent: prompts from the real templates, right answers, each phase's verdict."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2

from supervisor import BatchInput, ValidationReport
from supervisor.agents.phrasebook.book import LANGUAGES, SENTENCES_FILE
from tests.support.repository_content import REPOSITORY

PHASES = {
    1: SimpleNamespace(id=1, name="translation", merge="object"),
    3: SimpleNamespace(id=3, name="LEGO decomposition", merge="array"),
    5: SimpleNamespace(id=5, name="baskets", merge="object"),
}
INTELLIGENCE = """# How to work

An example of a batch, not the batch:

# This batch

- Target: deu_for_eng_full

{"id": "S0000L01", "target": "ejemplo", "known": "example"}"""
Row = list[Any]
Run = Callable[..., subprocess.CompletedProcess[str]]
Prompt = Callable[..., Path]


def bundled(count: int | None = None) -> list[list[list[str]]]:
    """The bundled sentences, as [English with punctuation, Spanish, Italian] of every chunk."""
    lines = Path(SENTENCES_FILE).read_text(encoding="utf-8").splitlines()[:count]
    return [[part.split(" = ") for part in line.split(" | ")] for line in lines]


SEEDS = {f"S{n:04d}": " ".join(chunk[0] for chunk in chunks) for n, chunks in enumerate(bundled(20), start=1)}


def expected_rows(language: str) -> list[Row]:
    """The decomposition of the first sentences, worked out from the file by itself."""
    column = LANGUAGES[language]
    rows: list[Row] = []
    for (seed_id, seed), chunks in zip(SEEDS.items(), bundled(20), strict=True):
        marks = [english[len(english.rstrip(".,?!")) :] for english, *_ in chunks]
        target = " ".join(chunk[column] + mark for chunk, mark in zip(chunks, marks, strict=True))
        target = target[0].upper() + target[1:]
        if language == "spa" and target.endswith("?"):
            target = "¿" + target
        legos = []
        for number, chunk in enumerate(chunks, start=1):
            known = [word if word.startswith("I") else word.lower() for word in chunk[0].rstrip(".,?!").split()]
            legos.append([f"{seed_id}L{number:02d}", chunk[column], " ".join(known)])
        rows.append([seed_id, [target, seed], legos])
    return rows


def pairs_of(language: str) -> dict[str, list[str]]:
    return {seed_id: pair for seed_id, pair, _ in expected_rows(language)}


def legos_of(language: str) -> dict[str, list[str]]:
    return {lego_id: [target, known] for _, _, legos in expected_rows(language) for lego_id, target, known in legos}


def vocabulary_of(language: str, until: str = "S9999L99") -> list[dict[str, str]]:
    """Every known text once, where it is first introduced, up to a LEGO."""
    first: dict[str, dict[str, str]] = {}
    for lego_id, (target, known) in legos_of(language).items():
        if lego_id <= until:
            first.setdefault(known.lower(), {"id": lego_id, "target": target, "known": known})
    return list(first.values())


def items_of(phase: int, language: str) -> dict[str, Any]:
    items: dict[int, dict[str, Any]] = {1: SEEDS, 3: pairs_of(language), 5: legos_of(language)}
    return items[phase]


def rendered(
    phase: int,
    items: Mapping[str, Any],
    output: str,
    *,
    target: str = "spa_for_eng_20seeds",
    vocabulary: list[dict[str, str]] | None = None,
    retry: Any = None,
    fence: str = "```",
    name: str | None = None,
) -> str:
    """The prompt of a batch from the real templates, the project's own over the general one."""
    templates = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.PrefixLoader(
                    {"project": jinja2.FileSystemLoader(REPOSITORY / "prompts" / "course")}, delimiter=":"
                ),
                jinja2.FileSystemLoader(REPOSITORY / "supervisor" / "project" / "templates"),
            ]
        ),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    ids = list(items) or ["none"]
    return templates.get_template("project:batch.md.j2").render(
        batch_begins="",
        intelligence=INTELLIGENCE,
        phase=SimpleNamespace(**{**vars(PHASES[phase]), "name": name or PHASES[phase].name}),
        pipeline="course",
        target=target,
        target_parts={},
        batch={"number": 1, "total": 1, "first": ids[0], "last": ids[-1], "count": len(items)},
        items=f"{fence}json\n{json.dumps(items, ensure_ascii=False, indent=2)}\n{fence}",
        context=vocabulary and "\n".join(json.dumps(entry, ensure_ascii=False) for entry in vocabulary),
        output_file=output,
        retry=retry,
    )


def environment(session: int = 1) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(REPOSITORY),
        "SUPERVISOR_ATTEMPT": str(session),
    }


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-P", "-m", "supervisor.agents.phrasebook", *map(str, arguments)]


def judged(phase: int, items: dict[str, Any], language: str, written: Any) -> ValidationReport:
    """The verdict of the phase's own validator."""
    folder = REPOSITORY / "validators" / "course"
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    (path,) = folder.glob(f"phase_{phase}_*.py")
    spec = importlib.util.spec_from_file_location(f"judge_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    batch = BatchInput(
        pipeline="course",
        target=f"{language}_for_eng_20seeds",
        target_parts={"target": language},
        phase=phase,
        batch=1,
        items=items,
        context=vocabulary_of(language),
    )
    merged = {3: {seed_id: rest for seed_id, *rest in expected_rows(language)}} if phase == 5 else {}
    report: ValidationReport = module.validate(batch, written, merged)
    return report
