"""What an agent says that JSON can spell and UTF-8 cannot have is written down with a mark in its place."""

from __future__ import annotations

from tests.support.scripted_project import TARGET, Small, numbered


def test_a_limit_told_with_half_a_character_pauses_the_agent_and_stops_nothing_for_good(small: Small) -> None:
    limit = r'{"type": "supervisor_limit", "message": "used up \ud83d, come back", "until": UNTIL}'
    program = f"limit = {limit!r}\n"
    program += "print(limit.replace('UNTIL', str(time.time() + 2)), flush=True)\nsys.exit(75)\n"
    agent = f"if session == 1:\n    {program.replace(chr(10), chr(10) + '    ')}\nwrite(answers())\n"
    small.lay_out(numbered(2), agent=agent)
    small.run()
    (event,) = small.events("agent_limited")
    assert "used up \ufffd, come back" in event["text"]
    assert small.status(f"small/{TARGET}")["status"] == "completed"
