"""Judges the translations of one batch of seeds."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from text_rules import as_pair, copy_difference, described, quoted, text_errors, words

from supervisor import BatchInput, ValidationError, ValidationReport

_KINDS = {
    "statement": ".。｡．।॥۔։።។៕။།",
    "question": "?？؟՞፧⁇",
    "exclamation": "!！՜",
    "ellipsis": "…⋯",
}
_INVERTED = {"?": "¿", "!": "¡"}
_NO_FULL_STOP = {"tha", "lao"}


def validate(batch: BatchInput, output: Any, merged: Mapping[int, Mapping[str, Any]]) -> ValidationReport:
    """Report every fault of `output`, seed id to [target, known]; `merged` has no part in this phase."""
    if not isinstance(output, dict):
        return ValidationReport(errors=(_shape_error(None, output),))
    errors = [
        error
        for item_id, value in output.items()
        if item_id in batch.items
        for error in _seed_errors(batch, item_id, value)
    ]
    return ValidationReport(errors=tuple(errors))


def _seed_errors(batch: BatchInput, item_id: str, value: Any) -> Iterator[ValidationError]:
    pair = as_pair(value)
    if pair is None:
        yield _shape_error(item_id, value)
        return
    target, known = pair
    seed = str(batch.items[item_id])
    if known != seed:
        yield ValidationError(
            type="known_changed",
            item_id=item_id,
            message=f"the known side is {quoted(known)}, the seed is {quoted(seed)}: {copy_difference(known, seed)}",
            suggestion="copy the seed character for character as the second of the two texts; the first is the "
            "translation",
        )
    yield from text_errors(item_id, "the target text", target, seed)
    if not target.strip():
        return
    if not words(target):
        yield _error("empty_text", item_id, f"the target text has no words: {quoted(target)}", "translate the seed")
    elif words(target) == words(seed):
        yield _error(
            "untranslated",
            item_id,
            f"the target text says the same words as the known one: {quoted(target)}",
            f"translate {quoted(seed)} into the target language",
        )
    language = batch.target_parts.get("target", "")
    yield from _mark_errors(item_id, target, seed, language)
    yield from _length_errors(batch, item_id, target, seed)


def _mark_errors(item_id: str, target: str, seed: str, language: str) -> Iterator[ValidationError]:
    expected, found = final_marks(seed, ""), final_marks(target, language)
    unmarked = not found and expected == {"statement"} and language in _NO_FULL_STOP
    if found != expected and not unmarked:
        yield _error(
            "final_mark",
            item_id,
            f"{quoted(target)} ends as {_kind_names(found)}, {quoted(seed)} as {_kind_names(expected)}",
            "end the translation with the target language's mark of the same kind as the seed's; the seed decides",
        )
    if language == "spa":
        for closing, opening in _INVERTED.items():
            if not _opened(target, opening, closing):
                yield _error(
                    "inverted_marks",
                    item_id,
                    f"the {opening} and {closing} of {quoted(target)} do not pair up",
                    f"open every part that ends in {closing} with {opening}, where that part begins",
                )
    elif stray := [mark for mark in _INVERTED.values() if mark in target and mark not in seed]:
        yield _error(
            "inverted_marks",
            item_id,
            f"{quoted(target)} holds {' '.join(stray)}, which only Spanish has",
            "leave the inverted mark out",
        )


def final_marks(text: str, language: str) -> set[str]:
    """The kinds of mark that `text` ends with, closing quotation marks and brackets aside."""
    start = len(text)
    while start and unicodedata.category(text[start - 1])[0] in "PZ":
        start -= 1
    tail = text[start:]
    kinds = {kind for kind, marks in _KINDS.items() if any(char in marks for char in tail)}
    if ".." in tail:
        kinds.add("ellipsis")
    if "ellipsis" in kinds:
        kinds.discard("statement")
    if language == "ell" and ";" in tail:
        kinds.add("question")
    if language == "hye":  # Armenian sets these marks on the stressed vowel and ends the sentence with its full stop
        inner = {kind for kind, mark in (("question", "՞"), ("exclamation", "՜")) if mark in text}
        kinds = inner or kinds | ({"statement"} if ":" in tail else set())
    return kinds


def _opened(text: str, opening: str, closing: str) -> bool:
    depth = 0
    for char in text:
        depth += (char == opening) - (char == closing)
        if depth < 0:
            return False
    return depth == 0


def _length_errors(batch: BatchInput, item_id: str, target: str, seed: str) -> Iterator[ValidationError]:
    least = float(batch.settings.get("min_length_ratio", 0.4))
    most = float(batch.settings.get("max_length_ratio", 2.5))
    if not seed:
        return
    ratio = _length(target) / _length(seed)
    if not least <= ratio <= most:
        yield _error(
            "length_ratio",
            item_id,
            f"{quoted(target)} is {ratio:.2f} times as long as {quoted(seed)}; between {least:g} and {most:g} is "
            "expected",
            "translate the whole seed and nothing but the seed"
            if ratio < least
            else "say it as shortly as a native speaker would, and add nothing to the seed",
        )


def _length(text: str) -> int:
    """Characters, full-width ones twice: one of them says as much as two or more letters."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _kind_names(kinds: set[str]) -> str:
    return " and ".join(sorted(kinds)) or "no sentence mark"


def _shape_error(item_id: str | None, value: Any) -> ValidationError:
    return _error(
        "wrong_shape",
        item_id,
        f"expected [target, known], two texts; found {described(value)}",
        'write "<seed_id>": ["<translation>", "<the seed as given>"]',
    )


def _error(kind: str, item_id: str | None, message: str, suggestion: str) -> ValidationError:
    return ValidationError(type=kind, item_id=item_id, message=message, suggestion=suggestion)
