"""The rules of a course as 02-course.md states them, written anew: nothing of the project's validators is used here."""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Any

Words = tuple[str, ...]
MIN_PHRASES = 3


def check_course(folder: Path, seeds: dict[str, str]) -> None:
    """Assert that the three files of a course are there, whole and right. `seeds` are its canonical seeds in order."""
    pairs = read(folder / "seed_pairs.json")
    rows = read(folder / "lego_pairs.json")
    baskets = read(folder / "lego_baskets.json")
    _check_pairs(pairs, seeds)
    legos = _check_decompositions(rows, pairs)
    _check_determinism(legos)
    _check_baskets(baskets, legos)


def read(path: Path) -> Any:
    """A file's value, seen to be UTF-8 with two-space indent and nothing else."""
    text = path.read_bytes().decode("utf-8")
    value = json.loads(text)
    assert text.rstrip("\n") == json.dumps(value, ensure_ascii=False, indent=2), f"{path.name}: not two-space indent"
    return value


def words(text: str) -> Words:
    """A text for comparing: case and punctuation aside."""
    folded = unicodedata.normalize("NFC", text).casefold()
    return tuple("".join(" " if unicodedata.category(char).startswith("P") else char for char in folded).split())


def _check_text(text: Any, where: str) -> None:
    assert isinstance(text, str), where
    assert text.strip(), f"{where} is empty"
    assert text == text.strip(), f"{where} is padded"
    assert unicodedata.is_normalized("NFC", text), f"{where} is not NFC"
    assert not any(unicodedata.category(char) == "Cc" for char in text), f"{where} has control characters"


def _check_pairs(pairs: Any, seeds: dict[str, str]) -> None:
    assert list(pairs) == list(seeds), "the seeds, each once, in canonical order"
    assert list(seeds) == [f"S{number:04}" for number in range(1, len(seeds) + 1)]
    for seed_id, pair in pairs.items():
        target, known = pair
        _check_text(target, f"{seed_id} target")
        assert known == seeds[seed_id], f"{seed_id}: the known side is the seed, character for character"
        assert target != known
        assert target[-1] == known[-1] or known[-1].isalnum(), f"{seed_id}: sentence punctuation"


def _check_decompositions(rows: Any, pairs: dict[str, list[str]]) -> dict[str, tuple[str, str]]:
    """LEGO id to target and known text, in canonical order."""
    legos: dict[str, tuple[str, str]] = {}
    assert [row[0] for row in rows] == list(pairs)
    for seed_id, pair, parts in rows:
        assert pair == pairs[seed_id]
        assert [part[0] for part in parts] == [f"{seed_id}L{number:02}" for number in range(1, len(parts) + 1)]
        for side, sentence in ((1, pair[0]), (2, pair[1])):
            tiled = tuple(word for part in parts for word in words(part[side]))
            assert tiled == words(sentence), f"{seed_id}: {parts} do not tile {sentence!r}"
        for lego_id, target, known in parts:
            _check_text(target, lego_id)
            _check_text(known, lego_id)
            assert words(target) and words(known)
            legos[lego_id] = (target, known)
    return legos


def _check_determinism(legos: dict[str, tuple[str, str]]) -> None:
    said: dict[Words, set[Words]] = defaultdict(set)
    for target, known in legos.values():
        said[words(known)].add(words(target))
    ambiguous = {known: targets for known, targets in said.items() if len(targets) > 1}
    assert not ambiguous, "in the whole course one known text has one target text"


def _check_baskets(baskets: Any, legos: dict[str, tuple[str, str]]) -> None:
    assert list(baskets) == list(legos), "every LEGO has its basket, in canonical order"
    vocabulary = _Vocabulary()
    for lego_id, basket in baskets.items():
        target, known = legos[lego_id]
        vocabulary.introduce(words(target), words(known))
        assert set(basket) == {"lego", "phrases"}
        assert tuple(basket["lego"]) == (target, known)
        phrases = [(words(phrase[0]), words(phrase[1])) for phrase in basket["phrases"]]
        for phrase in basket["phrases"]:
            assert len(phrase) == 2
            _check_text(phrase[0], lego_id)
            _check_text(phrase[1], lego_id)
        assert len(set(phrases)) == len(phrases), f"{lego_id}: a phrase stands twice"
        assert len(phrases) >= min(MIN_PHRASES, vocabulary.size), f"{lego_id}: {len(phrases)} phrases"
        for phrase in phrases:
            assert vocabulary.says(*phrase, using=(words(target), words(known))), f"{lego_id}: {phrase}"


class _Vocabulary:
    """The LEGOs introduced so far."""

    def __init__(self) -> None:
        self._known_for: dict[Words, set[Words]] = defaultdict(set)
        self._beginning: dict[str, set[Words]] = defaultdict(set)
        self.size = 0

    def introduce(self, target: Words, known: Words) -> None:
        if known not in self._known_for[target]:
            self._known_for[target].add(known)
            self._beginning[target[0]].add(target)
            self.size += 1

    def says(self, target: Words, known: Words, *, using: tuple[Words, Words]) -> bool:
        """Whether LEGOs introduced so far, `using` among them, give both sides when they are joined in order."""
        reached = {(0, 0, False)}
        todo = [(0, 0, False)]
        while todo:
            at, heard, used = todo.pop()
            if at == len(target) and heard == len(known) and used:
                return True
            if at == len(target):
                continue
            for part in self._beginning[target[at]]:
                if target[at : at + len(part)] != part:
                    continue
                for meaning in self._known_for[part]:
                    if known[heard : heard + len(meaning)] == meaning:
                        state = (at + len(part), heard + len(meaning), used or (part, meaning) == using)
                        if state not in reached:
                            reached.add(state)
                            todo.append(state)
        return False
