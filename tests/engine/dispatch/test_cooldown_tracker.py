"""Agents that say that they are limited: nothing counts, nothing new starts, one tries first, others go on."""

from __future__ import annotations

import re
import time

from tests.support.limited_agents import LIMITED_ONCE, NOT_SAID, gate, let_through
from tests.support.scripted_project import ANSWER, WITH_VALIDATOR, Small, numbered, open_gate, said
from tests.support.waiting import until

UNTIL_THE_NEXT_SECOND = LIMITED_ONCE + "if not over.exists():\n    over.touch()\n    limited(time.time() + 1)\n"
FOR_HOURS = LIMITED_ONCE + "if not over.exists():\n    limited(time.time() + 7200)\n"


def test_a_limit_with_a_time_is_waited_for_and_is_no_attempt(small: Small) -> None:
    small.lay_out(numbered(2), agent=UNTIL_THE_NEXT_SECOND + ANSWER)
    ended = small.run()
    assert small.main() == said(numbered(2))
    status = small.status()
    assert (status["sessions"], status["attempts"], status["retries"], status["gates"]) == (2, 1, 0, [])
    (limited,) = small.events("agent_limited")
    assert re.search(r"agent plain: paused until \d\d:\d\d \(usage limit\): the plan is used up", limited["text"])
    assert limited["data"]["until"] == limited["data"]["next_try"]
    assert "agent plain works again" in ended.out
    assert [row["outcome"] for row in small.rows("SELECT outcome FROM attempts ORDER BY id")] == ["limited", "passed"]


def test_while_it_is_limited_the_job_is_paused_and_says_until_when(small: Small) -> None:
    small.lay_out(numbered(6), agent=FOR_HOURS + ANSWER, settings={"concurrency": 1})
    before = time.time()
    running = small.begin_run()
    running.line_with("agent plain: paused until")
    until(lambda: small.job_status() == "paused", "the job is paused")
    status = small.status()
    (told,) = status["gates"]
    assert told["agent"] == "plain" and told["reason"] == "usage_limit"
    assert before + 7200 <= told["until"] <= time.time() + 7200
    assert told["next_try"] == told["until"]
    shown = small.done("status").out
    assert re.search(r"^  paused until (\d{4}-\d\d-\d\d )?\d\d:\d\d \(usage limit\)$", shown, re.MULTILINE)
    assert len(small.sessions()) == 1
    assert running.ask_to_end() == 3


def test_where_no_time_was_told_none_is_shown(small: Small) -> None:
    small.lay_out(numbered(2), agent=NOT_SAID + ANSWER)
    before = time.time()
    running = small.begin_run()
    line = running.line_with("agent plain: paused")
    assert "paused (usage limit; until when is not known, next try " in line
    found = until(lambda: gate(small), "the gate")
    assert found["until"] is None
    assert before < float(str(found["next_probe_at"])) <= time.time() + 60
    assert running.ask_to_end() == 3


def test_a_pause_survives_kill_9_and_ends_with_one_session_that_tries(small: Small) -> None:
    agent = NOT_SAID + "if (over.parent / 'asked').exists():\n    wait_at('gate')\n" + ANSWER
    small.lay_out(numbered(8), agent=agent)
    running = small.begin_run()
    running.line_with("agent plain: paused")
    running.kill()
    small.write("over", "")
    small.write("asked", "")
    before = len(small.sessions())
    again = small.begin_run()
    until(lambda: small.job_status() == "paused", "the job is paused")
    assert len(small.sessions()) == before
    assert again.ask_to_end() == 3

    let_through(small)
    last = small.begin_run()
    (trying,) = small.at_gate()
    until(lambda: small.rows("SELECT 1 FROM batches WHERE status = 'running'"), "the session that tries runs")
    assert len(small.sessions()) == before + 1
    assert len(small.rows("SELECT 1 FROM batches WHERE status = 'pending'")) == 3
    open_gate(trying)
    last.line_with("agent plain works again")
    for each in small.at_gate(count=3):
        open_gate(each)
    assert last.end() == 0
    assert small.main() == said(numbered(8))
    assert small.status()["attempts"] == 4


