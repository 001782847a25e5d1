"""One session may cost so much: over it, it is ended, counts as an attempt, and the next one is told."""

from __future__ import annotations

import pytest

from tests.support.scripted_project import ANSWER, Small, numbered, said, tells

SPENDS = {"max_session_cost": tells(cost_usd=0.3) * 2, "max_session_tokens": tells(output_tokens=600) * 2}
LIMITS = {"max_session_cost": 0.5, "max_session_tokens": 1000}


@pytest.mark.parametrize("limit", list(LIMITS))
@pytest.mark.parametrize("of_agent", [False, True])
def test_a_session_that_goes_over_is_ended_and_the_next_is_told(small: Small, limit: str, of_agent: bool) -> None:
    agent = f"if session == 1:\n    {SPENDS[limit].replace(chr(10), chr(10) + '    ')}time.sleep(100000)\n{ANSWER}"
    own, project = ({limit: LIMITS[limit]}, {}) if of_agent else ({}, {limit: LIMITS[limit]})
    small.lay_out(numbered(2), agent=agent, agent_settings=own, settings=project)
    small.run()
    assert small.main() == said(numbered(2))
    _, second = small.sessions()
    assert limit in second.prompt
    assert small.status()["attempts"] == 2
    (event,) = small.events("attempt_failed")
    assert (
        f"over_limit: the session was ended: it {'cost $0.6' if 'cost' in limit else 'used 1,200 tokens'}"
        in event["text"]
    )


def test_one_that_tells_it_at_its_end_only_is_judged_and_a_warning_says_so(small: Small) -> None:
    small.lay_out(numbered(2), agent=ANSWER + tells(cost_usd=0.6), settings={"max_session_cost": 0.5})
    small.run()
    assert small.main() == said(numbered(2))
    assert len(small.sessions()) == 1
    assert "told at its end that it cost $0.6 where $0.5 are allowed (max_session_cost)" in small.progress


def test_an_agent_may_have_none_where_the_project_has_one(small: Small) -> None:
    agent = tells(cost_usd=0.6) + ANSWER
    small.lay_out(numbered(2), agent=agent, agent_settings={"max_session_cost": 0}, settings={"max_session_cost": 0.5})
    small.run()
    assert len(small.sessions()) == 1
    assert "max_session_cost" not in small.progress
