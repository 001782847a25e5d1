"""Slots: no more sessions at once than the project, the job and the agent allow."""

from __future__ import annotations

from supervisor.engine.dispatch.slots import SlotClaim, Slots


def take_all(slots: Slots, claim: SlotClaim) -> int:
    taken = 0
    while slots.take(claim):
        taken += 1
    return taken


def test_a_job_has_its_own_limit() -> None:
    assert take_all(Slots(8), SlotClaim(job=1, job_limit=3, agent="a")) == 3


def test_jobs_share_the_projects_limit() -> None:
    slots = Slots(8)
    assert take_all(slots, SlotClaim(job=1, job_limit=5, agent="a")) == 5
    assert take_all(slots, SlotClaim(job=2, job_limit=5, agent="a")) == 3


def test_a_job_that_asks_for_more_than_the_project_has_it() -> None:
    assert take_all(Slots(8), SlotClaim(job=1, job_limit=16, agent="a")) == 16


def test_what_the_machine_has_room_for_holds_whatever_is_asked_for() -> None:
    slots = Slots(8)
    slots.fit(5)
    assert take_all(slots, SlotClaim(job=1, job_limit=3, agent="a")) == 3
    assert take_all(slots, SlotClaim(job=2, job_limit=16, agent="a")) == 2
    assert slots.at_most(16) == 5
    assert slots.at_most(3) == 3


def test_an_agents_limit_holds_over_all_jobs() -> None:
    slots = Slots(8)
    assert take_all(slots, SlotClaim(job=1, job_limit=2, agent="a", agent_limit=3)) == 2
    assert take_all(slots, SlotClaim(job=2, job_limit=2, agent="a", agent_limit=3)) == 1
    assert take_all(slots, SlotClaim(job=2, job_limit=2, agent="b", agent_limit=3)) == 1


def test_a_slot_given_back_can_be_taken_again_and_wakes_who_waits() -> None:
    slots, woken = Slots(1), []
    claim = SlotClaim(job=1, job_limit=1, agent="a")
    stop = slots.on_free(lambda: woken.append(1))
    assert slots.take(claim)
    assert not slots.take(claim)
    slots.give(claim)
    assert woken == [1]
    assert slots.take(claim)
    stop()
    slots.give(claim)
    assert woken == [1]
