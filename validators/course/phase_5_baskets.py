"""Judges the practice baskets of one batch of LEGOs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from text_rules import Words, as_pair, copy_difference, described, lego_rows, quoted, text_errors, words

from supervisor import BatchInput, ValidationError, ValidationReport

_MOST_WORDS = 100
_MOST_STATES = 5_000
_SIDES = ("target", "known")


class Basket(NamedTuple):
    """What is known of the LEGO whose basket is judged."""

    item_id: str
    pair: tuple[str, str]
    place: int
    """The LEGO's place in the order of introduction."""


class Vocabulary:
    """The LEGOs in order of introduction, indexed for cutting phrases into them."""

    def __init__(self, rows: list[tuple[str, str, str]]) -> None:
        self.ids = [lego_id for lego_id, _, _ in rows]
        self.places = {lego_id: place for place, lego_id in enumerate(self.ids)}
        self.texts = tuple("\n".join(row[side] for row in rows) for side in (1, 2))
        self.first: tuple[dict[Words, int], dict[Words, int]] = ({}, {})
        self.targets: dict[Words, dict[Words, int]] = {}
        self.distinct: list[int] = []
        for place, (_, target, known) in enumerate(rows):
            pair = words(target), words(known)
            for index, text in zip(self.first, pair, strict=True):
                if text:
                    index.setdefault(text, place)
            if all(pair):
                self.targets.setdefault(pair[1], {}).setdefault(pair[0], place)
            self.distinct.append(len(self.first[1]))
        self.longest = tuple(max(map(len, index), default=0) for index in self.first)

    def pieces(self, text: Words, start: int, side: int, place: int) -> Iterator[int]:
        """The ends of the pieces from `start` on that were introduced by `place`, longest first."""
        for end in range(min(len(text), start + self.longest[side]), start, -1):
            if self.first[side].get(text[start:end], place + 1) <= place:
                yield end

    def cut(self, text: Words, side: int, place: int) -> list[int]:
        """The ends of pieces that tile `text`; where none do, the last end is short of it, as far as one can get."""
        back = {0: 0}
        for start in range(len(text)):
            if start in back:
                for end in self.pieces(text, start, side, place):
                    back.setdefault(end, start)
        ends, end = [], max(back)
        while end:
            ends.append(end)
            end = back[end]
        return ends[::-1]

    def same_legos(self, target: Words, known: Words, place: int) -> bool:
        """Whether one cut of `known` has targets that tile `target`, in the same order or in another."""
        steps: list[list[tuple[int, Words]]] = []
        for start in range(len(known)):
            steps.append([])
            for end in self.pieces(known, start, 1, place):
                choices = self.targets.get(known[start:end], {})
                steps[-1].extend((end, text) for text, first in choices.items() if first <= place)
        return _in_order(steps, target) or _in_any_order(steps, target)


def validate(batch: BatchInput, output: Any, merged: Mapping[int, Mapping[str, Any]]) -> ValidationReport:
    """Report every fault of `output`, LEGO id to {"lego": [target, known], "phrases": [[target, known], …]}."""
    if not isinstance(output, dict):
        shape = _error("wrong_shape", None, f"expected an object, found {described(output)}", _BASKET)
        return ValidationReport(errors=(shape,))
    vocabulary = Vocabulary(_introduced(batch, merged))
    errors: list[ValidationError] = []
    for item_id, value in output.items():
        if item_id not in batch.items:
            continue
        pair = as_pair(batch.items[item_id])
        if pair is None:
            message = f"the LEGO given for {item_id} is not two texts but {described(batch.items[item_id])}"
            errors.append(_error("unusable_input", item_id, message, "put the LEGO right in the main file of phase 3"))
            continue
        errors.extend(_basket_errors(batch, Basket(item_id, pair, vocabulary.places[item_id]), value, vocabulary))
    return ValidationReport(errors=tuple(errors))


