"""What each command prints and leaves behind, in a project as `init` makes it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from supervisor.cli.cli_app import GROUPS
from tests.support.facts_project import Directory, Ran, SmallProject, plain_words

# The smallest pipeline, as its documentation prints it.
SETTINGS = """\
concurrency = 8

[agents.mine]
command = ["python3", "{project}/agents/mine.py", "{prompt_file}", "{output_file}"]
readable = ["{project}/agents"]    # what it may read besides its workspace, its own program and the system
pass_env = ["MY_API_KEY"]          # variables that it gets besides PATH, HOME (its own), LANG, TERM
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
SQUARES = {f"n{n:03}": {"square": n * n} for n in range(1, 51)}
MAIN_FILE = json.dumps(SQUARES, indent=2) + "\n"
COMMANDS = ["run", "start", "status", "jobs", "logs", "watch", "stop", "resume", "cancel", "retry"]
COMMANDS += ["doctor", "agents", "validate", "init", "export", "report"]
FIRST_OF_GROUPS = {commands[0] for commands in GROUPS.values()}
"""A new Python shows of each of them that its group loads by itself what it needs."""


class Made(NamedTuple):
    """A project that `init` made, and what `init` and `run` printed."""

    project: Directory
    init: Ran
    run: Ran


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    above = tmp_path_factory.mktemp("made")
    init = Directory(above).supervisor("init", "squares")
    project = Directory(above / "squares")
    return Made(project, init, project.run("--agent", "mine"))


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    """A project with a job in which one of three items failed twice; its sessions talk."""
    project = SmallProject(tmp_path_factory.mktemp("failed"))
    project.agent(
        "import os, sys\n"
        'print("\\033[31msession", os.environ["SUPERVISOR_ATTEMPT"], "speaks\\033[0m")\n'
        'open(sys.argv[2], "w").write(\'{"a": 1, "c": 3}\')\n'
    )
    assert project.run("--max-attempts", "2").returncode == 1
    return project


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


