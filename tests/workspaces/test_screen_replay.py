"""What a program drew, as text: as a screen shows it, whatever the bytes are, and the end of it where it is much."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.text.terminal_size import COLUMNS, ROWS
from supervisor.workspaces.screen_replay import replayed
from tests.support.property_examples import examples

MOVES = ["\x1b[H", "\x1b[3;7H", "\x1b[5A", "\x1b[2B", "\x1b[C", "\x1b[4D", "\x1b[9G", "\x1b[30d", "\x1b[2E", "\x1b[F"]
EDITS = ["\x1b[J", "\x1b[1J", "\x1b[2J", "\x1b[K", "\x1b[1K", "\x1b[2K", "\x1b[2L", "\x1b[M", "\x1b[3P", "\x1b[2@"]
MODES = [
    "\x1b[3;20r",
    "\x1b[r",
    "\x1b7",
    "\x1b8",
    "\x1bM",
    "\x1bD",
    "\x1bE",
    "\x1b[4h",
    "\x1b[4l",
    "\x1b[?7l",
    "\x1b[?7h",
]
UNSEEN = ["\x1b[31m", "\x1b[0;1;38;5;3m", "\x1b]0;title\x07", "\x1b[?25l", "\x1b[?2004h", "\x1b(B"]
CONTROLS = ["\n", "\r\n", "\r", "\b", "\t"]
WORDS = ["word", "a longer line of words ", "x" * 130, "é", "漢字", "│ ✔ "]
DRAWN = st.lists(st.sampled_from([*MOVES, *EDITS, *MODES, *UNSEEN, *CONTROLS, *WORDS]), max_size=60)


def seen(data: bytes) -> str:
    """The whole of it on a screen that takes everything."""
    screen = pyte.HistoryScreen(COLUMNS, ROWS, history=1000)
    pyte.ByteStream(screen).feed(data)
    rows = [*screen.history.top, *(screen.buffer[y] for y in range(ROWS))]
    return "\n".join("".join(row[x].data for x in range(COLUMNS)).rstrip() for row in rows).strip("\n") + "\n"


@examples(40)
@given(DRAWN)
def test_it_is_what_a_screen_shows_that_takes_everything(parts: list[str]) -> None:
    data = "".join(parts).encode()
    assert replayed(data) == seen(data)


@examples(40)
@given(st.lists(st.sampled_from([*MOVES, *EDITS, *WORDS]) | st.text(max_size=9) | st.binary(max_size=9), max_size=30))
def test_any_bytes_are_shown_somehow(parts: list[str | bytes]) -> None:
    data = b"".join(part if isinstance(part, bytes) else part.encode("utf-8", "replace") for part in parts)
    assert "\x1b" not in replayed(data)


@pytest.mark.parametrize(
    "sequence",
    ["\x1b[1;2;3A", "\x1b[?1A", "\x1b[" + "1" * 5000 + "A", "\x1b[²A", "\x1b[9J", "\x1b[7K", "\x1b[1;2;3r", "\x1b[;A"],
)
def test_a_sequence_that_no_screen_takes_does_no_harm(sequence: str) -> None:
    assert replayed(f"one\r\n{sequence}\r\x1b[Ktwo".encode()).endswith("two\n")


def test_after_an_emoji_or_a_joiner_the_rest_of_the_line_is_there() -> None:
    assert replayed("\x1b[H⚠\ufe0f care \u200b here".encode()) == "⚠ care  here\n"


def test_accents_are_kept_and_heaps_of_them_are_not() -> None:
    assert replayed("\x1b[Ho\u0302 o\u0302".encode()) == "ô ô\n"
    assert len(replayed(("\x1b[Ho" + "\u0302\u0323" * 10_000 + " end").encode())) < 12


def test_of_what_is_too_much_the_end_is_shown() -> None:
    frames = "".join(f"\x1b[H{f'frame {n} of words ' * 6}\r\n\x1b[K" * 30 for n in range(2000))
    shown = replayed((frames + "\x1b[2J\x1b[Hthe end").encode())
    assert shown.endswith("the end\n")
    scrolled = replayed("".join(f"line {n} {'x' * 80}\r\n" for n in range(100_000)).encode() + b"\x1b[A").split("\n")
    assert scrolled[-2].startswith("line 99999 ")
    assert 1000 < len(scrolled) < 10_100


@pytest.mark.parametrize(
    "part", ["\x1b#8", "\x1b[?5h\x1b[?5l", "\x1b[?3h", "\x1b[2J", "\x1bc", "\x1b[999P", "\n", "\x1b[L"]
)
def test_what_costs_a_screen_most_is_bounded_like_the_rest(part: str) -> None:
    assert "last" in replayed(("\x1b[H" + "x" * 4800 + part * (1_000_000 // len(part)) + "\x1b[H\x1b[Klast").encode())
