"""How an error reads."""

from __future__ import annotations

import pytest

from supervisor.errors import AgentError


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("it cannot work", "agent 'a': it cannot work. Set it up."),
        ("it cannot work: No such key.", "agent 'a': it cannot work: No such key. Set it up."),
        ("what is that?", "agent 'a': what is that? Set it up."),
    ],
)
def test_on_one_line_a_sentence_ends_once(what: str, line: str) -> None:
    assert AgentError(what, where="agent 'a'", remedy="Set it up.").in_one_line() == line


def test_without_a_remedy_nothing_is_added() -> None:
    assert AgentError("it cannot work", where="agent 'a'").in_one_line(placed=False) == "it cannot work"
