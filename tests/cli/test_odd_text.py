"""Text that means something to a format function is shown as it is: names of folders, ids, values, errors, words."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.facts_project import Directory, SmallProject
from tests.support.scripted_project import Small

ODD = [
    "{x}",
    "{output_file}",
    "{}",
    "{0!r:>{1}}",
    "%s",
    "%(a)s",
    "<red>",
    "</red>",
    "[bold]",
    "[/bold]",
    "[!a]*?",
    "$x",
]
ODD += ["${x}", "{{ x }}", "{% if %}", "\\1", "'", '"', "`x`", "~", "#", "&amp;", "a:b", "-dash", "%20"]
ODD_FOLDERS = [*ODD, "new\nline", "é", "?q", "a b"]


@pytest.mark.parametrize("name", ODD_FOLDERS)
def test_a_project_may_have_any_name(tmp_path: Path, name: str) -> None:
    project = SmallProject(tmp_path / name)
    (project.root / "agents" / "mine.py").chmod(0o755)
    ran = project.run()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert project.result() == {"a": {"square": 1}, "b": {"square": 4}, "c": {"square": 9}}
    assert project.job()["status"] == "completed"


def test_a_program_of_the_project_is_started_wherever_that_is(tmp_path: Path) -> None:
    project = SmallProject(tmp_path / "{output_file}")
    script = project.write("agents/run.sh", '#!/bin/sh\nexec "$(dirname "$0")"/mine.py "$@"\n')
    script.chmod(0o755)
    mine = project.root / "agents" / "mine.py"
    mine.write_text(f"#!/usr/bin/env python3\n{mine.read_text(encoding='utf-8')}", encoding="utf-8")
    mine.chmod(0o755)
    project.settings(mine={"command": ["./agents/run.sh", "{project}", "{output_file}"]})
    ran = project.run()
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_ids_values_and_errors_are_shown_as_they_are(small: Small) -> None:
    ids = [text for text in ODD if text.strip()]
    validator = """\
def validate(batch, output, merged):
    return ValidationReport(errors=[ValidationError(type="bad", item_id=i, message=f"no {i}") for i in output])
"""
    small.lay_out(
        {item_id: {"said": item_id} for item_id in ids},
        agent="print(*items)\nwrite(answers())\n",
        phases=[{"validator": "check.py"}],
        validators={"check.py": validator},
    )
    ended = small.run("--max-attempts", "2", "--batch-size", "100", status=1)
    shown = small.done("status", "1").out
    assert ids[0] in small.progress
    for item_id in ids:
        assert f"{item_id}: bad: no {item_id}" in shown
    assert "Traceback" not in ended.out + ended.err
    told = json.loads(small.done("status", "--json").out)["jobs"][0]["failed_items"]
    assert {item["id"] for item in told} == set(ids)
    assert small.done("retry", "1", "--items", ids[0]).out.startswith("1 items of job 1")
    small.end_daemon()
    assert all(item_id in small.done("logs", "--batch", "1", "--raw").out for item_id in ids)


def test_a_folder_whose_name_is_not_utf8_is_refused(tmp_path: Path) -> None:
    root = Path(os.fsdecode(bytes(tmp_path) + b"/n\xff"))
    ran = SmallProject(root).run()
    assert ran.returncode == 2
    assert "n\\xff: the name of the folder, or of one above it, is not valid UTF-8" in ran.stderr


@pytest.mark.parametrize("words", [("run", "facts", b"\xff"), ("status", b"\xff"), ("tokens", "revoke", b"\xff")])
def test_a_word_that_is_not_utf8_is_refused(project: Directory, words: tuple[str | bytes, ...]) -> None:
    ran = project.supervisor(*(word if isinstance(word, str) else os.fsdecode(word) for word in words))
    assert ran.returncode == 2
    assert "\\xff: not valid UTF-8" in ran.stderr
