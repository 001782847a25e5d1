"""What did not pass is asked for again, with what was wrong with it, and nothing else is."""

from __future__ import annotations

import signal

import pytest

from tests.support import processes
from tests.support.scripted_project import TARGET, WAITS, Small, numbered, open_gate, said

WRONG_UNTIL_TOLD = """
told = (here / "prompt.md").read_text().partition("# RETRY")[2]
write({i: {"said": p if p["n"] not in WRONG or session >= RIGHT_FROM else "nonsense"} for i, p in items.items()})
"""
VALIDATOR = """
def validate(batch, output, merged):
    errors = [ValidationError(type="wrong_answer", item_id=i, message=f"{i} says {output[i]['said']!r}, not {p}",
                              suggestion=f"say {p['n']} again")
              for i, p in batch.items.items() if output[i]["said"] != p]
    return ValidationReport(errors=errors)
"""


def agent(wrong: set[int], right_from: int) -> str:
    """An agent that answers these numbers wrongly until its session has this number."""
    return f"WRONG, RIGHT_FROM = {wrong!r}, {right_from}\n{WRONG_UNTIL_TOLD}"


def lay_out(small: Small, count: int, wrong: set[int], right_from: int, **phase: object) -> Small:
    return small.lay_out(
        numbered(count),
        agent=agent(wrong, right_from),
        phases=[{"validator": "check.py", "batch_size": 5, **phase}],
        validators={"check.py": VALIDATOR},
    )


def test_a_retry_asks_for_the_failed_items_only_and_says_what_was_wrong(small: Small) -> None:
    lay_out(small, 5, {2, 4}, 2).run()
    first, second = small.sessions()
    assert list(first.asked) == ["i01", "i02", "i03", "i04", "i05"]
    assert "# RETRY" not in first.prompt
    assert list(second.asked) == ["i02", "i04"]
    before, _, retry = second.prompt.partition("# RETRY")
    assert '"i02": {' in before and '"i04": {' in before
    assert not [item for item in ("i01", "i03", "i05") if item in before.partition("# This batch")[2]]
    assert "answer these **only**: i02, i04" in retry
    for item, number in (("i02", 2), ("i04", 4)):
        assert f"- type: wrong_answer\n  item: {item}\n" in retry
        assert f"message: {item} says 'nonsense', not {{'n': {number}}}" in retry
        assert f"suggestion: say {number} again" in retry
    assert not [item for item in ("i01", "i03", "i05") if item in retry]
    assert small.main() == said(numbered(5))
    assert small.status()["retries"] == 1


def test_an_error_of_the_whole_batch_is_told_and_all_of_it_is_asked_for_again(small: Small) -> None:
    small.lay_out(
        numbered(2), agent="write(answers()) if session > 1 else output.write_text('{\"i01\": ')\n", phases=[{}]
    ).run()
    second = small.sessions()[1]
    assert list(second.asked) == ["i01", "i02"]
    retry = second.prompt.partition("# RETRY")[2]
    assert "- type: not_json\n  item: the whole batch\n" in retry
    assert small.main() == said(numbered(2))


def test_an_item_left_out_is_asked_for_again_alone(small: Small) -> None:
    left_out = """
if session == 1:
    write({**{i: a for i, a in answers().items() if i != "i02"}, "i99": {"said": "?"}})
else:
    write(answers())
"""
    small.lay_out(numbered(3), agent=left_out, phases=[{"batch_size": 3}]).run()
    second = small.sessions()[1]
    assert list(second.asked) == ["i02"]
    retry = second.prompt.partition("# RETRY")[2]
    assert "type: missing_item" in retry and "item: i02" in retry
    assert "type: unknown_item" in retry and "item: i99" in retry
    assert small.main() == said(numbered(3))


def test_an_answer_for_an_item_that_passed_before_does_not_replace_it(small: Small) -> None:
    meddler = """
if session == 1:
    write({**answers(), "i02": {"said": "nonsense"}})
else:
    write({**answers(), "i01": {"said": {"n": 1}, "meddled": True}})
"""
    small.lay_out(
        numbered(2), agent=meddler, phases=[{"validator": "check.py"}], validators={"check.py": VALIDATOR}
    ).run()
    assert small.main() == said(numbered(2))


def test_what_passed_is_kept_across_kill_9_between_two_attempts(small: Small) -> None:
    second_waits = """
if session == 1:
    write({**answers(), "i02": {"said": "nonsense"}})
else:
    mark("asked_again")
    if session == 2:
        wait_at("gate")
    write(answers())
"""
    small.lay_out(
        numbered(3),
        agent=second_waits,
        phases=[{"validator": "check.py", "batch_size": 3}],
        validators={"check.py": VALIDATOR},
    )
    running = small.begin_run()
    small.at_gate()
    running.kill()
    kept = small.rows("SELECT id, status FROM items ORDER BY id")
    assert kept == [
        {"id": "i01", "status": "passed"},
        {"id": "i02", "status": "waiting"},
        {"id": "i03", "status": "passed"},
    ]
    small.run()
    third = small.sessions()[-1]
    assert (third.number, list(third.asked)) == (3, ["i02"])
    assert "'nonsense'" in third.prompt.partition("# RETRY")[2]
    assert small.main() == said(numbered(3))
    job = small.status()
    assert job["sessions"] == 3
    assert job["attempts"] == 2  # the one that was cut off is none


