"""What people are shown of Gemini CLI's lines."""

from __future__ import annotations

import pytest

from supervisor.agents.gemini.gemini_display import display_line
from tests.agents.gemini.gemini_lines import (
    ASKED,
    BUSY,
    HOURS,
    INIT,
    KEY,
    MINUTE,
    PICTURE,
    REFUSED,
    RESULT,
    SAID,
    WRITTEN,
    WROTE,
    result,
)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (INIT, ""),
        (ASKED, ""),
        (WROTE, "write_file out.txt"),
        (WRITTEN, ""),
        (REFUSED, 'failed: Tool "run_shell_command" not found.'),
        (SAID, "All done."),
        (RESULT, ""),
        (result(KEY), "API key not valid. Please pass a valid API key."),
        (BUSY, "Attempt 1 failed with status 503: The model is overloaded. Please try again later."),
        (MINUTE[2], "Please retry in 30.5s."),
        (
            HOURS,
            "Attempt 1 failed: You have exhausted your capacity on this model. Your quota will reset after 3h14m12s.",
        ),
        *((line, "") for line in PICTURE),
        ("Error executing tool run_shell_command: Tool not found.", ""),
        ("YOLO mode is enabled. All tool calls will be automatically approved.", ""),
        ("Unknown argument: nope", "Unknown argument: nope"),
        ('{"type":"tool_use","tool_name":"grep_search","parameters":{"pattern":"x+"}}', "grep_search x+"),
        ('{"type":"tool_use","tool_name":"run_shell_command","parameters":{"command":"ls"}}', "run_shell_command ls"),
        ('{"type":"tool_use","parameters":7}', "tool"),
        ("{broken", "{broken"),
    ],
)
def test_people_see_what_it_says_and_does(line: str, text: str) -> None:
    assert display_line(line) == text