def test_many_sessions_that_are_limited_at_once_are_one_limit(small: Small) -> None:
    small.lay_out(numbered(8), agent=NOT_SAID + ANSWER)
    running = small.begin_run()
    until(lambda: small.job_status() == "paused", "the job is paused")
    assert len(small.events("agent_limited")) == 1
    assert gate(small)["failed_probes"] == 0  # type: ignore[index]
    assert running.ask_to_end() == 3


def test_a_status_that_says_try_later_is_a_limit_without_a_time(small: Small) -> None:
    small.lay_out(numbered(2), agent="print('come back later')\nsys.exit(75)\n")
    running = small.begin_run()
    line = running.line_with("agent plain: paused")
    assert "rate limit; until when is not known" in line and line.endswith("come back later")
    assert running.ask_to_end() == 3
    assert small.status()["attempts"] == 0


def test_the_second_agent_takes_over_while_the_first_is_limited(small: Small) -> None:
    small.lay_out(numbered(6), agent=FOR_HOURS, agents={"second": ANSWER}, settings={"concurrency": 1})
    small.run("--agent", "plain,second")
    assert small.main() == said(numbered(6))
    agents = [row["agent"] for row in small.rows("SELECT agent FROM attempts ORDER BY id")]
    assert agents == ["plain", "second", "second", "second"]
    assert small.status()["attempts"] == 3


def test_the_second_agent_takes_over_where_the_first_cannot_work(small: Small) -> None:
    small.lay_out(numbered(6), agent="print('no key')\nsys.exit(78)\n", agents={"second": ANSWER})
    ended = small.run("--agent", "plain,second", "--concurrency", "1")
    assert small.main() == said(numbered(6))
    assert "agent plain is out: it cannot work: no key; second takes over" in ended.out
    assert [row["agent"] for row in small.rows("SELECT agent FROM attempts")].count("plain") == 1


def test_a_first_agent_that_is_not_installed_is_left_out_with_a_warning(small: Small) -> None:
    small.lay_out(numbered(2))
    with open(small.root / "supervisor.toml", "a", encoding="utf-8") as settings:
        settings.write('[agents.gone]\ncommand = ["no-such-program"]\n')
    ended = small.run("--agent", "gone,plain")
    assert "WARNING agent gone is out: the program 'no-such-program' is not there" in ended.out
    assert small.main() == said(numbered(2))


def test_where_no_agent_can_work_the_job_stops_with_the_remedy(small: Small) -> None:
    small.lay_out(numbered(6), agent="print('no key')\nsys.exit(78)\n", agents={"second": "sys.exit(78)\n"})
    ended = small.run("--agent", "plain,second", "--concurrency", "1", status=4)
    assert "agent 'second': it cannot work" in ended.err
    assert "run the same command again" in ended.err
    assert len(small.sessions()) == 2
    assert small.status()["attempts"] == 0


def test_a_limit_of_one_agent_stops_no_job_of_another(small: Small) -> None:
    small.lay_out(numbered(2), agent=FOR_HOURS, agents={"other": ANSWER})
    small.done("start", "small", "first")
    until(lambda: small.job_status("first") == "paused", "the first job is paused")
    small.done("start", "small", "second", "--agent", "other")
    assert small.until_ended("second") == "completed"
    assert small.job_status("first") == "paused"
    small.done("stop", "small/first")
    assert small.job_status("first") == "stopped"


def test_what_passed_before_a_limit_is_kept(small: Small) -> None:
    agent = UNTIL_THE_NEXT_SECOND.replace(
        "    over.touch()\n", "    over.touch()\n    write({'i01': {'said': items['i01']}})\n"
    )
    small.lay_out(numbered(2), agent=agent + "mark('asked', list(items))\n" + ANSWER, **WITH_VALIDATOR).run()
    assert small.main() == said(numbered(2))
    assert [list(each.asked) for each in small.sessions()] == [["i01", "i02"], ["i02"]]
    assert small.status()["attempts"] == 1


def test_an_unknown_or_doubled_agent_of_a_list_is_refused(small: Small) -> None:
    small.lay_out(numbered(2))
    assert "there is no agent 'plian'" in small.run("--agent", "plain,plian", status=2).err
    assert "agent 'plain' is named twice" in small.run("--agent", "plain,plain", status=2).err
