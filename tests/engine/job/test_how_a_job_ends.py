"""How a job ends, and that it is said in the same words wherever it is shown."""

from __future__ import annotations

import json
from typing import Any

from tests.support.scripted_project import ANSWER, PIPELINE, TARGET, WAITS, Small, numbered, said, tells

NAME = f"{PIPELINE}/{TARGET}"
LACKING = "write({i: {'said': p} for i, p in items.items() if p['n'] not in %s})\n"
ONE_TRY = {"max_attempts": 1}


def lay_out(small: Small, lacking: set[int], *, count: int = 3, phases: int = 1, **phase: Any) -> Small:
    """An agent that never answers the items with these numbers, in the last phase."""
    agent = f"if phase < {phases}:\n    write({{i: p for i, p in items.items()}})\nelse:\n    {LACKING % lacking}"
    return small.lay_out(numbered(count), agent=agent, phases=[{**ONE_TRY, **phase}] * phases)


def test_with_some_items_missing_it_is_completed_with_gaps(small: Small) -> None:
    ended = lay_out(small, {2}).run(status=1)
    assert f"{NAME}: completed_with_gaps: 2 of 3 items after " in ended.out
    assert f"job 1 {NAME}: completed_with_gaps: 2 of 3 items after " in small.progress.splitlines()[-1]
    assert "phase 1 phase 1: completed_with_gaps, 2 of 3 items in out_1.json, 1 failed" in small.progress
    shown = small.status()
    assert (shown["status"], shown["phases"][0]["status"]) == ("completed_with_gaps", "completed_with_gaps")
    assert f"{NAME}: completed_with_gaps: 2 of 3 items" in small.done("status").out
    assert small.done("jobs").out.split()[1] == "completed_with_gaps"
    assert small.events()[-1]["kind"] == "job_completed_with_gaps"


def test_the_gaps_that_are_told_are_those_of_the_last_phase(small: Small) -> None:
    lay_out(small, {2}, phases=2, batch_size=1)
    assert "completed_with_gaps: 2 of 3 items" in small.run(status=1).out


def test_with_no_item_at_all_it_has_failed(small: Small) -> None:
    ended = lay_out(small, {1, 2, 3}).run(status=1)
    assert f"{NAME}: failed after " in ended.out
    assert small.status()["status"] == "failed"


def test_where_its_last_phase_made_nothing_it_has_failed(small: Small) -> None:
    lay_out(small, {1, 2, 3}, phases=2).run(status=1)
    assert [phase["status"] for phase in small.status()["phases"]] == ["completed", "failed"]
    assert small.status()["status"] == "failed"


def test_a_strict_stop_is_a_failure_whatever_there_is(small: Small) -> None:
    lay_out(small, {2}, batch_size=1).run("--strict", "--concurrency", "1", status=1)
    assert (small.status()["status"], list(small.main())) == ("failed", ["i01"])


def test_what_is_tried_again_and_passes_completes_it(small: Small) -> None:
    lay_out(small, {2}).run(status=1)
    small.write("agents/plain.py", (small.root / "agents/plain.py").read_text().replace("{2}", "()"))
    small.done("retry", NAME)
    assert small.until_ended() == "completed"
    assert small.status()["phases"][0]["status"] == "completed"


def test_a_run_that_has_nothing_to_do_says_so_and_tells_the_cost_of_others_as_theirs(small: Small) -> None:
    small.lay_out(numbered(2), agent=tells(cost_usd=0.25) + ANSWER).run()
    again = small.run()
    assert f"{NAME}: nothing was left to do, completed; earlier runs: 1 session, 0 retries, cost $0.25\n" in again.out
    assert small.progress.splitlines()[-1].endswith(f"job 1 {NAME}: nothing was left to do, completed")
    small.write_items(numbered(4))
    more = small.run()
    assert "; 1 session; with earlier runs 2 sessions, 0 retries, cost $0.50\n" in more.out
    assert "nothing was left" not in more.out


