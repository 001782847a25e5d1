"""Many starts at once, and starts that meet a daemon which is about to end: each job is done, and once."""

from __future__ import annotations

import json

from tests.support.scripted_project import TARGET, Small, numbered, said
from tests.support.waiting import until


def test_twenty_starts_of_different_targets_are_all_done(small: Small) -> None:
    small.lay_out(numbered(2))
    targets = [f"target_{number}" for number in range(20)]
    commands = [small.begin("start", "small", target) for target in targets]
    statuses = [command.end() for command in commands]
    assert statuses == [0] * 20, [command.err for command in commands if command.process.returncode]
    assert {small.until_ended(target) for target in targets} == {"completed"}
    for target in targets:
        assert json.loads((small.results(target, "made") / "out_1.json").read_text()) == said(numbered(2))
    assert len(small.sessions()) == 20


def test_starts_that_meet_a_daemon_which_is_about_to_end_are_all_done(small: Small) -> None:
    """One after the other, each when the one before is done, so that some come while the daemon leaves."""
    small.lay_out(numbered(2))
    for number in range(6):
        small.done("start", "small", f"target_{number}")
        small.until_ended(f"target_{number}")
        if number % 2:
            until(lambda: not (small.state / "supervisor.json").exists(), "the daemon lets go")
    assert {small.job_status(f"target_{number}") for number in range(6)} == {"completed"}


def test_starts_of_one_target_at_the_same_moment_do_the_work_once(small: Small) -> None:
    small.lay_out(numbered(8))
    commands = [small.begin("start", "small", TARGET) for _ in range(8)]
    assert [command.end() for command in commands] == [0] * 8, [command.err for command in commands]
    holder = small.state / "supervisor.json"
    until(lambda: small.job_status() == "completed" and not holder.exists(), "the daemon has nothing left to do")
    assert len(small.rows("SELECT * FROM jobs")) == 1
    assert len(small.sessions()) == 4
    assert small.main() == said(numbered(8))
