"""Secrets in what a session prints: values that it was given, and what looks like a key."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.agents.output_parser import OutputParser
from supervisor.executors.local.terminal.redaction import Redactor
from supervisor.executors.local.terminal.transcript_writer import TranscriptWriter

KEYS = [
    "sk-ant-api03-" + "Ab1_" * 20,
    "sk-proj-" + "x9" * 20,
    "AIza" + "Sy" + "a" * 33,
    "ghp_" + "0aZ" * 12,
    "github_pat_" + "11ABC" * 8,
    "xoxb-" + "1234567890-abcdef",
    "AKIA" + "ABCDEFGHIJKLMNOP",
    "hf_" + "Qw" * 17,
    "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0" + ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIBOgIBAAJBAKj34Gkx\n-----END RSA PRIVATE KEY-----",
]
ORDINARY = ["sk-learn is a library", "the task-based mask", "AIzawa", "Bearer of news", "eyJ is a prefix", "x" * 300]


def masked(text: str, *values: str) -> str:
    return Redactor(values).apply(text.encode()).decode()


@pytest.mark.parametrize("key", KEYS)
def test_what_looks_like_a_key_is_taken_out(key: str) -> None:
    assert masked(f'{{"k": "{key}"}} rest') == '{"k": "[secret]"} rest'


def test_what_follows_bearer_is_taken_out() -> None:
    assert masked("Authorization: Bearer abcdefghijklmnop0123== ok") == "Authorization: Bearer [secret] ok"


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text: str) -> None:
    assert masked(text) == text


@given(st.text(min_size=6, max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_a_value_that_was_passed_is_taken_out_also_as_json_writes_it(value: str, before: str, after: str) -> None:
    if value in before + after:
        return
    value = value.encode("utf-8", "replace").decode()
    written = json.dumps(value)[1:-1]
    found = masked(json.dumps({"said": f"{before}{value}{after}"}), value)
    assert written in "[secret]" or written not in found.replace("[secret]", "")


def test_a_short_value_is_no_secret() -> None:
    assert masked("the answer is 42, true", "42", "true") == "the answer is 42, true"


@pytest.mark.parametrize("seed", range(5))
def test_a_secret_is_taken_out_wherever_the_terminal_cuts_it(tmp_path: Path, seed: int) -> None:
    text = ("before " + " and ".join(KEYS[:6]) + " s3cret-value after\n").encode() * 3
    rng = random.Random(seed)
    kept = TranscriptWriter(tmp_path / "transcript.txt", 1 << 20, Redactor(["s3cret-value"]), OutputParser())
    at = 0
    while at < len(text):
        size = rng.randrange(1, 30)
        kept.feed(text[at : at + size])
        assert "s3cret" not in kept.tail() or "s3cret-value" not in kept.tail()
        at += size
    kept.close()
    written = (tmp_path / "transcript.txt").read_text()
    assert written == ("before " + " and ".join(["[secret]"] * 6) + " [secret] after\n") * 3


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
    class Ear(OutputParser):
        def __init__(self) -> None:
            super().__init__()
            self.lines: list[str] = []

        def feed_line(self, line: str) -> None:
            self.lines.append(line)

    ear = Ear()
    kept = TranscriptWriter(tmp_path / "transcript.txt", 1 << 20, Redactor(), ear)
    for part in (b"\x1b[31mon", b"e\x1b[0m\r\ntw", b"o\r\n", b"three"):
        kept.feed(part)
    assert ear.lines == ["one", "two"]
    kept.close()
    assert ear.lines == ["one", "two", "three"]
