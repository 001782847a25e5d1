"""When a limit ends that Codex tells of, in every time zone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import pytest

from supervisor.agents.codex.codex_failures import ends_at
from tests.agents.codex.codex_lines import NOON, at, error, heard


@pytest.mark.parametrize(
    ("said", "until"),
    [
        ("Try again at 1:29 PM.", "2026-11-21 13:30"),
        ("or try again at 1:43 PM.", "2026-11-21 13:44"),
        ("or try again at 12:00 PM.", "2026-11-21 12:01"),
        ("or try again at 12:59 PM.", "2026-11-21 13:00"),
        ("or try again at 11:59 PM.", "2026-11-22 00:00"),
        ("or try again at 12:05 AM.", "2026-11-21 00:06"),
        ("or try again at Nov 22nd, 2026 12:05 AM.", "2026-11-22 00:06"),
        ("or try again at Nov 24th, 2026 10:41 AM.", "2026-11-24 10:42"),
        ("or try again at Dec 1st, 2026 9:05 PM.", "2026-12-01 21:06"),
    ],
)  # fmt: skip
def test_a_usage_limit_is_over_a_minute_after_the_one_that_is_printed(said: str, until: str) -> None:
    trouble = heard(
        error(f"You’ve hit your usage limit. Visit https://chatgpt.com/settings/usage to buy {said}")
    ).trouble
    assert trouble is not None
    assert trouble.until == at(until)


def test_a_usage_limit_may_end_in_the_next_year() -> None:
    said = error("You’ve hit your usage limit. Try again at Jan 3rd, 2027 11:59 PM.")
    trouble = heard(said, now=at("2026-12-20 12:00")).trouble
    assert trouble is not None
    assert trouble.until == at("2027-01-04 00:00")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Please try again in 4.054s. Visit x", 4.054),
        ("Please try again in 120ms. Visit x", 0.12),
        ("Please try again in 6m0s.", 360),
        ("Please try again in 1h2m3s.", 3723),
        ("or try again in 2 days 17 hours 14 minutes.", 234_840),
        ("or try again in 1 hour 1 minute.", 3660),
    ],
)
def test_a_limit_that_ends_after_a_while_is_counted_from_now(said: str, seconds: float) -> None:
    assert ends_at(said, NOON) == pytest.approx(NOON + seconds, abs=0.001)


@pytest.mark.parametrize(
    "said",
    [
        "Try again later.",
        "try again at a better time",
        "try again at Feb 31st, 2026 1:00 PM.",
        "try again at 13:00 PM.",
        "try again in a moment",
        "Usage resets soon.",
    ],
)
def test_a_time_that_is_not_told_is_not_made_up(said: str) -> None:
    assert ends_at(f"You’ve hit your usage limit. {said}", NOON) is None


@pytest.fixture
def in_zone() -> Iterator[Callable[[str], None]]:
    """Have this process live in another time zone."""
    before = os.environ.get("TZ")

    def move(zone: str) -> None:
        os.environ["TZ"] = zone
        time.tzset()

    yield move
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Marquesas"])
@pytest.mark.parametrize(
    ("now", "said", "until"),
    [
        ("2026-11-21 12:00", "1:29 PM", "2026-11-21 13:30"),
        ("2026-11-21 23:58", "11:59 PM", "2026-11-22 00:00"),
        ("2026-11-22 00:01", "4:30 AM", "2026-11-22 04:31"),
        ("2026-12-31 23:50", "Jan 1st, 2027 1:20 AM", "2027-01-01 01:21"),
        ("2026-03-08 06:30", "7:30 AM", "2026-03-08 07:31"),  # while New York's clocks go forward
        ("2026-11-01 05:30", "6:30 AM", "2026-11-01 06:31"),  # and back
    ],
)
def test_the_supervisor_s_time_zone_and_summer_time_change_nothing(
    in_zone: Callable[[str], None], zone: str, now: str, said: str, until: str
) -> None:
    in_zone(zone)
    assert ends_at(f"You’ve hit your usage limit. Try again at {said}.", at(now)) == at(until)
