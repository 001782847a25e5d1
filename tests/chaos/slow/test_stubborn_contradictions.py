"""Batches that contradict each other and do not give in: one is merged, the others fail."""

from __future__ import annotations

from tests.support.contradicting_batches import OBEDIENT, lay_out
from tests.support.scripted_project import Small, open_gate

STUBBORN = OBEDIENT.replace("if told else", "if False else")


def test_batches_that_insist_on_a_contradiction_are_quarantined(small: Small) -> None:
    lay_out(small, STUBBORN, 3, max_attempts=1)
    running = small.begin_run()
    for session in small.at_gate("gate1", 3):
        open_gate(session, "gate1")
    assert running.end() == 1
    assert len(small.main()) == 1
    assert [item["errors"][0]["type"] for item in small.status()["failed_items"]] == ["contradiction"] * 2