def test_after_max_attempts_the_failed_items_are_quarantined_and_the_others_merged(small: Small) -> None:
    lay_out(small, 10, {2, 7}, 99, max_attempts=2)
    ended = small.run(status=1)
    assert small.main() == said({i: p for i, p in numbered(10).items() if i not in ("i02", "i07")})
    assert [session.number for session in small.sessions()] == [1, 2, 1, 2]
    job = small.status()
    assert job["status"] == "completed_with_gaps"
    assert [(item["phase"], item["id"]) for item in job["failed_items"]] == [(1, "i02"), (1, "i07")]
    assert job["failed_items"][0]["errors"][0]["type"] == "wrong_answer"
    assert (job["phases"][0]["status"], job["phases"][0]["items"]["quarantined"]) == ("completed_with_gaps", 2)
    assert "failed: phase 1 i02: wrong_answer" in ended.out
    assert f"supervisor retry small/{TARGET}" in ended.out


def test_max_attempts_of_the_command_line_counts(small: Small) -> None:
    lay_out(small, 5, {3}, 99)
    small.run("--max-attempts", "4", status=1)
    assert [session.number for session in small.sessions()] == [1, 2, 3, 4]


def test_a_crash_and_a_session_without_output_are_attempts(small: Small) -> None:
    crashes = "sys.exit({1: 9, 2: 0}.get(session)) if session < 3 else write(answers())\n"
    small.lay_out(numbered(2), agent=crashes).run()
    _, second, third = small.sessions()
    assert "type: crashed" in second.prompt.partition("# RETRY")[2]
    assert "exit status 9" in second.prompt.partition("# RETRY")[2]
    assert "type: no_output" in third.prompt.partition("# RETRY")[2]
    assert small.status()["attempts"] == 3


TWO_PHASES = [{"validator": "check.py", "max_attempts": 1, "batch_size": 3}, {"batch_size": 3}]
STUBBORN = """
healed = (Path(os.environ["SUPERVISOR_PROJECT"]) / "healed").exists()
write({i: {"said": "nonsense" if phase == 1 and p["n"] in (2, 5) and not healed else p} for i, p in items.items()})
"""


def two_phases(small: Small) -> Small:
    return small.lay_out(numbered(6), agent=STUBBORN, phases=TWO_PHASES, validators={"check.py": VALIDATOR})


def test_the_next_phase_goes_on_without_what_failed(small: Small) -> None:
    two_phases(small).run(status=1)
    good = {i: p for i, p in numbered(6).items() if i not in ("i02", "i05")}
    assert small.main(1) == said(good)
    assert small.main(2) == said(said(good))


def test_retry_does_what_failed_again_and_the_next_phase_follows(small: Small) -> None:
    two_phases(small).run(status=1)
    before = {session.name for session in small.sessions()}
    small.write("healed", "")
    small.done("retry", f"small/{TARGET}")
    assert small.until_ended() == "completed", small.progress
    assert small.main(1) == said(numbered(6))
    assert small.main(2) == said(said(numbered(6)))
    new = [session for session in small.sessions() if session.name not in before]
    assert {(session.phase, item) for session in new for item in session.asked} == {
        (1, "i02"), (1, "i05"), (2, "i02"), (2, "i05"),
    }  # fmt: skip


def test_retry_of_named_items_leaves_the_others_as_they_are(small: Small) -> None:
    two_phases(small).run(status=1)
    before = {session.name for session in small.sessions()}
    small.write("healed", "")
    small.done("retry", f"small/{TARGET}", "--items", "i05")
    assert small.until_ended() == "completed_with_gaps", small.progress  # i02 still is
    new = [session for session in small.sessions() if session.name not in before]
    assert {item for session in new for item in session.asked} == {"i05"}
    assert list(small.main(1)) == ["i01", "i03", "i04", "i05", "i06"]
    small.done("retry", f"small/{TARGET}", "--items", "i02,i01")
    assert small.until_ended() == "completed", small.progress
    assert small.main(1) == said(numbered(6))


def test_retry_of_an_unknown_item_is_refused(small: Small) -> None:
    two_phases(small).run(status=1)
    refused = small.cli("retry", f"small/{TARGET}", "--items", "i02,i77")
    assert refused.status == 2
    assert "i77" in refused.err
    assert small.job_status() == "completed_with_gaps"


EXPANDED = """
def expand(item_id, payload):
    for letter in "ab":
        yield f"{item_id}{letter}", {"n": payload["said"]["n"], "letter": letter}
"""


