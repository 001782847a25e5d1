"""The three tasks: each makes the answer to one item from the phrasebook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from supervisor.agents.phrasebook.baskets import Phrases
from supervisor.agents.phrasebook.book import Book, Piece, Unmatched
from supervisor.agents.phrasebook.joining import joined
from supervisor.agents.phrasebook.prompt_parser import Prompt
from supervisor.agents.phrasebook.words import key, plain, plain_known

Answer = Callable[[str, Any], Any]
"""From an item's id and content to what is written for it; ItemLeftOut where there is nothing to write."""


class ItemLeftOut(Exception):
    """Why an item has no answer; the others have."""


def translation(book: Book, prompt: Prompt) -> Answer:
    """From an English sentence to [target, known]."""

    def answer(item_id: str, content: Any) -> list[str]:
        if not isinstance(content, str):
            raise ItemLeftOut(f"the content of {item_id} is not a sentence")
        return [joined(_pieces(book, item_id, content), prompt.target_language), content]

    return answer


def decomposition(book: Book, prompt: Prompt) -> Answer:
    """From [target, known] to [[target, known], [[lego_id, target, known], …]]."""

    def answer(item_id: str, content: Any) -> list[Any]:
        target, known = _pair(item_id, content)
        pieces = _pieces(book, item_id, known)
        if key(" ".join(piece.target for piece in pieces)) != key(target):
            raise ItemLeftOut(f'the chunks of "{known}" do not give "{target}" in {item_id}')
        legos = [
            [
                f"{item_id}L{number:02d}",
                plain(piece.target),
                plain_known(" ".join(word.text for word in piece.words)),
            ]
            for number, piece in enumerate(pieces, start=1)
        ]
        return [[target, known], legos]

    return answer


def baskets(book: Book, prompt: Prompt) -> Answer:
    """From a LEGO, [target, known], to {"lego": [target, known], "phrases": [[target, known], …]}."""
    phrases = Phrases(book, prompt.vocabulary)

    def answer(item_id: str, content: Any) -> dict[str, Any]:
        target, known = _pair(item_id, content)
        return {"lego": [target, known], "phrases": phrases.made_for(item_id, target, known)}

    return answer


TASKS: dict[str, Callable[[Book, Prompt], Answer]] = {
    "translation": translation,
    "LEGO decomposition": decomposition,
    "baskets": baskets,
}
"""By the name of the phase."""
AS_ROWS = {"LEGO decomposition"}
"""The tasks whose output is an array of rows that begin with the id."""


def _pieces(book: Book, item_id: str, sentence: str) -> list[Piece]:
    match = book.match(sentence)
    if isinstance(match, Unmatched):
        raise ItemLeftOut(f'no chunk for "{match.word}" in {item_id}')
    if not match:
        raise ItemLeftOut(f"{item_id} has no words")
    return match


def _pair(item_id: str, content: Any) -> tuple[str, str]:
    if isinstance(content, list) and len(content) == 2 and all(isinstance(text, str) for text in content):
        return content[0], content[1]
    raise ItemLeftOut(f"the content of {item_id} is not a pair of texts")
