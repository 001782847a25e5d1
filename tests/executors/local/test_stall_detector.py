"""Agents that hang without a sign of life, and agents that are merely slow."""

from __future__ import annotations

from pathlib import Path

from supervisor.agents.agent_profile import SilenceLimits
from supervisor.agents.agent_registry import make_agent
from supervisor.project.project import find_project
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
    assert "nothing printed and no file touched for 1 s (`stall_timeout`); its last line was: hello" in small.progress


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


def test_the_message_names_the_limit_that_a_silent_start_ran_into(small: Small) -> None:
    small.lay_out(numbered(2), agent=HANGS, agent_settings={"startup_timeout": 0.5}, phases=[{"max_attempts": 1}])
    small.run(status=1)
    (error,) = small.status()["failed_items"][0]["errors"]
    assert error["message"].startswith("the session was ended: nothing printed and no file touched since its start")
    assert error["message"].endswith("(`startup_timeout`)")


def limits(made: Path, agent: str, settings: str = "") -> SilenceLimits:
    """Those of an agent of a project with one of its own, `mine`, and these settings."""
    lay_out_project(made, settings)
    project = find_project(made)
    return make_agent(project, agent).profile.silence_limits(project.settings)


def lay_out_project(root: Path, settings: str) -> None:
    command = '[agents.mine]\ncommand = ["true"]\n'
    (root / "supervisor.toml").write_text(f"{settings}\n{'' if 'agents.mine' in settings else command}", "utf-8")


def test_a_command_is_held_only_to_limits_that_somebody_wrote(tmp_path: Path) -> None:
    """It may work for as long as its phase allows without a word: no default is about it."""
    assert limits(tmp_path, "mine") == (None, None)
    assert limits(tmp_path, "mine", "stall_timeout = 5") == (None, 5)
    assert limits(tmp_path, "mine", "startup_timeout = 0") == (None, None)
    own = '[agents.mine]\ncommand = ["true"]\nstartup_timeout = 7'
    assert limits(tmp_path, "mine", own) == (7, None)


def test_known_programs_have_the_projects_limits(tmp_path: Path) -> None:
    assert limits(tmp_path, "claude") == (60, 300)
    assert limits(tmp_path, "claude", "startup_timeout = 5\nstall_timeout = 0") == (5, None)
    assert limits(tmp_path, "claude", "[agents.claude]\nstartup_timeout = 0") == (None, 300)


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
