"""Judges the LEGO decompositions of one batch of seed pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from text_rules import Words, as_pair, copy_difference, described, lego_rows, quoted, text_errors, words

from supervisor import BatchInput, ValidationError, ValidationReport


class Lego(NamedTuple):
    """One LEGO as its seed gave it."""

    lego_id: str
    target: str
    known: str


Claims = dict[Words, tuple[str, Lego]]
"""Known text to the seed and the LEGO that fixed its target text."""


def validate(batch: BatchInput, output: Any, merged: Mapping[int, Mapping[str, Any]]) -> ValidationReport:
    """Report every fault of `output`, rows [seed_id, [target, known], [[lego_id, target, known], …]]."""
    if not isinstance(output, list):
        shape = _error("wrong_shape", None, f"expected an array of rows, found {described(output)}", _ROW)
        return ValidationReport(errors=(shape,))
    order = {item_id: place for place, item_id in enumerate(batch.items)}
    named = [(row_id, row) for row in output if (row_id := _row_id(row)) in order]
    claims = _merged_claims(batch, merged)
    errors: list[ValidationError] = []
    for seed_id, row in sorted(named, key=lambda entry: order[entry[0]]):
        faults, legos = _decomposition(batch, seed_id, row)
        faults = faults or list(_determinism_errors(seed_id, legos, claims))
        errors.extend(faults)
        if not faults:  # what must be written anew binds nobody
            for lego in legos:
                claims.setdefault(words(lego.known), (seed_id, lego))
    return ValidationReport(errors=tuple(errors))


def _row_id(row: Any) -> str:
    first = row.get("id") if isinstance(row, dict) else row[0] if isinstance(row, list) and row else None
    return first if isinstance(first, str) else ""


def _merged_claims(batch: BatchInput, merged: Mapping[int, Mapping[str, Any]]) -> Claims:
    claims: Claims = {}
    for seed_id, payload in merged.get(3, {}).items():
        if seed_id not in batch.items:
            for row in lego_rows(payload):
                claims.setdefault(words(row[2]), (seed_id, Lego(*row)))
    return claims


def _decomposition(batch: BatchInput, seed_id: str, row: Any) -> tuple[list[ValidationError], list[Lego]]:
    """The faults of one row by itself, and its LEGOs as far as they can be read."""
    if not isinstance(row, list) or len(row) != 3 or not isinstance(row[2], list):
        return [_error("wrong_shape", seed_id, f"the row is {described(row)}", _ROW)], []
    seed = as_pair(batch.items[seed_id])
    if seed is None:
        message = f"the seed pair given for {seed_id} is not two texts but {described(batch.items[seed_id])}"
        return [_error("unusable_input", seed_id, message, "put the pair right in the main file of phase 1")], []
    errors = list(_pair_errors(seed_id, row[1], seed))
    legos: list[Lego] = []
    for place, entry in enumerate(row[2], start=1):
        if not isinstance(entry, list) or len(entry) != 3 or not all(isinstance(text, str) for text in entry):
            message = f"LEGO {place} is {described(entry)}, not three texts"
            errors.append(_error("wrong_shape", seed_id, message, _ROW))
            continue
        lego = Lego(*entry)
        legos.append(lego)
        errors.extend(_lego_errors(seed_id, place, lego, seed))
    if not row[2]:
        errors.append(_error("no_legos", seed_id, f"{seed_id} has no LEGOs", "cut the pair into at least one LEGO"))
    elif len(legos) == len(row[2]):
        errors.extend(_tiling_errors(seed_id, legos, seed))
    return errors, legos


def _pair_errors(seed_id: str, value: Any, seed: tuple[str, str]) -> Iterator[ValidationError]:
    pair = as_pair(value)
    if pair is None:
        yield _error("wrong_shape", seed_id, f"the pair is {described(value)}, not two texts", _ROW)
        return
    for side, given, expected in zip(("target", "known"), pair, seed, strict=True):
        if given != expected:
            yield _error(
                "pair_changed",
                seed_id,
                f"the {side} sentence is {quoted(given)}, given was {quoted(expected)}: "
                f"{copy_difference(given, expected)}",
                "copy the pair character for character; it is settled and cannot be improved here",
            )


def _lego_errors(seed_id: str, place: int, lego: Lego, seed: tuple[str, str]) -> Iterator[ValidationError]:
    expected = f"{seed_id}L{place:02d}"
    if lego.lego_id != expected:
        yield _error(
            "lego_id",
            seed_id,
            f"LEGO {place} has the id {quoted(lego.lego_id)}, expected is {quoted(expected)}",
            f"number the LEGOs of {seed_id} from {seed_id}L01 on, in order, without a gap",
        )
    for side, text, sentence in (("target", lego.target, seed[0]), ("known", lego.known, seed[1])):
        where = f"the {side} text of {expected}"
        yield from text_errors(seed_id, where, text, sentence)
        if text.strip() and not words(text):
            yield _error(
                "empty_text",
                seed_id,
                f"{where} has no words: {quoted(text)}",
                "leave punctuation out of the LEGOs; every LEGO has words on both sides",
            )


def _tiling_errors(seed_id: str, legos: list[Lego], seed: tuple[str, str]) -> Iterator[ValidationError]:
    for side, sentence, texts in (
        ("target", seed[0], [lego.target for lego in legos]),
        ("known", seed[1], [lego.known for lego in legos]),
    ):
        joined = tuple(word for text in texts for word in words(text))
        if joined == words(sentence):
            continue
        suggestion = "cut the sentence itself: every word of it in exactly one LEGO, in its order and its form"
        if sorted(joined) == sorted(words(sentence)):
            suggestion = "the words are there in another order: join the LEGOs whose order differs into one larger LEGO"
        yield _error(
            f"tiling_{side}",
            seed_id,
            f"the {side} texts {' + '.join(quoted(text) for text in texts)} do not give {quoted(sentence)}: "
            f"{_first_difference(joined, words(sentence))}",
            suggestion,
        )


def _first_difference(joined: Words, sentence: Words) -> str:
    for place, (found, expected) in enumerate(zip(joined, sentence, strict=False), start=1):
        if found != expected:
            return f"word {place} is {quoted(found)} where the sentence has {quoted(expected)}"
    if len(joined) < len(sentence):
        return f"{quoted(' '.join(sentence[len(joined) :]))} at the end is in no LEGO"
    return f"{quoted(' '.join(joined[len(sentence) :]))} at the end is not in the sentence"


def _determinism_errors(seed_id: str, legos: list[Lego], claims: Claims) -> Iterator[ValidationError]:
    own: Claims = {}
    for place, lego in enumerate(legos):
        key = words(lego.known)
        first_seed, first = claims.get(key) or own.setdefault(key, (seed_id, lego))
        if words(first.target) != words(lego.target):
            yield _error(
                "determinism",
                seed_id,
                f"{quoted(lego.known)} is {quoted(lego.target)} in {lego.lego_id}, but {quoted(first.target)} in "
                f"{first.lego_id} of {first_seed}; in the whole course one known text has one target text",
                _enlarged(legos, place),
            )


def _enlarged(legos: list[Lego], place: int) -> str:
    """A way out of an ambiguity: the LEGO joined with its neighbour."""
    start = place if place + 1 < len(legos) else place - 1
    if start < 0:
        return "cut the pair otherwise, so that this known text stands in no LEGO by itself"
    left, right = legos[start : start + 2]
    known, target = f"{left.known} {right.known}", f"{left.target} {right.target}"
    return (
        f"keep the pair of sentences; enlarge the LEGO until its known text leaves one choice, for example "
        f"{quoted(known)} = {quoted(target)}, and number the LEGOs again"
    )


_ROW = 'write a row as ["<seed_id>", ["<target>", "<known>"], [["<seed_id>L01", "<target>", "<known>"], …]]'


def _error(kind: str, item_id: str | None, message: str, suggestion: str) -> ValidationError:
    return ValidationError(type=kind, item_id=item_id, message=message, suggestion=suggestion)
