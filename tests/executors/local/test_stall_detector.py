"""Agents that hang without a sign of life, and agents that are merely slow."""

from __future__ import annotations

from tests.support.scripted_project import ANSWER, WITH_VALIDATOR, Small, numbered, said

HANGS = "time.sleep(100000)\n"


def outcomes(small: Small) -> list[tuple[str, int]]:
    return [(row["outcome"], row["counted"]) for row in small.rows("SELECT * FROM attempts ORDER BY id")]


def test_a_session_without_a_sign_of_life_is_started_again_and_is_no_attempt(small: Small) -> None:
    small.lay_out(numbered(2), agent=f"if session < 3:\n    {HANGS}{ANSWER}", settings={"startup_timeout": 1})
    small.run()
    assert small.main() == said(numbered(2))
    assert outcomes(small) == [("stalled", 0), ("stalled", 0), ("passed", 1)]
    assert "gave no sign of life: the session was ended: nothing printed and no file touched since its start, 1 s" in (
        small.progress
    )


def test_from_the_third_on_they_count(small: Small) -> None:
    small.lay_out(numbered(2), agent=HANGS, settings={"startup_timeout": 0.5}, phases=[{"max_attempts": 2}])
    small.run(status=1)
    assert outcomes(small) == [("stalled", 0), ("stalled", 0), ("failed", 1), ("failed", 1)]
    (error,) = small.status()["failed_items"][0]["errors"]
    assert error["type"] == "stalled"
    assert "since its start" in error["message"]


def test_silence_after_the_first_word_has_a_limit_of_its_own(small: Small) -> None:
    agent = f"print('hello', flush=True)\nif session == 1:\n    {HANGS}{ANSWER}"
    small.lay_out(numbered(2), agent=agent, settings={"startup_timeout": 0.3, "stall_timeout": 1})
    small.run()
    assert outcomes(small) == [("stalled", 0), ("passed", 1)]
    assert "nothing printed and no file touched for 1 s" in small.progress


def test_what_prints_or_writes_now_and_then_is_alive(small: Small) -> None:
    agent = (
        "for n in range(8):\n    time.sleep(0.25)\n"
        "    (print(n, flush=True) if batch == 1 else (here / 'notes').write_text(str(n)))\n" + ANSWER
    )
    small.lay_out(numbered(4), agent=agent, settings={"startup_timeout": 1, "stall_timeout": 1})
    small.run()
    assert outcomes(small) == [("passed", 1), ("passed", 1)]


def test_an_agent_may_have_limits_of_its_own_or_none(small: Small) -> None:
    agent = f"if session == 1:\n    time.sleep(1.5)\n{ANSWER}"
    small.lay_out(
        numbered(2),
        agent=agent,
        settings={"startup_timeout": 0.5, "stall_timeout": 0.5},
        agent_settings={"startup_timeout": 0},
    )
    small.run()
    assert outcomes(small) == [("passed", 1)]


def test_the_phases_own_time_ends_a_silent_session_that_is_within_its_limits(small: Small) -> None:
    small.lay_out(numbered(2), agent=HANGS, phases=[{"timeout": 0.5, "max_attempts": 1}])
    small.run(status=1)
    assert outcomes(small) == [("failed", 1)]
    assert small.status()["failed_items"][0]["errors"][0]["type"] == "timed_out"


def test_what_a_stalled_session_wrote_whole_is_judged(small: Small) -> None:
    """Its file never came to rest: it is held open and touched again and again until the agent hangs."""
    agent = (
        "with open(output, 'w') as file:\n    json.dump(answers(), file)\n    file.flush()\n"
        f"    print('written', flush=True)\n    {HANGS}"
    )
    small.lay_out(numbered(2), agent=agent, settings={"stall_timeout": 1}, **WITH_VALIDATOR).run()
    assert small.main() == said(numbered(2))
    assert (small.status()["sessions"], small.status()["unfinished"]) == (1, 2)
