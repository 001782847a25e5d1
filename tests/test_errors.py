"""How the parts of an error are put together."""

from __future__ import annotations

import pytest

from supervisor.errors import AgentError, sentences


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("it is not there", "agent: it is not there. Install it."),
        ("it said: Sign in first.", "agent: it said: Sign in first. Install it."),
        ("is that so?", "agent: is that so? Install it."),
        ("two\n  lines ", "agent: two lines. Install it."),
    ],
)
def test_on_one_line_what_is_wrong_and_the_remedy_are_sentences(what: str, told: str) -> None:
    assert AgentError(what, where="agent", remedy="Install it.").in_one_line() == told


def test_a_part_that_is_empty_leaves_no_trace() -> None:
    assert sentences("only this", "") == "only this"
    assert sentences("", "only\nthis") == "only this"
