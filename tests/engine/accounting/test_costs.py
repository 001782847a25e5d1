"""What agents tell of their cost: added up, shown, projected, limited."""

from __future__ import annotations

import re

import pytest

from tests.support.scripted_project import ANSWER, WITH_VALIDATOR, Small, numbered, open_gate, said, tells, until_heard
from tests.support.waiting import until

COSTS = tells(cost_usd=0.5, input_tokens=100, output_tokens=20, cache_read_tokens=7)


def test_tokens_and_cost_add_up_by_phase_and_job(small: Small) -> None:
    small.lay_out(numbered(4), agent=COSTS + COSTS + ANSWER, phases=[{}, {"batch_size": 4}])
    ended = small.run()
    status = small.status()
    assert status["cost_usd"] == pytest.approx(3.0)
    assert status["usage"] == {
        "input_tokens": 600,
        "output_tokens": 120,
        "cache_read_tokens": 42,
        "cache_write_tokens": None,
    }
    assert status["tokens"] == 762
    assert [phase["cost_usd"] for phase in status["phases"]] == [pytest.approx(2.0), pytest.approx(1.0)]
    assert "cost $3.00, tokens 762" in small.progress
    assert "cost $3.00" in ended.out
    assert "tokens 600 in, 120 out, 42 cache read" in small.done("status").out


def test_what_no_session_told_is_unknown_and_not_nothing(small: Small) -> None:
    small.lay_out(numbered(4), agent=f"if batch == 1:\n    {tells(output_tokens=3)}{ANSWER}")
    small.run()
    status = small.status()
    assert (status["cost_usd"], status["cost_unknown_sessions"], status["tokens"]) == (None, 2, 3)
    assert "cost unknown, tokens 3 out" in small.done("status").out


def test_a_part_that_is_unknown_is_said(small: Small) -> None:
    small.lay_out(numbered(4), agent=f"if batch == 1:\n    {COSTS}{ANSWER}")
    small.run()
    assert "cost $0.50 and 1 sessions of unknown cost" in small.done("status").out


@pytest.mark.parametrize(
    "words", ['{"type": "supervisor_usage", "cost_usd": -1, "input_tokens": "many"}', "nonsense {"]
)
def test_a_report_that_cannot_be_is_not_believed(small: Small, words: str) -> None:
    small.lay_out(numbered(2), agent=f"print({words!r})\n{ANSWER}")
    small.run()
    assert (small.status()["cost_usd"], small.status()["tokens"]) == (None, None)


def test_while_it_runs_the_cost_to_the_end_is_projected(small: Small) -> None:
    small.lay_out(
        numbered(8), agent=f"if batch > 1:\n    wait_at('gate')\n{COSTS}{ANSWER}", settings={"concurrency": 2}
    )
    running = small.begin_run()
    running.line_with("batch 1/4: 2 items merged")
    status = small.status()
    assert (status["cost_usd"], status["projected_cost_usd"]) == (0.5, pytest.approx(2.0))
    assert "cost $0.50 of about $2.00" in small.done("status").out
    assert running.ask_to_end() == 3


def test_sessions_that_failed_or_were_killed_with_their_supervisor_are_paid_too(small: Small) -> None:
    agent = f"{COSTS}if session == 1:\n    write(0)\n    sys.exit()\nif session == 2:\n    wait_at('gate')\n{ANSWER}"
    small.lay_out(numbered(2), agent=agent)
    running = small.begin_run()
    until_heard(small.at_gate())
    running.kill()
    small.run()
    assert small.main() == said(numbered(2))
    assert small.status()["cost_usd"] == pytest.approx(1.5)
    assert "cost $1.50" in small.progress.splitlines()[-3]


def test_an_output_taken_in_after_a_crash_keeps_its_cost_and_is_counted_once(small: Small) -> None:
    agent = f"{COSTS}write(answers())\nmark('written')\ntime.sleep(100000)\n"
    small.lay_out(numbered(2), agent=agent, **WITH_VALIDATOR)
    running = small.begin_run()
    until_heard(small.marked("written"))
    running.kill()
    small.run()
    status = small.status()
    assert (status["cost_usd"], status["sessions"]) == (0.5, 1)
    assert "cost $0.50" in small.progress.splitlines()[-3]


@pytest.mark.parametrize(
    ("option", "low", "high", "said_why"),
    [
        ("--max-cost", "1", "9", "$1.00 of $1.00 are spent (--max-cost)"),
        (
            "--max-cost",
            "1.4",
            "9",
            "$1.00 of $1.40 are spent, and one more session is expected to cost $0.50 (--max-cost)",
        ),
        ("--max-sessions", "2", "9", "2 of 2 sessions are started (--max-sessions)"),
    ],
)
def test_at_a_limit_nothing_new_starts_and_a_higher_one_goes_on(
    small: Small, option: str, low: str, high: str, said_why: str
) -> None:
    small.lay_out(numbered(8), agent=COSTS + ANSWER, settings={"concurrency": 1})
    ended = small.run(option, low, status=4)
    assert said_why in ended.err
    assert "Run the same command with a higher limit to go on." in ended.err
    assert len(small.sessions()) == 2
    assert small.job_status() == "stopped"
    assert said_why in small.done("status").out
    assert small.run(option, low, status=4).err == ended.err
    assert len(small.sessions()) == 2
    small.run(option, high)
    assert small.main() == said(numbered(8))
    assert len(small.sessions()) == 4