def test_what_a_retried_item_expands_to_is_done_in_the_same_run(small: Small) -> None:
    small.lay_out(
        numbered(6),
        agent=STUBBORN,
        phases=[TWO_PHASES[0], {"items": {"phase": 1, "by": "letters.py"}, "batch_size": 3}],
        validators={"check.py": VALIDATOR},
        functions={"letters.py": EXPANDED},
    ).run(status=1)
    assert len(small.main(2)) == 8
    small.write("healed", "")
    small.done("retry", f"small/{TARGET}")
    assert small.until_ended() == "completed", small.progress
    assert list(small.main(2)) == [f"{item}{letter}" for item in numbered(6) for letter in "ab"]


def test_a_batch_whose_context_failed_waits_as_it_was_once_that_is_mended(small: Small) -> None:
    """No session was started for it: nothing of it is given to another batch, and none stands as failed."""
    wants = "from pathlib import Path\n\n\ndef context(batch, merged):\n    return Path('mended').read_text()\n"
    small.lay_out(numbered(6), phases=[{"context": "wants.py"}], functions={"wants.py": wants}).run(status=1)
    assert not small.sessions()
    small.write("mended", "now")
    small.done("retry", f"small/{TARGET}")
    assert small.until_ended() == "completed", small.progress
    assert small.main() == said(numbered(6))
    assert [row["status"] for row in small.rows("SELECT status FROM batches")] == ["done"] * 3
    assert [(each.batch, each.number) for each in small.sessions()] == [(1, 1), (2, 1), (3, 1)]


def test_strict_stops_at_the_first_batch_that_cannot_be_made_to_pass(small: Small) -> None:
    lay_out(small, 15, {7}, 99, max_attempts=1)
    small.run("--strict", "--concurrency", "1", status=1)
    assert [(session.batch, session.number) for session in small.sessions()] == [(1, 1), (2, 1)]
    assert list(small.main()) == ["i01", "i02", "i03", "i04", "i05", "i06", "i08", "i09", "i10"]
    small.write("agents/plain.py", (small.root / "agents/plain.py").read_text().replace("{7}", "set()"))
    small.done("retry", f"small/{TARGET}")
    assert small.until_ended() == "completed", small.progress
    assert small.main() == said(numbered(15))


def test_the_exit_status_says_how_it_ended(small: Small) -> None:
    small.lay_out(
        numbered(2),
        agents={
            "waiting": "wait_at('gate')\n",
            "unable": "print('not signed in')\nsys.exit(78)\n",
            "wrong": "write({})\n",
        },
        settings={"max_attempts": 1},
    )
    assert small.cli("run", "small", TARGET, "--agent", "nobody").status == 2
    assert not small.folder.exists()
    running = small.begin_run("--agent", "waiting")
    small.at_gate()
    assert running.ask_to_end() == 3
    assert small.job_status() == "stopped"
    unable = small.cli("run", "small", TARGET, "--agent", "unable")
    assert unable.status == 4
    assert "not signed in" in unable.err
    small.run("--agent", "wrong", status=1)
    small.done("retry", f"small/{TARGET}", "--items", "i01,i02")
    assert small.until_ended() == "failed"
    small.run(status=1)


def test_a_job_that_is_done_ends_with_0(small: Small) -> None:
    small.lay_out(numbered(2)).run(status=0)
    assert small.job_status() == "completed"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_run_that_is_asked_to_end_keeps_what_is_done_and_says_how_to_go_on(small: Small, number: int) -> None:
    small.lay_out(numbered(4), agent="wait_at('gate') if session == 1 else None\nwrite(answers())\n")
    running = small.begin_run()
    _, second = small.at_gate(count=2)
    open_gate(second)
    running.line_with("2 items merged")
    running.process.send_signal(number)
    assert running.end() == 3
    assert "Traceback" not in running.err
    assert "the same command goes on" in "\n".join(running.lines)
    processes.none_left(small.root)
    assert small.main() == said(numbered(2, first=3))
    small.run()
    assert small.main() == said(numbered(4))
    assert [(each.batch, each.number) for each in small.sessions()] == [(1, 1), (1, 2), (2, 1)]
    assert small.status()["attempts"] == 2


def test_a_run_whose_reader_leaves_does_not_say_that_it_is_done(small: Small) -> None:
    small.lay_out(numbered(4), agent=WAITS)
    running = small.begin_run()
    waiting = small.at_gate(count=2)
    running.stdout.close()
    for session in waiting:
        open_gate(session)
    status = running.process.wait()
    assert (status == 0) == (small.job_status() == "completed")
    assert "Traceback" not in running.err
    small.run()
    assert small.main() == said(numbered(4))


def test_nothing_to_do_is_done(small: Small) -> None:
    small.lay_out({}, phases=[{}, {}]).run("--allow-empty")
    assert small.job_status() == "completed"
    assert not small.sessions()


def test_a_session_released_by_its_gate_goes_on(small: Small) -> None:
    small.lay_out(numbered(2), agent=WAITS)
    running = small.begin_run()
    open_gate(small.at_gate()[0])
    assert running.end() == 0
