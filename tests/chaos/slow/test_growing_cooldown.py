"""An agent that stays limited is tried less and less often."""

from __future__ import annotations

import pytest

from tests.support.limited_agents import NOT_SAID, gate, let_through
from tests.support.scripted_project import ANSWER, Small, numbered
from tests.support.waiting import until


def test_one_that_tries_in_vain_waits_longer(small: Small) -> None:
    small.lay_out(numbered(2), agent=NOT_SAID + ANSWER)
    for tries, pause_s in enumerate((60, 120, 240)):
        running = small.begin_run()
        found = until(
            lambda n=tries: (row := gate(small)) and row["failed_probes"] == n and row, f"{tries} tries in vain"
        )
        assert found["next_probe_at"] - found["started_at"] == pytest.approx(pause_s)
        assert running.ask_to_end() == 3
        let_through(small)
    assert small.status()["attempts"] == 0