def test_sessions_that_run_at_the_limit_finish(small: Small) -> None:
    small.lay_out(numbered(8), agent=f"wait_at('gate')\n{COSTS}{ANSWER}", settings={"concurrency": 2})
    running = small.begin_run("--max-sessions", "2")
    first, second = small.at_gate(count=2)
    open_gate(first)
    running.line_with("2 items merged")
    open_gate(second)
    assert running.end() == 4
    assert small.main() == said(numbered(4))


def test_a_retry_is_not_started_beyond_the_limit(small: Small) -> None:
    small.lay_out(
        numbered(2), agent=f"if session == 1:\n    write({{'i01': {{'said': items['i01']}}}})\nelse:\n    {ANSWER}"
    )
    small.run("--max-sessions", "1", status=4)
    assert len(small.sessions()) == 1
    small.run("--max-sessions", "2")
    assert small.main() == said(numbered(2))
    assert [list(each.asked) for each in small.sessions()] == [["i01", "i02"], ["i02"]]


def test_time_counts_over_all_runs(small: Small) -> None:
    agent = "if (phase, batch) == (1, 1):\n    time.sleep(1.2)\n" + ANSWER
    small.lay_out(numbered(4), agent=agent, settings={"concurrency": 1})
    ended = small.run("--max-runtime", "1s", status=4)
    assert re.search(r"\d s of 1\.0 s are over \(--max-runtime\)", ended.err)
    assert small.main() == said(numbered(2))
    small.run("--max-runtime", "1s", status=4)
    assert len(small.sessions()) == 1
    small.run("--max-runtime", "2h")
    assert small.main() == said(numbered(4))


def test_the_daemon_keeps_to_the_limits_as_well(small: Small) -> None:
    small.lay_out(numbered(8), agent=COSTS + ANSWER, settings={"concurrency": 1})
    small.done("start", "small", "demo", "--max-cost", "1")
    assert small.until_ended("demo") == "stopped"
    assert "$1.00 of $1.00 are spent" in small.done("status").out
    small.done("start", "small", "demo", "--max-cost", "5")
    assert small.until_ended("demo") == "completed"


def test_a_limit_is_not_kept_silently_where_sessions_do_not_tell_what_they_cost(small: Small) -> None:
    small.lay_out(numbered(8), agent=ANSWER, settings={"concurrency": 1})
    ended = small.run("--max-cost", "5", status=4)
    assert "1 sessions did not tell what they cost, so --max-cost cannot be kept: use --max-sessions" in ended.err
    assert len(small.sessions()) == 1
    small.run("--max-cost", "0", "--max-sessions", "9")
    assert small.main() == said(numbered(8))


def test_a_limit_that_could_not_be_kept_is_refused(small: Small) -> None:
    small.lay_out(numbered(2))
    ended = small.run("--agent", "phrasebook", "--max-cost", "5", status=2)
    assert "agent 'phrasebook' does not tell what its sessions cost, so a limit could not be kept" in ended.err
    assert "Use --max-sessions or --max-runtime." in ended.err


def test_a_limit_stays_with_its_job_until_another_is_given(small: Small) -> None:
    small.lay_out(numbered(8), agent=ANSWER, settings={"concurrency": 1})
    small.run("--max-sessions", "1", status=4)
    small.run(status=4)
    assert "limits of an earlier command are kept: --max-sessions 1" in small.progress
    small.done("start", "small", "demo")
    assert small.until_ended("demo") == "stopped"
    assert len(small.sessions()) == 1
    small.run("--max-sessions", "2", status=4)
    small.run("--max-runtime", "1h", status=4)
    assert len(small.sessions()) == 2
    small.run("--max-sessions", "0")
    assert "limits of an earlier command are kept: --max-runtime 1:00:00" in small.progress
    assert small.main() == said(numbered(8))


def test_a_limit_of_the_settings_is_the_one_of_today(small: Small) -> None:
    small.lay_out(numbered(8), agent=ANSWER, settings={"concurrency": 1, "max_sessions": 1})
    small.run(status=4)
    settings = small.root / "supervisor.toml"
    settings.write_text(settings.read_text().replace("max_sessions = 1", "max_sessions = 3"))
    small.run(status=4)
    assert len(small.sessions()) == 3


@pytest.mark.parametrize(("limit", "concurrency"), [(1, 8), (2, 4), (5, 3)])
def test_no_more_sessions_than_that_at_any_concurrency(small: Small, limit: int, concurrency: int) -> None:
    small.lay_out(numbered(24), agent=ANSWER)
    small.run("--max-sessions", str(limit), "--concurrency", str(concurrency), status=4)
    assert len(small.sessions()) == limit


def test_no_more_money_than_that_at_a_concurrency_of_eight(small: Small) -> None:
    small.lay_out(numbered(40), agent=tells(cost_usd=0.05) + ANSWER)
    small.run("--max-cost", "0.10", "--concurrency", "8", status=4)
    assert small.status()["cost_usd"] == pytest.approx(0.1)


def test_a_limit_of_time_ends_a_job_while_its_agent_is_left_alone(small: Small) -> None:
    limited = 'print(json.dumps({"type": "supervisor_limit", "message": "used up", "until": time.time() + 90000}))\n'
    small.lay_out(numbered(4), agent=limited)
    assert "of 1.0 s are over (--max-runtime)" in small.run("--max-runtime", "1", status=4).err


def test_a_limit_of_time_counts_what_a_killed_supervisor_worked(small: Small) -> None:
    small.lay_out(numbered(2), agent=f"wait_at('gate')\n{ANSWER}")
    running = small.begin_run("--max-runtime", "600")
    small.at_gate()
    until(lambda: small.rows("SELECT 1 FROM jobs WHERE elapsed_s > 1"), "time that is kept")
    running.kill()
    assert small.status()["elapsed_s"] > 1
