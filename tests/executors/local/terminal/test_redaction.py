"""Secrets in what a session prints: values that it was given, and what looks like a key."""

from __future__ import annotations

import asyncio
import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.agents.output_parser import OutputParser
from supervisor.agents.terminal_dialogs import TerminalProtocol
from supervisor.executors.local.terminal.redaction import Redactor
from supervisor.executors.local.terminal.terminal_drain import TerminalDrain
from supervisor.executors.local.terminal.terminal_driver import TerminalDriver
from supervisor.executors.local.terminal.transcript_writer import TranscriptWriter
from supervisor.text.terminal_size import COLUMNS
from tests.support.property_examples import examples

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


def test_a_value_of_several_lines_is_taken_out_line_by_line() -> None:
    value = json.dumps({"type": "service_account", "client": "0123456789", "token": "abcdefghij"}, indent=2)
    printed = "".join(f"{line}\r\n" for line in value.splitlines())
    assert "abcdefghij" not in masked(printed, value) and "0123456789" not in masked(printed, value)
    assert masked('{\n  "a": 1\n}', value) == '{\n  "a": 1\n}'


def test_a_value_of_digits_is_taken_out_but_where_it_is_a_number_of_json() -> None:
    line = '{"tokens": 100000, "used":100000, "said": "100000"}'
    assert masked(line, "100000") == '{"tokens": 100000, "used":100000, "said": "[secret]"}'
    assert masked("the pin is 100000: 100000", "100000") == "the pin is [secret]: [secret]"


def test_a_value_that_is_no_text_is_taken_out() -> None:
    assert Redactor([os.fsdecode(b"pass\xff\xfeword")]).apply(b"it is pass\xff\xfeword.") == b"it is [secret]."


def test_secrets_in_one_another_are_one() -> None:
    key = KEYS[0]
    assert masked(f"a {key} b", key[4:20], f"a {key[:10]}") == "[secret] b"


@examples(15)
@given(st.integers(0, 2000), st.lists(st.sampled_from(["word ", "é", "[", "-", "_", "\\n", "\x1b[1m"]), max_size=5))
def test_in_a_line_without_end_no_secret_is_cut(offset: int, parts: list[str]) -> None:
    text = "x" * offset + " ".join([*KEYS[:9], "s3cret value", *parts, *[json.dumps(KEYS[9])[1:-1]] * 9, ""]) * 150
    data = text.encode()
    mask = Redactor(["s3cret value"])
    at = mask.cut(data)
    assert 0 < at < len(data)
    assert mask.apply(data[:at]) + mask.apply(data[at:]) == mask.apply(data)


def test_a_line_of_megabytes_is_kept_in_pieces_without_its_secrets(tmp_path: Path) -> None:
    line = (" ".join(KEYS[:6]) + " s3cret value " + json.dumps(KEYS[9])[1:-1] + " ").encode()
    kept = TranscriptWriter(tmp_path / "transcript.txt", 1 << 30, Redactor(["s3cret value"]), OutputParser())
    count = (5 << 20) // len(line)
    whole = line * count
    for at in range(0, len(whole), 1 << 16):
        kept.feed(whole[at : at + (1 << 16)])
    assert (tmp_path / "transcript.txt").stat().st_size > 0
    kept.close()
    assert (tmp_path / "transcript.txt").read_text() == "[secret] " * 8 * count


@pytest.mark.parametrize("read", ["", "s3cr", "s3cret"])
def test_what_was_left_unread_is_kept_without_its_secrets(tmp_path: Path, read: str) -> None:
    terminal, other = os.pipe()
    os.write(other, ("s3cret-value and " + KEYS[3] + "\n").removeprefix(read).encode())
    os.close(other)
    drain = TerminalDrain(terminal, str(tmp_path / "transcript.txt"), ["s3cret-value"])
    drain.keep()
    drain.close()
    written = (tmp_path / "transcript.txt").read_text()
    assert written == "[secret] and [secret]\n"


def test_a_secret_that_goes_on_in_the_next_row_of_a_screen_is_not_shown() -> None:
    async def shown(printed: str) -> str:
        ours, theirs = os.openpty()
        driver = TerminalDriver(TerminalProtocol(ready="$"), ours, "", Redactor(["s3cret-value"]), lambda _: None)
        driver.feed_screen(printed.encode())
        text = driver.last_lines()
        driver.close()
        os.close(ours)
        os.close(theirs)
        return text

    lead = "x" * (COLUMNS - 8) + " "
    assert asyncio.run(shown(f"{lead}s3cret-value\r\nnext")) == f"{lead}[secret]\nnext"
    box = "─" * COLUMNS
    assert asyncio.run(shown(f"{box}{box}words")) == f"{box}\n{box}\nwords"
