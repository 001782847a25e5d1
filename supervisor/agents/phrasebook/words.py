"""Takes sentences apart into words and the marks around them, and says when two texts are the same words."""

from __future__ import annotations

from typing import NamedTuple

MARKS = '.,;:!?¿¡…"“”„«»()[]—–-'
"""What is punctuation; apostrophes belong to their words."""
_APOSTROPHES = str.maketrans("’ʼ＇", "'''")
_PRONOUN = {"i", "i'm", "i'd", "i've", "i'll"}


class Word(NamedTuple):
    """One word of a sentence with the marks that stand before and after it."""

    before: str
    text: str
    after: str


def split_words(sentence: str) -> list[Word]:
    """The words of `sentence` in order; a mark that stands alone belongs to the word before it."""
    found: list[Word] = []
    for piece in sentence.split():
        text = piece.strip(MARKS)
        if text:
            start = piece.index(text)
            found.append(Word(piece[:start], text, piece[start + len(text) :]))
        elif found:
            found[-1] = found[-1]._replace(after=f"{found[-1].after} {piece}")
    return found


def key(text: str) -> str:
    """`text` for comparing: case and punctuation aside."""
    return " ".join(word for piece in text.lower().translate(_APOSTROPHES).split() if (word := piece.strip(MARKS)))


def plain(text: str) -> str:
    """`text` as a LEGO or a phrase has it: lower case, without punctuation."""
    return " ".join(word for piece in text.lower().split() if (word := piece.strip(MARKS)))


def plain_known(text: str) -> str:
    """`text` in English as a LEGO or a phrase has it: as `plain`, but the pronoun I is a capital."""
    return " ".join(
        f"I{word[1:]}" if word.translate(_APOSTROPHES) in _PRONOUN else word for word in plain(text).split()
    )
