"""When a limit ends whose end Claude Code tells as a time of day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from supervisor.agents.claude.claude_failures import next_time_of_day
from tests.agents.claude.claude_lines import NOW, at


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1:43pm", at(21, 13, 44)),
        ("12:05am", at(22, 0, 6)),
        ("10:41am", at(21, 10, 42)),
        ("3pm (UTC)", at(21, 15, 1)),
        ("Nov 24, 11:43am", at(24, 11, 44)),
        ("Jan 2, 1am", datetime(2027, 1, 2, 1, 1, tzinfo=UTC).timestamp()),
        ("Foo 2, 1am", None),
        ("soon", None),
    ],
)
def test_a_time_of_day_is_the_next_one(text: str, expected: float | None) -> None:
    assert next_time_of_day(text, NOW) == expected
