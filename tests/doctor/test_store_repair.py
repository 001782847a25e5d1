"""Damaged state is named, mended, and nothing is paid for twice; tests/chaos/damage has many more kinds of damage."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.damage_and_mending import (
    every_third_page,
    gone,
    has_its_main_file_written_again,
    is_not_taken_for_none,
    is_refused_and_mended,
    no_log,
    removed,
    tells_and_has_again_what_its_log_lost,
)
from tests.support.damaged_project import Damaged


@pytest.mark.parametrize(
    ("breaks", "named"),
    [
        (gone, "it is not there, but 20 session folders and notes of 3 main files of earlier runs are there"),
        (every_third_page, ""),
    ],
    ids=["gone", "every third page overwritten"],
)
def test_a_damaged_store_is_refused_by_name_and_mended_and_nothing_is_done_again(
    finished: Damaged, breaks: Callable[[Damaged], None], named: str
) -> None:
    is_refused_and_mended(finished, breaks, named)


def test_counters_that_disagree_with_the_rows_are_found_and_made_anew(finished: Damaged) -> None:
    finished.change("UPDATE item_counts SET n = n - 2 WHERE phase = 2", "DELETE FROM batch_counts WHERE phase = 3")
    assert "job 1 phase 2: 10 items are counted as merged, there are 12" in finished.findings()
    assert "are counted as" in finished.refused()
    assert "its counters are made anew" in finished.repair()
    assert finished.again() == []


def test_sums_of_sessions_that_disagree_with_them_are_found_and_made_anew(finished: Damaged) -> None:
    finished.change("UPDATE session_totals SET sessions = sessions + 1 WHERE phase = 2")
    assert "job 1 phase 2: sessions is counted as 7, its sessions come to 6" in finished.findings()
    assert "its counters are made anew" in finished.repair()
    assert finished.again() == []


def test_a_lost_store_is_not_taken_for_none_and_looking_leaves_it_as_it_is(finished: Damaged) -> None:
    is_not_taken_for_none(finished, gone, "status")


def test_a_main_file_that_is_gone_is_written_from_the_store(finished: Damaged) -> None:
    has_its_main_file_written_again(finished, removed, repaired=True)


def test_what_a_lost_log_has_lost_is_told_and_had_again(cut_off_project: Damaged) -> None:
    tells_and_has_again_what_its_log_lost(cut_off_project, no_log, "")
