"""`doctor` finds what is wrong with a project, `validate` what is wrong with an output."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.made_project import SQUARES, Made
from tests.support.facts_project import Directory, SmallProject


def test_validate_says_that_a_right_file_is_valid(made: Made) -> None:
    main_file = "vfs/facts/demo/facts.json"
    ran = made.project.supervisor("validate", "facts", "1", main_file)
    assert (ran.returncode, ran.stdout) == (0, "valid: 50 of 50 items pass\n")
    ran = made.project.supervisor("validate", "facts", "1", main_file, "--json")
    assert json.loads(ran.stdout) == {
        "valid": True,
        "errors": [],
        "mended": [],
        "failed": [],
        "stats": {"total": 50, "passed": 50, "failed": 0},
    }


def test_validate_judges_the_output_of_a_session_by_its_own_items(made: Made, tmp_path: Path) -> None:
    workspace = made.project.root / "vfs/.supervisor/sessions/job1-phase1-batch3-session1/workspace"
    ran = made.project.supervisor("validate", "facts", "1", workspace / "phase1_batch_3.json")
    assert (ran.returncode, ran.stdout) == (0, "valid: 10 of 10 items pass\n")
    copy = tmp_path / "phase1_batch_3.json"
    copy.write_bytes((workspace / "phase1_batch_3.json").read_bytes())
    for words in (("--target", "demo"), ("--input", workspace / "input.json")):
        ran = made.project.supervisor("validate", "facts", "1", copy, *words)
        assert (ran.returncode, ran.stdout) == (0, "valid: 10 of 10 items pass\n")


def test_validate_names_what_is_wrong_with_a_file(made: Made, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({**SQUARES, "n007": {"square": 48}, "x": 1} | {"n001": {}}))
    ran = made.project.supervisor("validate", "facts", "1", wrong, "--target", "demo")
    assert ran.returncode == 1
    assert ran.stdout.splitlines() == [
        "unknown_item: x: 'x' is not an item of this batch (use the ids of the batch exactly as they are given)",
        "wrong_square: n001: the square of 1 is 1 (multiply again)",
        "wrong_square: n007: the square of 7 is 49 (multiply again)",
        "not valid: 48 of 50 items pass",
    ]
    report = json.loads(made.project.supervisor("validate", "facts", "1", wrong, "--target", "demo", "--json").stdout)
    assert (report["valid"], report["failed"]) == (False, ["n001", "n007"])
    wrong.write_text("{")
    ran = made.project.supervisor("validate", "facts", "1", wrong, "--target", "other")
    assert ran.returncode == 1
    assert ran.stdout.startswith("not_json: not JSON at line 1, column 2")
    assert ran.stdout.endswith("not valid: 0 of 50 items pass\n")


def test_doctor_finds_a_right_project_right(made: Made) -> None:
    ran = made.project.supervisor("doctor")
    assert ran.returncode == 0, ran.stdout
    found = dict(line[6:].split(": ", 1) for line in ran.stdout.splitlines())
    assert {"python", "file events", "process tree", "project", "disk", "store"} <= set(found)
    assert found["pipeline facts"] == "1 phases"
    assert found["agent mine"] == "can start, default"
    assert found["agent phrasebook"] == "can start"
    assert found["store"].startswith("1 jobs, ")
    assert "FAIL" not in ran.stdout


def test_doctor_names_each_thing_that_is_wrong(project: SmallProject) -> None:
    project.write("phase_intelligence/other/pipeline.toml", "name = 'other'\ncollction = 'x'\n")
    project.write("phase_intelligence/third/pipeline.toml", "name = 'third'\n[[phases]")
    project.settings(mine={"command": ["no-such-program"]})
    before = project.files()
    ran = project.supervisor("doctor")
    assert ran.returncode == 4
    failures = [line[6:] for line in ran.stdout.splitlines() if line.startswith("FAIL")]
    assert [failure.split(": ")[0] for failure in failures] == ["pipeline other", "pipeline third", "agent mine"]
    assert "other/pipeline.toml: " in failures[0]
    assert "collction: unknown key; did you mean 'collection'?" in failures[0]
    assert "not TOML" in failures[1]
    assert "'no-such-program' is not there" in failures[2]
    assert "ok    pipeline facts: 1 phases" in ran.stdout
    assert "ok    store: none yet" in ran.stdout
    assert project.files() == before


def test_doctor_says_where_there_is_no_project(tmp_path: Path) -> None:
    ran = Directory(tmp_path).supervisor("doctor")
    assert ran.returncode == 4
    assert "FAIL  project: " in ran.stdout
    assert "supervisor init DIR" in ran.stdout