def shape(value: Any) -> Any:
    """Names and types of a JSON value."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else type(value).__name__


USAGE = dict.fromkeys(("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"), "NoneType")
STATUS = {
    "id": "int",
    "pipeline": "str",
    "target": "str",
    "status": "str",
    "agent": "str",
    "elapsed_s": "float",
    "eta_s": "float",
    "cost_usd": "NoneType",
    "tokens": "NoneType",
    "attempts": "int",
    "retries": "int",
    "phases": [
        {
            "id": "int",
            "name": "str",
            "status": "str",
            "batches": {"total": "int", "done": "int", "running": "int"},
            "items": {"total": "int", "merged": "int", "quarantined": "int", "cached": "int"},
            "cost_usd": "NoneType",
            "usage": USAGE,
        }
    ],
    "sessions": "int",
    "projected_cost_usd": "NoneType",
    "cost_unknown_sessions": "int",
    "usage": USAGE,
    "agents": [{"name": "str", "sessions": "int", "models": "list", "cost_usd": "NoneType", "usage": USAGE}],
    "gates": "list",
    "failed_items": [
        {
            "phase": "int",
            "id": "str",
            "errors": [{"type": "str", "message": "str", "item_id": "str", "suggestion": "str"}],
        }
    ],
}
"""What `status --json` prints of a job."""


def test_status_as_json_has_the_shape_that_programs_rely_on(failed: SmallProject) -> None:
    found = json.loads(failed.supervisor("status", "--json").stdout)
    assert list(found) == ["jobs"]
    (job,) = found["jobs"]
    assert shape(job) == STATUS
    assert list(job)[:4] == ["id", "pipeline", "target", "status"]
    assert (job["status"], job["attempts"], job["retries"]) == ("failed", 2, 1)
    assert job["phases"][0]["items"] == {"total": 3, "merged": 2, "quarantined": 1, "cached": 0}


def test_status_in_words_says_how_far_it_is_what_failed_and_what_to_do(failed: SmallProject) -> None:
    ran = failed.supervisor("status")
    assert ran.returncode == 0
    first, second, *rest = ran.stdout.splitlines()
    assert re.fullmatch(r"job 1 facts/demo: failed, .* elapsed", first)
    assert second == "  agent mine; 2 sessions, 1 retries; cost unknown, tokens unknown"
    assert rest == [
        "  1 items failed",
        "  phase 1 facts: failed, 1/1 batches, 2/3 items, 1 failed",
        "  failed: phase 1 b: missing_item: the output has nothing for b",
        "  try them again: supervisor retry facts/demo",
        "  results: vfs/facts/demo/",
    ]
    for name in ("1", "facts/demo"):
        assert failed.supervisor("status", name).stdout.startswith("job 1 facts/demo: failed")


def test_jobs_are_listed_a_line_each(failed: SmallProject) -> None:
    (line,) = failed.supervisor("jobs").stdout.splitlines()
    assert re.fullmatch(r" +1  failed +\d{4}-\d\d-\d\d \d\d:\d\d +\S.*  facts/demo  1 items failed", line)


def test_logs_are_the_lines_of_the_progress_log(failed: SmallProject) -> None:
    log = (failed.root / "vfs/facts/demo/progress.log").read_text()
    for words in ((), ("facts/demo",), ("1",), ("--follow",)):
        assert failed.supervisor("logs", *words).stdout == log
    told = [json.loads(line) for line in failed.supervisor("logs", "--json").stdout.splitlines()]
    assert [event["text"] for event in told] == [line[28:] for line in log.splitlines()]
    assert all(list(event) == ["id", "job", "at", "kind", "level", "text", "data"] for event in told)
    assert [event["kind"] for event in told] == [
        "job_started",
        "phase_running",
        "session_started",
        "attempt_failed",
        "session_started",
        "batch_failed",
        "batch_ended",
        "phase_failed",
        "job_failed",
    ]


def test_logs_of_a_batch_are_what_its_sessions_printed_without_escapes(failed: SmallProject) -> None:
    both = failed.supervisor("logs", "--batch", "1").stdout.splitlines()
    assert both[1::2] == ["session 1 speaks", "session 2 speaks"]
    assert [line.rsplit(":", 1)[0] for line in both[::2]] == [f"--- phase 1 batch 1 session {n}" for n in (1, 2)]
    one = failed.supervisor("logs", "1", "--batch", "1", "--attempt", "2", "--phase", "1")
    assert one.stdout.splitlines() == both[2:]
    for words in (("--batch", "7"), ("--batch", "1", "--attempt", "3"), ("--batch", "1", "--phase", "2")):
        ran = failed.supervisor("logs", *words)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert "facts/demo: no session" in ran.stderr
        assert "supervisor status facts/demo" in ran.stderr


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


def test_validate_says_that_a_right_file_is_valid(made: Made) -> None:
    main_file = "vfs/facts/demo/facts.json"
    ran = made.project.supervisor("validate", "facts", "1", main_file)
    assert (ran.returncode, ran.stdout) == (0, "valid: 50 of 50 items pass\n")
    ran = made.project.supervisor("validate", "facts", "1", main_file, "--json")
    assert json.loads(ran.stdout) == {
        "valid": True,
        "errors": [],
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


def test_agents_are_listed_with_whether_they_can_start(project: SmallProject) -> None:
    found = {agent["name"]: agent for agent in json.loads(project.supervisor("agents", "--json").stdout)["agents"]}
    assert list(found) == ["claude", "codex", "gemini", "mine", "opencode", "phrasebook"]
    assert (found["mine"]["default"], found["mine"]["can_start"], found["mine"]["last_used"]) == (True, True, None)
    project.settings(agent="phrasebook", mine={"command": ["no-such-program"]})
    lines = project.supervisor("agents").stdout.splitlines()
    mine = next(number for number, line in enumerate(lines) if line.startswith("mine "))
    assert "the program 'no-such-program' is not there or cannot be executed" in lines[mine + 1]
    assert any(line.startswith("phrasebook (default)") for line in lines)


def test_an_agent_that_was_used_says_when(failed: SmallProject) -> None:
    found = {agent["name"]: agent for agent in json.loads(failed.supervisor("agents", "--json").stdout)["agents"]}
    assert time.time() - 3600 < found["mine"]["last_used"] <= time.time()
    assert found["phrasebook"]["last_used"] is None
    (line,) = [line for line in failed.supervisor("agents").stdout.splitlines() if line.startswith("mine ")]
    assert "last used 2" in line


@pytest.mark.parametrize("words", [("status",), ("jobs",)])
def test_where_nothing_was_run_there_are_no_jobs(project: SmallProject, words: tuple[str, ...]) -> None:
    before = project.files()
    ran = project.supervisor(*words)
    assert (ran.returncode, ran.stdout) == (0, "no jobs yet; `supervisor run PIPELINE TARGET` makes one\n")
    assert project.supervisor("status", "--json").stdout == '{"jobs": []}\n'
    assert project.files() == before


@pytest.mark.parametrize("name", ["status", "logs", "watch", "export", "stop", "cancel", "resume", "retry"])
def test_a_job_that_there_is_not_is_named_with_those_that_there_are(failed: SmallProject, name: str) -> None:
    ran = failed.supervisor(name, "facts/nothing")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "there is no job 'facts/nothing'" in ran.stderr
    assert "the latest are: facts/demo" in ran.stderr
    ran = failed.supervisor(name, "77")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "there is no job 77" in ran.stderr
    assert "supervisor jobs" in ran.stderr


def test_the_version_is_a_line(tmp_path: Path) -> None:
    ran = Directory(tmp_path).supervisor("--version")
    assert ran.returncode == 0
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", ran.stdout)


def test_help_names_every_command(tmp_path: Path) -> None:
    for words in (("--help",), ("-h",)):
        ran = Directory(tmp_path).supervisor(*words)
        assert ran.returncode == 0
        assert [name for name in COMMANDS if f" {name} " not in plain_words(ran.stdout)] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(tmp_path: Path, name: str) -> None:
    ran = Directory(tmp_path).supervisor(name, "--help", anew=name in FIRST_OF_GROUPS)
    assert ran.returncode == 0
    assert f"supervisor {name}" in plain_words(ran.stdout)


@pytest.mark.parametrize("env", [{"TERM": "xterm-256color"}, {"NO_COLOR": "1"}], ids=["as_it_is", "NO_COLOR"])
def test_in_a_pipe_there_are_plain_lines(failed: SmallProject, env: dict[str, str]) -> None:
    ran = failed.supervisor("run", "facts", "demo", env=env)
    assert " INFO    job 1 facts/demo goes on: " in ran.stdout
    refused = failed.supervisor("run", "facts", "X", "--agnet", "mine", env=env)
    assert refused.returncode == 2
    status = failed.supervisor("status", env=env)
    assert status.stdout.startswith("job 1 facts/demo: failed")
    assert "\x1b" not in ran.stdout + ran.stderr + refused.stderr + status.stdout


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
