"""Errors of an output in bounded form, those that say the same of many items taken together: told, logged, and kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from supervisor.model.frozen_model import FrozenModel
from supervisor.model.validation_report import ValidationError
from supervisor.text.plain_text import plain_line
from supervisor.text.strict_json import in_order

MOST_TOLD = 20
MOST_CHARS = 2000
"""Of one error: message and suggestion together."""
MOST_BYTES = 64 * 1024
"""Of what is kept for an attempt, or for an item."""
_MOST_NAME_CHARS, _MOST_TYPE_CHARS, _MOST_SUGGESTION_CHARS = 200, 80, 500
_NAMES_TOLD, _KINDS_TOLD = 5, 10
_SUMMARY_BYTES = 4096
"""Of what says how many were left out; half of the room where there is little."""
_OTHER = "other"


class ToldError(FrozenModel):
    """One line of feedback; it has the fields of a ValidationError."""

    type: str
    item_id: str | None
    """The item, or how many with the names of some; None: the whole batch."""
    message: str
    suggestion: str


class Feedback(FrozenModel):
    """What an agent or a person is told of an attempt."""

    errors: tuple[ToldError, ...]
    more: str
    """What is not told, counted; "" where all is."""


class _Group:
    """Errors that say the same of different items."""

    def __init__(self, first: ValidationError) -> None:
        self.first = first
        self.errors: list[ValidationError] = []
        self.names: dict[str | None, None] = {}
        self.times = 0

    def add(self, error: ValidationError) -> None:
        self.times += error.times
        if error.item_id not in self.names:
            self.names[error.item_id] = None
            self.errors.append(error)

    @property
    def is_summary(self) -> bool:
        """Whether it only counts what was not kept."""
        return self.first.item_id is None and self.first.times > 1

    @property
    def items(self) -> int:
        """Of how many items it is said; 0: of the whole batch."""
        return 0 if self.first.item_id is None else max(self.times, len(self.names))


def feedback(errors: Sequence[ValidationError]) -> Feedback:
    """At most MOST_TOLD errors, those that say the same of several items as one; the rest is counted."""
    groups = _grouped(errors)
    single = [group for group in groups if not group.is_summary]
    more = [*single[MOST_TOLD:], *(group for group in groups if group.is_summary)]
    return Feedback(errors=tuple(_told(group) for group in single[:MOST_TOLD]), more=_left_out(more))


def said(errors: Sequence[ValidationError]) -> str:
    """The first error on one line, and how many more there are."""
    if not errors:
        return "no reason was given"
    groups = _grouped(errors)
    first, others = groups[0].first, groups[1:]
    place = f"for {groups[0].items:,} items: " if groups[0].items > 1 else _place(first)
    more = sum(group.times if group.items or group.is_summary else 1 for group in others)
    return f"{_kind(first)}: {place}{plain_line(first.message, 200)}{f' (and {more:,} more)' if more else ''}"


def kept(errors: Sequence[ValidationError], most_bytes: int = MOST_BYTES) -> tuple[ValidationError, ...]:
    """What of them is kept in at most so many bytes of JSON: all of them where they fit, else some of each sort.

    Each is cut at MOST_CHARS. What is left out is counted, one entry for each type.
    """
    small = _all_that_fit(errors, most_bytes)
    if small is not None:
        return small
    room = most_bytes - min(_SUMMARY_BYTES, most_bytes // 2)
    found: list[ValidationError] = []
    groups = _grouped(errors)
    left: Counter[str] = Counter()
    for group in groups:
        left[_kind(group.first)] += group.times
    for turn in range(max(len(group.errors) for group in groups)):
        waiting = [group.errors[turn] for group in groups if turn < len(group.errors)]
        for error in waiting:
            short = _cut(error)
            size = _size(short)
            if size > room:
                break
            room -= size
            found.append(short)
            left[short.type] -= short.times
        else:
            continue
        break
    return (*found, *_summaries(+left, most_bytes))


def within(stored: Sequence[Mapping[str, Any]], most_bytes: int = MOST_BYTES) -> list[dict[str, Any]]:
    """Errors as the store has them, as `kept` would bound them; older ones were not when they were stored."""
    return [error.model_dump() for error in kept([ValidationError.model_validate(each) for each in stored], most_bytes)]


def _all_that_fit(errors: Sequence[ValidationError], most_bytes: int) -> tuple[ValidationError, ...] | None:
    found = []
    for error in errors:
        short = _cut(error)
        most_bytes -= _size(short)
        if most_bytes < 2:
            return None
        found.append(short)
    return tuple(found)


def _summaries(left: Counter[str], most_bytes: int) -> Iterable[ValidationError]:
    most = _KINDS_TOLD if most_bytes >= 2 * _SUMMARY_BYTES else 2
    common = left.most_common(most)
    others = sum(left.values()) - sum(count for _, count in common)
    for kind, count in [*common, *([(_OTHER, others)] if others else [])]:
        yield ValidationError(type=kind, message=f"{count:,} more of this type are not kept one by one", times=count)


def _grouped(errors: Iterable[ValidationError]) -> list[_Group]:
    groups: dict[tuple[str, str, str, bool], _Group] = {}
    for error in errors:
        about = error.item_id
        said_of = error.message if about is None else _without(error.message, about)
        key = (error.type, said_of, error.suggestion, about is None)
        if key not in groups:
            groups[key] = _Group(error)
        groups[key].add(error)
    return list(groups.values())


def _without(message: str, name: str) -> str:
    """The message but for the item's own name where that stands as a word of its own."""
    if not name:
        return message
    parts, begin = [], 0
    at = message.find(name)
    while at >= 0:
        end = at + len(name)
        if not (message[at - 1 : at].isalnum() or message[end : end + 1].isalnum()):
            parts += [message[begin:at], "\0"]
            begin = end
        at = message.find(name, end)
    return "".join([*parts, message[begin:]])


