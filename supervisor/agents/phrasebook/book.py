"""The bundled phrasebook: chunks with their translations, and the sentences that they come from."""

from __future__ import annotations

import os
from typing import NamedTuple

from supervisor.agents.phrasebook.cannot_work import CannotWork
from supervisor.agents.phrasebook.words import MARKS, Word, key, split_words

KNOWN_LANGUAGE = "eng"
LANGUAGES = {"spa": 1, "ita": 2}
"""Target languages, and where in ` = ` their text stands."""
SENTENCES_FILE = os.path.join(os.path.dirname(__file__), "sentences.txt")


class Piece(NamedTuple):
    """A stretch of a sentence that one chunk translates."""

    words: tuple[Word, ...]
    target: str


class Unmatched(NamedTuple):
    """Where a sentence has a word that begins no chunk."""

    word: str


class Book(NamedTuple):
    """A phrasebook for one target language."""

    targets: dict[str, str]
    """Known side of a chunk, as `words.key` gives it, to its target text."""
    sentences: list[list[tuple[str, str]]]
    """The bundled sentences as their chunks: key, and the marks after it."""
    longest: int
    """Words of the longest chunk."""

    def match(self, sentence: str) -> list[Piece] | Unmatched:
        """Cut `sentence` into chunks: the longest match from left to right, whole words, never across punctuation."""
        words = split_words(sentence)
        keys = [key(word.text) for word in words]
        pieces: list[Piece] = []
        start = 0
        while start < len(words):
            for end in range(self._reach(words, start), start, -1):
                target = self.targets.get(" ".join(keys[start:end]))
                if target is not None:
                    pieces.append(Piece(tuple(words[start:end]), target))
                    start = end
                    break
            else:
                return Unmatched(words[start].text)
        return pieces

    def _reach(self, words: list[Word], start: int) -> int:
        """The furthest end of a chunk from `start` on."""
        end = start + 1
        while end < min(len(words), start + self.longest) and not words[end - 1].after and not words[end].before:
            end += 1
        return end


def load(target_language: str, known_language: str) -> Book:
    """The phrasebook for a language, in ISO 639-3; CannotWork where there is none."""
    if target_language not in LANGUAGES or known_language != KNOWN_LANGUAGE:
        raise CannotWork(
            f"no phrasebook for {target_language or 'no language'} for speakers of {known_language or 'no language'}; "
            f"there are {' and '.join(LANGUAGES)}, for speakers of {KNOWN_LANGUAGE}: "
            "ask for one of these, or choose another agent"
        )
    column = LANGUAGES[target_language]
    targets: dict[str, str] = {}
    sentences: list[list[tuple[str, str]]] = []
    longest = 0
    with open(SENTENCES_FILE, encoding="utf-8") as lines:
        for line in lines:
            sentence: list[tuple[str, str]] = []
            for part in line.strip().split(" | ") if line.strip() else ():
                texts = part.split(" = ")
                chunk = key(texts[0])
                targets.setdefault(chunk, texts[column].strip())
                longest = max(longest, chunk.count(" ") + 1)
                sentence.append((chunk, texts[0][len(texts[0].rstrip(MARKS)) :]))
            sentences.append(sentence)
    return Book(targets, sentences, longest)
