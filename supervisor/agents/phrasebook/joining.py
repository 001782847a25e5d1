"""Joins the target texts of a sentence's pieces, with the punctuation of the sentence that they translate."""

from __future__ import annotations

from supervisor.agents.phrasebook.book import Piece

_CLOSING = ".!?…"
_OPENING = {"spa": {"?": "¿", "!": "¡"}}


def joined(pieces: list[Piece], language: str) -> str:
    """The target sentence: marks where the known side has them, capitals where sentences begin, Spanish ¿ and ¡."""
    return " ".join(
        _one_sentence(sentence, language, inside=bool(place)) for place, sentence in enumerate(_sentences(pieces))
    )


def _sentences(pieces: list[Piece]) -> list[list[Piece]]:
    sentences: list[list[Piece]] = [[]]
    for piece in pieces:
        if sentences[-1] and _closed(sentences[-1][-1]):
            sentences.append([])
        sentences[-1].append(piece)
    return sentences


def _closed(piece: Piece) -> bool:
    return any(mark in _CLOSING for mark in piece.words[-1].after)


def _one_sentence(pieces: list[Piece], language: str, inside: bool) -> str:
    """One sentence; inside a text it begins with a small letter where the known one does."""
    opening = _OPENING.get(language, {})
    marks = "".join(opening.get(mark, "") for mark in reversed(pieces[-1].words[-1].after))
    texts = [piece.target for piece in pieces]
    start = texts[0] if inside and pieces[0].words[0].text[0].islower() else texts[0][:1].upper() + texts[0][1:]
    texts[0] = marks + start
    return " ".join(
        f"{piece.words[0].before}{text}{piece.words[-1].after}" for piece, text in zip(pieces, texts, strict=True)
    )
