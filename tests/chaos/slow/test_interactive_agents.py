"""Programs that have to be typed into and take their time: long prompts, unknown questions, no leave-taking."""

from __future__ import annotations

import pytest

from tests.support.screen_program import SCREEN, SETTINGS
from tests.support.scripted_project import Small, numbered, said


def test_a_long_prompt_arrives_whole(small: Small) -> None:
    items = {f"i{n}": {"text": "long " * 2000} for n in range(40)}
    agent = SCREEN + "pasted()\nwrite(answers())\nwait_for_leave()\n"
    small.lay_out(items, agent=agent, agent_settings=SETTINGS, phases=[{"batch_size": 40}])
    small.run()
    (session,) = small.sessions()
    assert len(session.prompt) > 400_000
    assert (session.workspace / "pasted").read_text() == session.prompt


@pytest.mark.parametrize("seconds", [2])
def test_a_dialog_that_nobody_knows_is_shown_in_the_error(small: Small, seconds: int) -> None:
    question = "Your plan has changed.\n\n  1. Accept\n  2. Decline\n\nWhat now?"
    agent = SCREEN + f"ask({question!r})\ntime.sleep(100000)\n"
    settings = {**SETTINGS, "stall_timeout": seconds}
    small.lay_out(numbered(2), agent=agent, agent_settings=settings, phases=[{"max_attempts": 1}])
    small.run(status=1)
    (error,) = small.status()["failed_items"][0]["errors"]
    assert error["type"] == "stalled"
    for line in ("Your plan has changed.", "1. Accept", "2. Decline", "What now?"):
        assert line in error["message"]


def test_a_program_that_does_not_leave_is_ended(small: Small) -> None:
    small.lay_out(
        numbered(2),
        agent=SCREEN + "pasted()\nwrite(answers())\nshow('> ')\ntime.sleep(100000)\n",
        agent_settings=SETTINGS,
    )
    small.run()
    assert small.main() == said(numbered(2))