def test_a_run_that_leaves_the_gaps_as_they_are_has_done_nothing(small: Small) -> None:
    lay_out(small, {2}).run(status=1)
    assert f"{NAME}: nothing was left to do, completed_with_gaps: 2 of 3 items; " in small.run(status=1).out


def test_a_phase_without_items_is_a_warning(small: Small) -> None:
    small.lay_out(
        numbered(2),
        phases=[{}, {"items": {"phase": 1, "by": "none.py"}}],
        functions={"none.py": "def expand(item_id, payload):\n    return iter(())\n"},
    )
    ended = small.run()
    (told,) = [event for event in small.events("phase_completed") if event["data"]["phase"] == 2]
    assert (told["level"], told["text"]) == ("WARNING", "phase 2 phase 2: it has no items, so out_2.json is empty")
    assert "warning: phase 2 phase 2 has no items" in ended.out


def test_watch_ends_as_run_did(small: Small) -> None:
    lay_out(small, set()).run()
    small.done("watch", NAME)
    small.write_items(numbered(4))
    small.write("agents/plain.py", (small.root / "agents/plain.py").read_text().replace("set()", "{4}"))
    small.run(status=1)
    small.done("watch", NAME, status=1)


def test_watch_ends_with_4_where_an_error_ended_the_job_and_with_3_where_a_person_did(small: Small) -> None:
    small.lay_out(numbered(2), agents={"unable": "print('not signed in')\nsys.exit(78)\n"})
    small.run("--agent", "unable", status=4)
    small.done("watch", NAME, status=4)
    small.done("cancel", NAME)
    small.done("watch", NAME, status=3)


def test_a_job_whose_supervisor_was_killed_is_interrupted_until_it_goes_on(small: Small) -> None:
    small.lay_out(numbered(2), agent=f"if session == 1:\n    {WAITS}{ANSWER}")
    running = small.begin_run()
    small.at_gate()
    assert small.status()["status"] == "running"
    running.kill()
    shown = small.status()
    assert (shown["status"], shown["phases"][0]["status"]) == ("interrupted", "waiting")
    assert shown["phases"][0]["batches"] == {"total": 1, "done": 0, "running": 0}
    assert f"job 1 {NAME}: interrupted, " in small.done("status").out
    assert "no supervisor works on it: the command that began it goes on" in small.done("status").out
    assert small.done("jobs").out.split()[1] == "interrupted"
    small.done("watch", NAME, status=3)
    small.done("report", NAME)
    page = (small.folder / f"{PIPELINE}_{TARGET}_report.html").read_text(encoding="utf-8")
    assert 'class="pill interrupted"' in page
    small.run()
    assert small.main() == said(numbered(2))
    assert small.status()["status"] == "completed"


def test_costs_are_told_to_the_millionth_of_a_dollar(small: Small) -> None:
    small.lay_out(numbered(3), agent=tells(cost_usd=0.0033) + ANSWER, phases=[{"batch_size": 1}]).run()
    shown = small.done("status", "--json").out
    assert "0.0099" in shown and "0.00989" not in shown
    costs = [event["data"]["cost_usd"] for event in small.events("batch_ended")]
    assert costs == [0.0033, 0.0066, 0.0099]
    assert json.loads(shown)["jobs"][0]["projected_cost_usd"] == 0.0099


def test_a_validator_that_fails_is_told_in_sentences_and_as_no_attempt(small: Small) -> None:
    broken = "def validate(*given):\n    raise RuntimeError('not written yet')\n"
    small.lay_out(numbered(2), phases=[{"validator": "check.py"}], validators={"check.py": broken}).run(status=1)
    (error, *_) = small.status()["failed_items"][0]["errors"]
    assert error["message"].endswith("RuntimeError: not written yet. Correct the file.")
    assert "2 items quarantined (i01, i02): validator_failed" in small.progress
    assert " 0 " not in small.events("batch_failed")[0]["text"]
