"""Which batch runs when: no barrier between phases, limits kept, boundaries from the canonical order alone."""

from __future__ import annotations

import json

import pytest

from tests.support.scripted_project import WAITS, Small, numbered, open_gate, said

LETTERS = """
def expand(item_id, payload):
    for number in range(payload["said"]["n"] % 4):
        yield f"{item_id}x{number}", number
"""
HOURS = """
came = time.monotonic_ns()
write(answers())
mark("hours", json.dumps([came, time.monotonic_ns()]))
"""


def at_once(small: Small) -> int:
    """Most sessions that were at work at the same time, as they themselves noted it."""
    hours = [json.loads((each.workspace / "hours").read_text()) for each in small.sessions()]
    changes = sorted([(came, 1) for came, _ in hours] + [(left, -1) for _, left in hours])
    now = most = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most


def test_a_later_phase_begins_before_the_earlier_one_ended(small: Small) -> None:
    agent = "if (phase, batch) == (1, 3):\n    wait_at('gate')\nwrite(answers())\n"
    small.lay_out(numbered(6), agent=agent, phases=[{}, {}, {}])
    running = small.begin_run()
    (last,) = small.at_gate()
    running.line_with("phase 3 batch 2", "2 items merged")
    assert {event["data"]["phase"] for event in small.events("batch_ended")} == {1, 2, 3}
    assert not [event for event in small.events("phase_completed") if event["data"]["phase"] == 1]
    open_gate(last)
    assert running.end() == 0
    assert small.main(3) == said(said(said(numbered(6))))


def test_a_batch_waits_for_the_items_that_it_covers_and_for_no_others(small: Small) -> None:
    """Phase 2 has batches of three over batches of two: its first needs the first two, and not the third."""
    agent = "if phase == 1:\n    wait_at('gate')\nwrite(answers())\n"
    small.lay_out(numbered(6), agent=agent, phases=[{}, {"batch_size": 3}])
    running = small.begin_run()
    first, second, third = small.at_gate(count=3)
    open_gate(second)
    running.line_with("phase 1 batch 2/3: 2 items merged")
    assert not small.sessions(2)
    open_gate(first)
    running.line_with("phase 2 batch 1", "3 items merged")
    open_gate(third)
    assert running.end() == 0
    assert [list(each.asked) for each in small.sessions(2)] == [["i01", "i02", "i03"], ["i04", "i05", "i06"]]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_the_order_in_which_sessions_end_changes_no_batch_and_no_byte(small: Small, order: tuple[int, ...]) -> None:
    agent = "if phase == 1:\n    wait_at('gate')\nwrite(answers())\n"
    small.lay_out(
        numbered(8),
        agent=agent,
        phases=[{}, {"items": {"phase": 1, "by": "letters.py"}, "batch_size": 5}, {"batch_size": 3}],
        functions={"letters.py": LETTERS},
    )
    running = small.begin_run()
    waiting = small.at_gate(count=4)
    for place in order:
        open_gate(waiting[place])
        running.line_with(f"phase 1 batch {place + 1}/4: 2 items merged")
    assert running.end() == 0
    letters = [f"i{n:02}x{number}" for n in range(1, 9) for number in range(n % 4)]
    assert [list(each.asked) for each in small.sessions(2)] == [letters[:5], letters[5:10], letters[10:]]
    in_order = [list(each.asked) for each in small.sessions(3)]
    assert in_order == [letters[start : start + 3] for start in range(0, len(letters), 3)]
    assert list(small.main(2)) == letters
    assert list(small.main(3)) == letters


def test_a_last_batch_whose_items_were_done_before_it_was_known_to_be_the_last_is_run(small: Small) -> None:
    """The last item expands to nothing: only then is it known that the batch of the third phase has one item."""
    agent = "if (phase, batch) == (1, 2):\n    wait_at('gate')\nwrite(answers())\n"
    small.lay_out(
        {"i01": {"n": 1}, "i02": {"n": 4}},
        agent=agent,
        phases=[
            {"batch_size": 1},
            {"items": {"phase": 1, "by": "letters.py"}, "batch_size": 1},
            {"batch_size": 2},
        ],
        functions={"letters.py": LETTERS},
    )
    running = small.begin_run()
    (last,) = small.at_gate()
    running.line_with("phase 2 batch 1", "1 items merged")
    assert not small.sessions(3)
    open_gate(last)
    assert running.end() == 0, "\n".join(running.lines)
    assert list(small.main(3)) == ["i01x0"]


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_sessions_run_at_once_than_was_asked(small: Small, limit: int) -> None:
    small.lay_out(numbered(12), agent=HOURS, phases=[{"batch_size": 1}, {"batch_size": 1}])
    small.run("--concurrency", str(limit))
    assert len(small.sessions()) == 24
    assert at_once(small) <= limit


def test_as_many_sessions_run_at_once_as_were_asked(small: Small) -> None:
    small.lay_out(numbered(12), agent=WAITS, phases=[{"batch_size": 1}])
    running = small.begin_run("--concurrency", "5")
    waiting = small.at_gate(count=5)
    assert len(waiting) == len(small.sessions()) == 5
    assert [each.batch for each in waiting] == [1, 2, 3, 4, 5]
    open_gate(waiting[2])
    assert [each.batch for each in small.at_gate(count=5)] == [1, 2, 4, 5, 6]
    running.ask_to_end()


def test_an_agent_has_a_limit_of_its_own(small: Small) -> None:
    small.lay_out(numbered(12), agent=HOURS, phases=[{"batch_size": 1}])
    settings = small.root / "supervisor.toml"
    settings.write_text(settings.read_text().replace("[agents.plain]\n", "[agents.plain]\nconcurrency = 2\n"))
    small.run("--concurrency", "6")
    assert at_once(small) <= 2
    assert small.main() == said(numbered(12))


def test_two_jobs_of_a_daemon_share_the_sessions_of_the_project(small: Small) -> None:
    small.lay_out(numbered(6), agent=WAITS, phases=[{"batch_size": 1}])
    small.done("start", "small", "one")
    small.at_gate(count=4)
    small.done("start", "small", "two")
    waiting = small.at_gate(count=4)
    done = 0
    while waiting:
        assert len(waiting) <= 4
        open_gate(waiting[0])
        done += 1
        waiting = small.at_gate(count=min(4, 12 - done)) if done < 12 else []
    assert {small.until_ended("one"), small.until_ended("two")} == {"completed"}


def test_what_more_phases_wait_for_goes_first(small: Small) -> None:
    """Phase 2 is a side branch; 4 waits for 3. With one session at a time 3 is done before 2."""
    phases = [{}, {"items": {"phase": 1}}, {"items": {"phase": 1}}, {"items": {"phase": 3}}]
    small.lay_out(numbered(6), phases=phases).run("--concurrency", "1")
    started = [event["data"]["phase"] for event in small.events("session_started")]
    assert started[:6] == [1, 1, 1, 3, 3, 3]
    assert sorted(started[6:]) == [2, 2, 2, 4, 4, 4]


def test_progress_lines_say_how_far_it_is(small: Small) -> None:
    small.lay_out(numbered(6)).run("--concurrency", "1")
    lines = [line for line in small.progress.splitlines() if "items merged |" in line]
    assert len(lines) == 3
    for number, line in enumerate(lines, 1):
        assert f"{number} of 3 batches, {100 * number / 3:.1f} %" in line
        assert f"items {2 * number}, retries 0, failed 0" in line
        assert "elapsed" in line and "left" in line and "cost unknown" in line
