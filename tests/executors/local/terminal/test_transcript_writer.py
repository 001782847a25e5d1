"""A transcript holds so much and no more, and tells its lines whole."""

from __future__ import annotations

from pathlib import Path

from supervisor.agents.output_parser import OutputParser
from supervisor.executors.local.terminal.redaction import Redactor
from supervisor.executors.local.terminal.transcript_writer import TranscriptWriter
from tests.executors.local.terminal.ear import Ear


def test_more_than_the_limit_is_counted_and_not_kept(tmp_path: Path) -> None:
    kept = TranscriptWriter(tmp_path / "transcript.txt", 100, Redactor(), OutputParser())
    for _ in range(50):
        kept.feed(b"0123456789\n")
    assert kept.tail(2) == "0123456789\n0123456789"
    kept.close()
    written = (tmp_path / "transcript.txt").read_text()
    assert written.startswith("0123456789\n" * 9)
    assert written.endswith("[450 more bytes were not kept]\n")


def test_lines_are_heard_whole_and_plain(tmp_path: Path) -> None:
    ear = Ear()
    kept = TranscriptWriter(tmp_path / "transcript.txt", 1 << 20, Redactor(), ear)
    for part in (b"\x1b[31mon", b"e\x1b[0m\r\ntw", b"o\r\n", b"three"):
        kept.feed(part)
    assert ear.lines == ["one", "two"]
    kept.close()
    assert ear.lines == ["one", "two", "three"]
