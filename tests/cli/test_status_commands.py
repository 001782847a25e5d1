"""What `status`, `jobs` and `logs` tell of jobs."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.facts_project import SmallProject


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
    "unfinished": "int",
    "mended_outputs": "int",
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
    assert (job["status"], job["attempts"], job["retries"]) == ("completed_with_gaps", 2, 1)
    assert job["phases"][0]["items"] == {"total": 3, "merged": 2, "quarantined": 1, "cached": 0}


def test_status_in_words_says_how_far_it_is_what_failed_and_what_to_do(failed: SmallProject) -> None:
    ran = failed.supervisor("status")
    assert ran.returncode == 0
    first, second, *rest = ran.stdout.splitlines()
    assert re.fullmatch(r"job 1 facts/demo: completed_with_gaps: 2 of 3 items, .* elapsed", first)
    assert second == "  agent mine; 2 sessions, 1 retries; cost unknown, tokens unknown"
    assert rest == [
        "  phase 1 facts: completed_with_gaps, 1/1 batches, 2/3 items, 1 failed",
        "  failed: phase 1 b: missing_item: the output has nothing for b",
        "  try them again: supervisor retry facts/demo",
        "  results: vfs/facts/demo/",
    ]
    for name in ("1", "facts/demo"):
        assert failed.supervisor("status", name).stdout.startswith("job 1 facts/demo: completed_with_gaps")


def test_jobs_are_listed_a_line_each(failed: SmallProject) -> None:
    (line,) = failed.supervisor("jobs").stdout.splitlines()
    assert re.fullmatch(r" +1  completed_with_gaps +\d{4}-\d\d-\d\d \d\d:\d\d +\S.*  facts/demo  2 of 3 items", line)


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
        "phase_completed_with_gaps",
        "job_completed_with_gaps",
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


@pytest.mark.parametrize("words", [("status",), ("jobs",)])
def test_where_nothing_was_run_there_are_no_jobs(project: SmallProject, words: tuple[str, ...]) -> None:
    before = project.files()
    ran = project.supervisor(*words)
    assert (ran.returncode, ran.stdout) == (0, "no jobs yet; `supervisor run PIPELINE TARGET` makes one\n")
    assert project.supervisor("status", "--json").stdout == '{"jobs": []}\n'
    assert project.files() == before
