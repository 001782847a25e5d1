"""The phrasebook's data holds together: one meaning, one text; longest match; something new in every sentence."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from itertools import pairwise
from typing import NamedTuple

import pytest

from tests.support.repository_content import REPOSITORY

FILE = REPOSITORY / "supervisor/agents/phrasebook/sentences.txt"
SEEDS = REPOSITORY / "vfs/canonical_seeds.json"


class Chunk(NamedTuple):
    known: str
    spanish: str
    italian: str
    mark: str

    @property
    def key(self) -> str:
        return self.known.lower()


@pytest.fixture(scope="module")
def sentences() -> list[list[Chunk]]:
    def chunk(text: str) -> Chunk:
        known, spanish, italian = text.split(" = ")
        mark = known[-1] if known[-1] in ",.?!" else ""
        return Chunk(known.rstrip(",.?!"), spanish, italian, mark)

    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [[chunk(part) for part in line.split(" | ")] for line in lines]


def test_the_canonical_seeds_are_the_sentences_joined(sentences: list[list[Chunk]]) -> None:
    joined = [" ".join(chunk.known + chunk.mark for chunk in sentence) for sentence in sentences]
    assert json.loads(SEEDS.read_text(encoding="utf-8")) == {
        f"S{number:04}": text for number, text in enumerate(joined, 1)
    }
    assert len(joined) == 668
    assert len(set(joined)) == 668


def test_text_is_clean(sentences: list[list[Chunk]]) -> None:
    raw = FILE.read_text(encoding="utf-8")
    assert unicodedata.normalize("NFC", raw) == raw
    word = r"[^\W\d_]+(?:'[^\W\d_]+)*'?"
    for sentence in sentences:
        assert sentence[-1].mark in {".", "?", "!"}
        for chunk in sentence:
            for text in chunk[:3]:
                assert re.fullmatch(rf"{word}(?: {word})*", text), text
            assert chunk.key not in (chunk.spanish, chunk.italian)


def test_one_known_text_has_one_text_in_each_language(sentences: list[list[Chunk]]) -> None:
    texts: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for sentence in sentences:
        for chunk in sentence:
            texts[chunk.key].add((chunk.spanish, chunk.italian))
    assert {key: found for key, found in texts.items() if len(found) > 1} == {}


def test_longest_match_gives_the_chunks_back(sentences: list[list[Chunk]]) -> None:
    inventory = {tuple(chunk.key.split()) for sentence in sentences for chunk in sentence}
    longest = max(map(len, inventory))
    for sentence in sentences:
        clauses: list[list[str]] = [[]]
        for chunk in sentence:
            clauses[-1] += chunk.key.split()
            if chunk.mark:
                clauses.append([])
        found = []
        for words in clauses:
            start = 0
            while start < len(words):
                size = next(n for n in range(longest, 0, -1) if tuple(words[start : start + n]) in inventory)
                found.append(" ".join(words[start : start + size]))
                start += len(words[start : start + size])
        assert found == [chunk.key for chunk in sentence]


def test_every_sentence_brings_one_or_two_new_things(sentences: list[list[Chunk]]) -> None:
    seen = {chunk.key for chunk in sentences[0]}
    for sentence in sentences[1:]:
        new = {chunk.key for chunk in sentence} - seen
        assert 1 <= len(new) <= 2, sentence
        seen |= new


def test_twenty_sentences_have_fifty_to_seventy_chunks(sentences: list[list[Chunk]]) -> None:
    sizes = [sum(map(len, sentences[start : start + 20])) for start in range(0, 660, 20)]
    assert all(50 <= size <= 70 for size in sizes)
    assert 33 * 60 < sum(map(len, sentences)) <= 34 * 60


def test_every_chunk_can_be_practised_when_it_comes_up(sentences: list[list[Chunk]]) -> None:
    """Three chains of neighbours from some sentence, of what was introduced so far, as long as there is that much."""
    order: dict[str, int] = {}
    before: dict[str, set[str]] = defaultdict(set)
    after: dict[str, set[str]] = defaultdict(set)
    for sentence in sentences:
        for left, right in pairwise(sentence):
            if not left.mark:
                after[left.key].add(right.key)
                before[right.key].add(left.key)
        for chunk in sentence:
            order.setdefault(chunk.key, len(order))
    for key, place in order.items():
        wanted = min(3, place + 1)
        chains, edge = {(key,)}, [(key,)]
        while edge and len(chains) < wanted:
            chain = edge.pop(0)
            longer = [(k, *chain) for k in before[chain[0]]] + [(*chain, k) for k in after[chain[-1]]]
            fresh = [c for c in longer if len(c) <= 5 and all(order[k] <= place for k in c) and c not in chains]
            chains.update(fresh)
            edge += fresh
        assert len(chains) >= wanted, key
