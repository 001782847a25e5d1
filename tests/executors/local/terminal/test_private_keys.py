"""Private keys in what a session prints: of none of their lines is anything written, however they come."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from supervisor.agents.output_parser import OutputParser
from supervisor.executors.local.terminal.redaction import Redactor
from supervisor.executors.local.terminal.transcript_writer import TranscriptWriter
from tests.executors.local.terminal.ear import Ear
from tests.support.property_examples import examples

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC, ED = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
PEM, LEGACY, OPENSSH = PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL, PrivateFormat.OpenSSH
KEYS = {
    "rsa": RSA.private_bytes(Encoding.PEM, LEGACY, NoEncryption()).decode(),
    "rsa encrypted": RSA.private_bytes(Encoding.PEM, LEGACY, BestAvailableEncryption(b"pass")).decode(),
    "pkcs8": RSA.private_bytes(Encoding.PEM, PEM, NoEncryption()).decode(),
    "pkcs8 encrypted": EC.private_bytes(Encoding.PEM, PEM, BestAvailableEncryption(b"pass")).decode(),
    "ec": EC.private_bytes(Encoding.PEM, LEGACY, NoEncryption()).decode(),
    "ed25519": ED.private_bytes(Encoding.PEM, PEM, NoEncryption()).decode(),
    "openssh": RSA.private_bytes(Encoding.PEM, OPENSSH, NoEncryption()).decode(),
}
PGP = "-----BEGIN " + "PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n"
KEYS["openpgp"] = f"{PGP}{'lQOYBGPn' * 8}\n{'aB3/' * 16}\naB3=\n=x7Zq\n-----END PGP PRIVATE KEY BLOCK-----\n"
PUTTY = "Private-Lines: 2\n" + "aB3/" * 16 + "\naB3/aB3=\nPrivate-MAC: " + "0f" * 20
PROSE = ["here it is:", "done", "", "It was: a key, and more words.", '{"n": 1}']


def lines_of(key: str) -> list[str]:
    """Those that say something of the key."""
    lines = [line for line in key.splitlines() if len(line) > 8 and "PRIVATE" not in line and ": " not in line]
    assert lines
    return lines


def masked(text: str) -> str:
    return Redactor().apply(text.encode()).decode()


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_is_one_mark(key: str) -> None:
    assert masked(f"before\n{key}after\n") == "before\n[secret]\nafter\n"
    assert masked(f"before\n{key}after\n".replace("\n", "\r\n")) == "before\r\n[secret]\r\nafter\r\n"
    assert masked(f"KEY='{key.strip()}' after") == "KEY='[secret]' after"
    assert masked(f"{key}{key}after") == "[secret]\n[secret]\nafter"


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_in_json_the_newlines_are_escaped_and_it_stays_json(key: str) -> None:
    line = json.dumps({"said": f"before\n{key}after", "n": 1})
    assert json.loads(masked(line)) == {"said": "before\n[secret]\nafter", "n": 1}
    assert json.loads(json.loads(masked(json.dumps({"in": line})))["in"])["said"] == "before\n[secret]\nafter"
    windows = json.dumps({"said": f"before\r\n{key}after".replace("\n", "\r\n")})
    assert json.loads(masked(windows))["said"].endswith("[secret]\r\nafter")


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("left", [1.0, 0.9, 0.5])
def test_of_one_that_is_cut_off_in_json_nothing_is_left_and_it_stays_json(key: str, left: float) -> None:
    lines = key.splitlines()[:-1]
    part = "\n".join(lines)[: int(len("\n".join(lines)) * left)]
    found = masked(json.dumps({"said": part, "more": ["a"]}) + "\n" + json.dumps({"next": 1}))
    assert not any(line in found for line in lines_of(key))
    assert [set(json.loads(line)) for line in found.split("\n")] == [{"said", "more"}, {"next"}]


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize(
    "beside", ["    ", "+", "> ", "\t", "| ", "│ ", "- ", "\x1b[32m+", "{number:6}\t", "{number}: "]
)
def test_what_stands_beside_its_lines_does_not_hide_it(key: str, beside: str) -> None:
    printed = "".join(f"{beside.format(number=number)}{line}\n" for number, line in enumerate(key.splitlines(), 1))
    found = masked(f"before\n{printed}after, and more\n")
    assert not any(line in found for line in lines_of(key))
    assert found.startswith("before\n") and found.endswith("[secret]\nafter, and more\n")


@examples(60)
@given(st.data())
def test_it_may_come_in_any_pieces_between_any_lines(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(KEYS.values())))
    before = data.draw(st.lists(st.sampled_from(PROSE), max_size=3))
    after = data.draw(st.lists(st.sampled_from(PROSE), max_size=3))
    text = "".join(f"{line}\r\n" for line in [*before, *key.splitlines(), *after]).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=40)))
    path = tmp_path_factory.mktemp("kept") / "transcript.txt"
    kept = TranscriptWriter(path, 1 << 20, Redactor(), OutputParser())
    for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        kept.feed(text[begin:end])
        assert not any(line in kept.tail() for line in lines_of(key))
    kept.close()
    assert path.read_bytes() == "".join(f"{line}\r\n" for line in [*before, "[secret]", *after]).encode()


def test_the_lines_of_a_listener_are_those_around_it(tmp_path: Path) -> None:
    ear = Ear()
    kept = TranscriptWriter(tmp_path / "transcript.txt", 1 << 20, Redactor(), ear)
    for line in ['{"n": 1}', *KEYS["rsa"].splitlines(), '{"n": 2}']:
        kept.feed(line.encode() + b"\r\n")
    kept.close()
    assert [line for line in ear.lines if line.startswith("{")] == ['{"n": 1}', '{"n": 2}']


@pytest.mark.parametrize("text", ["words, and more", '{"n": 1}', "$ ls", "</pre>", "two words"])
def test_where_it_breaks_off_the_rest_goes_on_in_a_line_of_its_own(text: str) -> None:
    begun = "\n".join(KEYS["rsa"].splitlines()[:9])
    assert masked(f"{begun}\n{text}\nmore\n") == f"[secret]\n{text}\nmore\n"


def test_one_whose_beginning_was_lost_is_taken_out_up_to_its_last_line() -> None:
    rest = KEYS["rsa"][500:]
    assert masked(f"{rest}after") == "[secret]\nafter"
    assert masked(f"a line of words\n{rest.split(chr(10), 1)[1]}after") == "a line of words\n[secret]\nafter"


def test_the_private_lines_of_a_putty_file_are_taken_out() -> None:
    assert masked(f"Public-Lines: 1\nAAAA\n{PUTTY}\nafter") == "Public-Lines: 1\nAAAA\n[secret]\nafter"


@pytest.mark.parametrize(
    "text",
    [
        'if "-----BEGIN RSA PRIVATE KEY-----" in text:\n    raise ValueError("no keys here")\n',
        "it has -----BEGIN PRIVATE KEY----- in its first line\nand words in the next\n",
        "-----END PRIVATE KEY-----\n",
    ],
)
def test_who_speaks_of_keys_is_not_cut_off(text: str) -> None:
    first, _, others = text.partition("\n")
    assert masked(text).partition("\n")[2] == others
    assert len(masked(text).partition("\n")[0]) >= len(first) - 30


def test_public_keys_and_long_texts_of_letters_stay() -> None:
    public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    ssh = RSA.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    for text in (public, ssh, "\n".join(lines_of(KEYS["rsa"])) + "\n"):
        assert masked(text) == text


@pytest.mark.parametrize("edge", ["-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "Private-Lines: 1\n"])
@pytest.mark.parametrize("more", ["", "\n", "A" * 64 + "\n", "\\n", "1 "])
def test_thousands_of_edges_are_gone_through(edge: str, more: str) -> None:
    part = edge + more
    found = masked(part * (300_000 // len(part)) + " the end.")
    assert found.endswith(" the end.")
