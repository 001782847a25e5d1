"""What people are shown of Codex's lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from supervisor.agents.codex.codex_driver import CodexDriver
from tests.agents.codex.codex_lines import (
    COMMAND,
    COMPLETED,
    FAILED,
    REFUSED,
    SAID,
    THOUGHT,
    THREAD,
    TOO_LONG,
    TURN,
    WARNING,
    WROTE,
    error,
    failed,
    retried,
)
from tests.agents.session_setup import make_driver

WORKED = (
    '{"type":"item.completed","item":{"id":"item_0","type":"command_execution","command":"/bin/bash -c \'true\'",'
    '"aggregated_output":"","exit_code":0,"status":"completed"}}'
)
WROTE_NOT = WROTE.replace('"completed"}}', '"failed"}}')


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (SAID, "hello there"),
        (COMMAND, "$ echo out; exit 3"),
        (FAILED, "exit status 3: out"),
        (WROTE, "wrote out.json, changed notes.md"),
        (WROTE_NOT, "could not write out.json, could not write notes.md"),
        (WARNING, "warning: Model metadata for `gpt-nope` not found. Defaulting to fallback metadata; this can degrade"
                  " performance and cause issues."),
        (retried("Connection failed"), "Reconnecting... 1/5 (Connection failed)"),
        (error("Quota exceeded."), "Quota exceeded."),
        (REFUSED, REFUSED),
        (TOO_LONG, TOO_LONG),
        *((line, "") for line in (THREAD, TURN, WORKED, THOUGHT, COMPLETED, failed("Quota exceeded."))),
        *((line, "") for line in ('{"type":"item.completed","item":7}', '{"type":"item.updated","item":{}}', "{}")),
        ('{"type":"item.completed","item":{"type":"file_change","changes":[7,{"path":3}]}}', ""),
    ],
)  # fmt: skip
def test_people_see_what_it_says_runs_and_writes_and_what_goes_wrong(line: str, shown: str, tmp_path: Path) -> None:
    assert make_driver(CodexDriver, tmp_path).display(line) == shown
