"""The screen of a program that is typed into: whatever the program prints, it shows what comes after."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.workspaces.lenient_screen import LenientScreen, LenientStream
from tests.support.property_examples import examples

BROKEN = [
    "\x1b[1;2;3A",
    "\x1b[?1A",
    "\x1b[" + "7" * 5000 + "C",
    "\x1b[²A",
    "\x1b[9J",
    "\x1b[7K",
    "\x1b[1;2;3r",
    "\x1b[?5r",
]


@pytest.mark.parametrize("sequence", BROKEN)
@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_a_sequence_that_it_cannot_take_is_left_out_wherever_it_is_cut(sequence: str, size: int) -> None:
    screen = LenientScreen()
    stream = LenientStream(screen)
    data = f"one {sequence}\x1b[2;1Htwo".encode()
    for at in range(0, len(data), size):
        stream.feed(data[at : at + size])
    assert [row.rstrip() for row in screen.display[:2]] == ["one", "two"]


@examples(40)
@given(st.lists(st.sampled_from(["漢字", "\x1b[P", "\x1b[@", "\b", "x", "\x1b[H", "\x1b[4h", "\x1b[X"]), max_size=30))
def test_half_of_a_wide_character_is_nothing(parts: list[str]) -> None:
    screen = LenientScreen()
    LenientStream(screen).feed(("".join(parts) + "\x1b[40;1H\x1b[2Kend").encode())
    assert screen.display[-1].strip() == "end"
