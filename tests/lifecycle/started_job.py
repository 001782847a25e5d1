"""A job in the background whose sessions wait."""

from __future__ import annotations

from tests.support.scripted_project import ANSWER, TARGET, WAITS, Small, numbered, open_gate

JOB = f"small/{TARGET}"
WAITS_ONCE = "if session == 1:\n    wait_at('gate')\nwrite(answers())\n"


def started(small: Small, agent: str = WAITS, items: int = 4, **agents: str) -> Small:
    """A daemon whose sessions, two items each, stand at the gate."""
    small.lay_out(numbered(items), agent=agent, agents={"other": ANSWER, **agents})
    small.done("start", "small", TARGET)
    small.at_gate(count=items // 2)
    return small


def open_all(small: Small, count: int) -> None:
    for session in small.at_gate(count=count):
        open_gate(session)
