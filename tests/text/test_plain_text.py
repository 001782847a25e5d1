"""Text that others wrote, made fit to be shown: it steers no terminal, and its letters stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.text.plain_text import plain, plain_line


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
