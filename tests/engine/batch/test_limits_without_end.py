"""A limit whose end is told in another unit, or is no time, pauses the agent as one without an end does."""

from __future__ import annotations

import pytest

from supervisor.engine.dispatch.cooldown_tracker import clock_time
from tests.support.limited_agents import gate, let_through
from tests.support.scripted_project import ANSWER, Small, numbered, said


@pytest.mark.parametrize("until", ["1795000000000", "-5", "NaN", "Infinity"])
def test_an_end_that_no_calendar_has_pauses_the_agent_and_the_job_goes_on(small: Small, until: str) -> None:
    limit = f'{{"type": "supervisor_limit", "message": "used up", "until": {until}}}'
    agent = f"if not (here.parents[4] / 'over').exists():\n    print({limit!r}, flush=True)\n    sys.exit(75)\n"
    small.lay_out(numbered(2), agent=agent + ANSWER)
    running = small.begin_run()
    running.line_with("agent plain: paused (usage limit; until when is not known")
    assert running.ask_to_end() == 3
    known = gate(small)
    assert known is not None
    assert known["until"] is None
    small.write("over", "")
    let_through(small)
    small.run()
    assert small.main() == said(numbered(2))


@pytest.mark.parametrize("at", [1.795e12, 1e300, -1e300, float("nan"), float("inf"), float("-inf")])
def test_any_time_can_be_shown(at: float) -> None:
    assert clock_time(at) == "an unknown time"