def _introduced(batch: BatchInput, merged: Mapping[int, Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """The LEGOs in canonical order, the batch's own among them: from phase 3, or else from the batch's context."""
    rows = [row for payload in merged.get(3, {}).values() for row in lego_rows(payload)]
    if not any(row[0] in batch.items for row in rows):
        given = batch.context if isinstance(batch.context, list) else []
        entries = [[entry.get(key) for key in ("id", *_SIDES)] for entry in given if isinstance(entry, dict)]
        rows = list(lego_rows([None, entries]))
    places = {row[0]: place for place, row in enumerate(rows)}
    at = len(rows)
    for item_id, payload in reversed(batch.items.items()):
        if item_id in places:
            at = places[item_id]
        else:
            rows.insert(at, (item_id, *(as_pair(payload) or ("", ""))))
    return rows


def _basket_errors(batch: BatchInput, basket: Basket, value: Any, vocabulary: Vocabulary) -> Iterator[ValidationError]:
    item_id = basket.item_id
    if not isinstance(value, dict) or set(value) != {"lego", "phrases"} or not isinstance(value["phrases"], list):
        yield _error("wrong_shape", item_id, f"the basket is {described(value)}", _BASKET)
        return
    given = as_pair(value["lego"])
    if given is None:
        yield _error("wrong_shape", item_id, f'"lego" is {described(value["lego"])}, not two texts', _BASKET)
    else:
        for side, text, expected in zip(_SIDES, given, basket.pair, strict=True):
            if text != expected:
                message = f"the {side} text of the LEGO is {quoted(text)}, given was {quoted(expected)}"
                difference = copy_difference(text, expected)
                yield _error("lego_changed", item_id, f"{message}: {difference}", "copy the LEGO as it was given")
    phrases = value["phrases"]
    least = min(int(batch.settings.get("min_phrases", 3)), vocabulary.distinct[basket.place])
    if len(phrases) < least:
        yield _error(
            "too_few_phrases",
            item_id,
            f"{len(phrases)} phrases for {quoted(basket.pair[1])}, at least {least} are needed",
            f"write {least} or more different phrases that contain {quoted(basket.pair[1])}; the LEGO alone may be one",
        )
    seen: tuple[dict[Words, int], dict[Words, int]] = ({}, {})
    for number, entry in enumerate(phrases, start=1):
        phrase = as_pair(entry)
        if phrase is None:
            yield _error("wrong_shape", item_id, f"phrase {number} is {described(entry)}, not two texts", _BASKET)
            continue
        yield from _phrase_errors(basket, number, phrase, vocabulary)
        for side, text, index in zip(_SIDES, phrase, seen, strict=True):
            if (first := index.setdefault(words(text), number)) != number:
                message = f"phrases {first} and {number} have the same {side} side: {quoted(text)}"
                yield _error("doubled_phrase", item_id, message, f"write another phrase in place of phrase {number}")


def _phrase_errors(
    basket: Basket, number: int, phrase: tuple[str, str], vocabulary: Vocabulary
) -> Iterator[ValidationError]:
    sides = words(phrase[0]), words(phrase[1])
    faults: list[ValidationError] = []
    for side, name in enumerate(_SIDES):
        where = f"the {name} side of phrase {number}"
        faults.extend(text_errors(basket.item_id, where, phrase[side], vocabulary.texts[side]))
        if len(sides[side]) > _MOST_WORDS:
            message = f"{where} has {len(sides[side])} words"
            faults.append(_error("long_phrase", basket.item_id, message, "write a phrase that can be said in a breath"))
    yield from faults
    if faults:
        return
    for side, name in enumerate(_SIDES):
        if not _contains(sides[side], words(basket.pair[side])):
            yield _error(
                "lego_missing",
                basket.item_id,
                f"the {name} side of phrase {number}, {quoted(phrase[side])}, does not contain "
                f"{quoted(basket.pair[side])}",
                f"write a phrase that says {quoted(basket.pair[1])} = {quoted(basket.pair[0])}, word for word",
            )
    cuts = [vocabulary.cut(sides[side], side, basket.place) for side in (0, 1)]
    stuck = [side for side in (0, 1) if not cuts[side] or cuts[side][-1] < len(sides[side])]
    for side in stuck:
        yield _unknown_error(basket, number, side, sides[side], cuts[side], vocabulary)
    if not stuck and not vocabulary.same_legos(*sides, basket.place):
        known, starts = sides[1], [0, *cuts[1]]
        legos = [known[start:end] for start, end in zip(starts, cuts[1], strict=False)]
        cut = " | ".join(" ".join(lego) for lego in legos)
        said = " | ".join(" ".join(next(iter(vocabulary.targets.get(lego, {lego: 0})))) for lego in legos)
        yield _error(
            "sides_differ",
            basket.item_id,
            f"phrase {number} does not say the same LEGOs on both sides: {quoted(phrase[0])}, {quoted(phrase[1])}",
            f"the known side is made of {quoted(cut)}, in this course {quoted(said)}; write that, or another phrase",
        )


def _unknown_error(
    basket: Basket, number: int, side: int, text: Words, cut: list[int], vocabulary: Vocabulary
) -> ValidationError:
    start = cut[-1] if cut else 0
    rest, index = text[start:], vocabulary.first[side]
    later = next((rest[:n] for n in range(len(rest), 0, -1) if index.get(rest[:n], -1) > basket.place), None)
    hint = f"; {quoted(' '.join(later))} comes only with {vocabulary.ids[index[later]]}" if later else ""
    return _error(
        "unknown_lego",
        basket.item_id,
        f"the {_SIDES[side]} side of phrase {number}, {quoted(' '.join(text))}, is not made of LEGOs introduced up to "
        f"{basket.item_id}: no way to go on at {quoted(' '.join(rest))}{hint}",
        "use whole LEGOs of the vocabulary up to this one, unchanged on both sides, and no other word",
    )


def _contains(text: Words, part: Words) -> bool:
    return any(text[at : at + len(part)] == part for at in range(len(text) - len(part) + 1))


def _in_order(steps: list[list[tuple[int, Words]]], target: Words) -> bool:
    reached: list[set[int]] = [{0}, *(set() for _ in steps)]
    for start, choices in enumerate(steps):
        for end, text in choices:
            reached[end] |= {at + len(text) for at in reached[start] if target[at : at + len(text)] == text}
    return len(target) in reached[-1]


def _in_any_order(steps: list[list[tuple[int, Words]]], target: Words) -> bool:
    """Search over which target words are said already; given up, as not found, after `_MOST_STATES` states."""
    full = (1 << len(target)) - 1
    spots = {
        text: [((1 << len(text)) - 1) << at for at in range(len(target)) if target[at : at + len(text)] == text]
        for choices in steps
        for _, text in choices
    }
    seen, stack = {(0, 0)}, [(0, 0)]
    while stack and len(seen) <= _MOST_STATES:
        start, said = stack.pop()
        if start == len(steps):
            if said == full:
                return True
            continue
        for end, text in steps[start]:
            fresh = {(end, said | spot) for spot in spots[text] if not said & spot} - seen
            seen |= fresh
            stack.extend(fresh)
    return False


_BASKET = 'write "<lego_id>": {"lego": ["<target>", "<known>"], "phrases": [["<target>", "<known>"], …]}'


def _error(kind: str, item_id: str | None, message: str, suggestion: str) -> ValidationError:
    return ValidationError(type=kind, item_id=item_id, message=message, suggestion=suggestion)
