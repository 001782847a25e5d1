"""What follows from a report's errors, and text that a terminal may be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor import ValidationError, ValidationReport
from supervisor.text.plain_text import plain, plain_line

IDS = st.lists(st.sampled_from("abcdef"), unique=True)


@given(IDS, st.lists(st.sampled_from("abcxyz")))
def test_the_items_that_errors_name_failed_in_their_order(ids: list[str], named: list[str]) -> None:
    report = ValidationReport(errors=[ValidationError(type="t", message="m", item_id=i) for i in named])
    failed = report.failed_ids(ids)
    assert failed == tuple(i for i in ids if i in named)
    assert report.stats(ids) == {"total": len(ids), "passed": len(ids) - len(failed), "failed": len(failed)}
    assert report.valid is (not named)


@given(IDS, st.sampled_from("abc") | st.none())
def test_an_error_without_an_item_fails_the_whole_batch(ids: list[str], other: str | None) -> None:
    errors = [ValidationError(type="t", message="m", item_id=i) for i in (other, None)]
    assert ValidationReport(errors=errors).failed_ids(ids) == tuple(ids)


@given(st.text(st.sampled_from("ab \t\n\r\x1b\x07\x9b[]0;m\\\x00\x85\u202e\u2066é👍") | st.characters()))
def test_shown_text_steers_no_terminal(text: str) -> None:
    shown = plain(text)
    assert not any(ord(c) < 32 and c not in "\t\n" for c in shown)
    assert not any(0x7F <= ord(c) <= 0x9F or c in "\u202e\u2066" for c in shown)
    assert "\n" not in plain_line(text)
    assert len(plain_line(text, 10)) <= 10


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("50 %\r\ndone\r", "50 %\ndone\n"),
        ("é 👍 naïve", "é 👍 naïve"),
    ],
)
def test_escape_sequences_go_and_the_text_stays(text: str, shown: str) -> None:
    assert plain(text) == shown