def _told(group: _Group) -> ToldError:
    first = _cut(group.first)
    about = first.item_id
    if group.items > 1:
        names = [plain_line(name, 80) for name in list(group.names)[:_NAMES_TOLD] if name is not None]
        about = f"for {group.items:,} items: {', '.join(names)}{', …' if group.items > len(names) else ''}"
    return ToldError(type=first.type, item_id=about, message=first.message, suggestion=first.suggestion)


def _left_out(groups: Sequence[_Group]) -> str:
    if not groups:
        return ""
    kinds: Counter[str] = Counter()
    for group in groups:
        kinds[_kind(group.first)] += group.times
    named = ", ".join(f"{kind} ({count:,})" for kind, count in kinds.most_common(_KINDS_TOLD))
    of = f"{len(kinds):,} kind{'' if len(kinds) == 1 else 's'}"
    return f"and {sum(kinds.values()):,} more of {of}: {named}{', …' if len(kinds) > _KINDS_TOLD else ''}"


def _cut(error: ValidationError) -> ValidationError:
    suggestion = _shortened(error.suggestion, _MOST_SUGGESTION_CHARS)
    changed = {
        "type": _kind(error),
        "item_id": None if error.item_id is None else _shortened(error.item_id, _MOST_NAME_CHARS),
        "message": _shortened(error.message, MOST_CHARS - len(suggestion)),
        "suggestion": suggestion,
    }
    same = all(getattr(error, name) == new for name, new in changed.items())
    return error if same else error.model_copy(update=changed)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _kind(error: ValidationError) -> str:
    return _shortened(error.type, _MOST_TYPE_CHARS)


def _place(error: ValidationError) -> str:
    return f"{plain_line(error.item_id, 80)}: " if error.item_id else ""


def _size(error: ValidationError) -> int:
    return len(in_order(error.model_dump()).encode("utf-8", "replace")) + 1
