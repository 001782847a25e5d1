"""What people are shown of Claude Code's lines."""

from __future__ import annotations

import pytest

from supervisor.agents.claude.claude_display import display_line
from tests.agents.claude.claude_lines import (
    COUNTED,
    DELTA,
    FAILED,
    FINE,
    INIT,
    NEARLY,
    REFUSED,
    REQUESTING,
    RESULT,
    SAID,
    STARTED,
    THINKS,
    USED_UP,
    WRITTEN,
    WROTE,
    failed,
    retry,
)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (INIT, "Claude Code 2.1.330 with claude-sonnet-5-5"),
        (WROTE, "Write out.json"),
        (WROTE.replace('"file_path":"/s/ws/out.json"', '"command":"ls -l"'), "Write ls -l"),
        (SAID, "All done."),
        (
            REFUSED,
            "failed: /etc/hostname is outside /s/ws; --restricted confines the file tools to the working directory.",
        ),
        (retry(429, "rate_limit", 1, 35711), "429 rate limit; try 1 of 10 in 36 s"),
        (retry(None, "unknown", 2, 1089), "no answer; try 2 of 10 in 1 s"),
        (USED_UP, "the limit (five hour) is used up"),
        (RESULT, "ended: 2 turns, $0.0010"),
        (FAILED, "ended with an error: 1 turns, $0.0000"),
        (failed("billing_error", "Credit balance is too low"), "Credit balance is too low"),
        ("error: unknown option '--nonsense'", "error: unknown option '--nonsense'"),
        (
            '{"type":"result","is_error":true,"subtype":"error_max_turns","num_turns":3,"errors":'
            '["Reached maximum number of turns (2)"]}',
            "ended with an error: Reached maximum number of turns (2), 3 turns",
        ),
        *((line, "") for line in (REQUESTING, STARTED, DELTA, COUNTED, WRITTEN, THINKS, NEARLY, FINE)),
        *((line, "") for line in ("❯", "─" * 80, "  ⏵⏵ accept edits on (shift+tab to cycle)", "   ◐ medium · /effort")),
        ("● Write(out.json)", "● Write(out.json)"),
    ],
)
def test_lines_for_people_say_what_it_does_and_what_goes_wrong(line: str, text: str) -> None:
    assert display_line(line) == text
