"""What people are shown of a transcript: lines as their agent has them shown, and screens as they stood."""

from __future__ import annotations

from pathlib import Path

from supervisor.sessions.transcript import last_line, readable

NOISE = '{"noise": 1}\n'


def without_noise(line: str) -> str:
    return "" if line.startswith("{") else line


def test_a_program_that_shows_the_cursor_at_its_end_has_drawn_nothing() -> None:
    printed = (NOISE + "said\r\n" + NOISE + "\x1b[?1006l\x1b[?25h\x1b7\x1b[r\x1b8\x1b[?25h").encode()
    assert readable(printed, without_noise) == "said\n"


def test_of_a_program_that_moves_about_the_screen_is_shown() -> None:
    assert readable(b"one\x1b[Htwo\n", without_noise) == "two\n"
    assert readable(b"\x1b[?1049hone\rtwo\n", without_noise) == "two\n"


def test_the_last_line_that_says_something_may_be_far_above_the_end(tmp_path: Path) -> None:
    path = tmp_path / "transcript.txt"
    path.write_text("first\nsaid\n" + NOISE * 5000)
    assert last_line(path, without_noise) == "said"
    path.write_text("said\n" + NOISE)
    assert last_line(path, without_noise) == "said"
    path.write_text(NOISE * 5000)
    assert last_line(path, without_noise) == ""
    assert last_line(tmp_path / "none", without_noise) == ""
