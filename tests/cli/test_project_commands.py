"""`init` makes a project that runs as it is; `export` gives out what was made."""

from __future__ import annotations

import compileall
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import supervisor
from tests.cli.made_project import MAIN_FILE, SQUARES, Made
from tests.support.facts_project import Directory, plain_words

# The smallest pipeline, as its documentation prints it.
SETTINGS = """\
concurrency = 8

[agents.mine]
command = ["python3", "{project}/agents/mine.py", "{prompt_file}", "{output_file}"]
readable = ["{project}/agents"]    # what it may read besides its workspace, its own program and the system
pass_env = ["MY_API_KEY"]          # variables that it gets of yours; HOME is its own
# startup_timeout = 60             # seconds from its start in which it has to print something or touch a file
# stall_timeout = 300              # the same for later; as they are now, only the phase's `timeout` ends a session
"""
PIPELINE = """\
name = "facts"
collection = "facts"               # results go to vfs/facts/<target>/

[[phases]]
id = 1
name = "facts"
items = "vfs/items.jsonl"          # JSON object, JSON array or JSON Lines; "{target}" may stand in it
intelligence = "phase_1_facts.md"
validator = "phase_1_facts.py"     # or a command in any language: ["node", "check.cjs"]; or none
output = "facts.json"
merge = "object"                   # or "array"
batch_size = 20
max_attempts = 3
timeout = 600
"""
VALIDATOR = """\
from supervisor import ValidationError, ValidationReport


def validate(batch, output, merged):
    errors = [ValidationError(type="wrong_square", item_id=i, message=f"the square of {p['n']} is {p['n'] ** 2}",
                              suggestion="multiply again")
              for i, p in batch.items.items() if output[i].get("square") != p["n"] ** 2]
    return ValidationReport(errors=errors)
"""


def test_init_makes_the_smallest_pipeline_as_it_is_printed(made: Made) -> None:
    assert made.init.returncode == 0, made.init.stderr
    root = made.project.root
    assert (root / "supervisor.toml").read_text() == SETTINGS
    assert (root / "phase_intelligence/facts/pipeline.toml").read_text() == PIPELINE
    assert (root / "validators/facts/phase_1_facts.py").read_text() == VALIDATOR
    assert len((root / "agents/mine.py").read_text().splitlines()) == 3
    told = [line.strip() for line in made.init.stdout.splitlines()]
    for name in (
        "supervisor.toml",
        "phase_intelligence/facts/pipeline.toml",
        "phase_intelligence/facts/phase_1_facts.md",
        "validators/facts/phase_1_facts.py",
        "vfs/items.jsonl",
        "agents/mine.py",
        "README.md",
    ):
        assert (root / name).is_file()
        assert name in told
    assert told[-1] == "run it: cd squares && supervisor run facts demo --agent mine"


def test_what_an_installer_compiled_is_not_laid_out(tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    shutil.copytree(Path(supervisor.__file__).parent, installed / "supervisor")
    assert compileall.compile_dir(installed / "supervisor/project/scaffold_files", quiet=1)
    made = subprocess.run(
        [sys.executable, "-m", "supervisor", "init", "squares"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "pycache" not in made.stdout
    assert list((tmp_path / "squares").rglob("__pycache__")) == []


def test_git_is_told_of_what_runs_leave_and_not_of_locks_of_others(made: Made) -> None:
    root = made.project.root
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    for name in ("validators/facts/__pycache__/x.pyc", "vfs/facts/demo/facts.json.lock", "uv.lock"):
        made.project.write(name, "")
    shown = subprocess.run(
        ["git", "status", "--porcelain", "-uall"], cwd=root, capture_output=True, text=True, check=True
    )
    assert "uv.lock" in shown.stdout and "vfs/facts/demo/facts.json\n" in shown.stdout
    assert [word for word in ("pycache", "json.lock", ".supervisor") if word in shown.stdout] == []


def test_what_init_makes_runs_to_its_end(made: Made) -> None:
    assert made.run.returncode == 0, made.run.stderr
    results = made.project.root / "vfs/facts/demo"
    assert (results / "facts.json").read_text() == MAIN_FILE
    log = (results / "progress.log").read_text()
    assert made.run.stdout.startswith(log)
    assert "facts/demo: completed after" in made.run.stdout
    assert "phase 1 facts: 50 items in vfs/facts/demo/facts.json" in made.run.stdout


def test_a_finished_job_that_is_run_again_starts_no_session(made: Made) -> None:
    assert made.project.run("--agent", "mine").returncode == 0
    assert made.project.job()["sessions"] == 3
    assert (made.project.root / "vfs/facts/demo/facts.json").read_text() == MAIN_FILE


@pytest.mark.parametrize("there", ["supervisor.toml", "vfs/mine.json", ".gitignore", "README.md"])
def test_init_refuses_a_directory_where_its_files_would_stand(tmp_path: Path, there: str) -> None:
    mine = tmp_path / "old" / there
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    ran = Directory(tmp_path).supervisor("init", "old")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert plain_words(ran.stderr) == (
        f"supervisor: old: {there.split('/', maxsplit=1)[0]} is there already Choose an empty or a new directory."
    )
    assert [path for path in (tmp_path / "old").rglob("*") if path.is_file()] == [mine]
    assert mine.read_text() == "mine"


def test_init_refuses_the_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for name in ("file", "file/below"):
        ran = Directory(tmp_path).supervisor("init", name)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert "supervisor: file" in ran.stderr
        assert "Traceback" not in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", [".", "empty", "new/below"])
def test_init_makes_what_is_not_there_and_leaves_the_rest_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    ran = Directory(tmp_path).supervisor("init", name)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / name / "supervisor.toml").read_text() == SETTINGS
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert [path for path in tmp_path.rglob(".*") if path.name != ".gitignore"] == []
    assert ran.stdout.endswith(
        f"run it: {'' if name == '.' else f'cd {name} && '}supervisor run facts demo --agent mine\n"
    )


def test_export_prints_what_is_merged(made: Made) -> None:
    project = made.project
    assert project.supervisor("export", "facts/demo").stdout == MAIN_FILE
    assert project.supervisor("export", "1", "--phase", "1").stdout == MAIN_FILE
    lines = project.supervisor("export", "1", "--jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [{"id": i, "value": value} for i, value in SQUARES.items()]


def test_export_writes_a_file_or_says_why_not(made: Made, tmp_path: Path) -> None:
    ran = made.project.supervisor("export", "1", "--output", tmp_path / "out.json")
    assert ran.stdout == f"50 items of phase 1 facts in {tmp_path / 'out.json'}\n"
    assert (tmp_path / "out.json").read_text() == MAIN_FILE
    for place, said in (("none/out.json", "No such file or directory"), (".", "Is a directory")):
        ran = made.project.supervisor("export", "1", "-o", tmp_path / place)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert f"cannot be written: {said}" in ran.stderr
        assert "Name another file with --output" in ran.stderr
    ran = made.project.supervisor("export", "1", "--phase", "7")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "facts/demo: there is no phase 7" in ran.stderr
    assert "Its phases are: 1." in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_a_reader_that_leaves_early_is_no_error(made: Made) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "supervisor", "export", "1"],
        cwd=made.project.root,
        env=made.project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, said = process.communicate(timeout=60)
    assert b"Traceback" not in said
