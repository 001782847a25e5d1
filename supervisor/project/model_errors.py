"""What is wrong with a settings or pipeline file, in words: where, what may stand there, what was meant perhaps."""

from __future__ import annotations

import difflib
import json
import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic import ValidationError as ModelError

from supervisor.project.expected_value import Expected, of_model

Path = tuple[str | int, ...]
"""A place: names of tables and keys, numbers of entries from 0."""
_MOST = 20
_MOST_SHOWN = 60

_FORMER = {"quiet_period": "an answer that passes stands after `finish_timeout` seconds without a change"}
"""Keys of earlier versions, and what there is in their place."""


class _Complaint(NamedTuple):
    """One of pydantic's, with its place as it is written in the file."""

    path: Path
    type: str
    said: str
    given: Any
    expected: Expected | None
    """What may stand at the place."""
    inside: Expected | None
    """What may stand around it."""
    branch: Path | None
    """The place of the choice that it is about, where several may stand there."""


def explain(
    error: ModelError, model: type[BaseModel], line_of: Callable[[Path], int | None] = lambda path: None
) -> str:
    """Every complaint on a line of its own, 20 at most, with its place as it is written in the file.

    `line_of`: the line of the file in which a place is written, or the nearest around it; None where it is not known.
    """
    raw = [dict(each) for each in error.errors(include_url=False)]
    # A list of which entries are refused is too short to pydantic, too.
    raw = [each for each in raw if each["type"] != "too_short" or not each["input"]]
    found = _one_choice([_complaint(each, model) for each in raw])
    misplaced = _meant(found, model)
    lines = [
        _line(each, model, line_of(each.path))
        for each in found
        if not (each.type == "missing" and each.path in misplaced)
    ]
    lines = list(dict.fromkeys(lines))
    more = [f"and {len(lines) - _MOST} more"] if len(lines) > _MOST else []
    return "\n  ".join([*lines[:_MOST], *more])


def place_of(path: Sequence[str | int]) -> str:
    """`phases[2].items.phase`: entries of lists are counted from 1."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            text += f".{part}" if text else part
    return text


def _complaint(raw: dict[str, Any], model: type[BaseModel]) -> _Complaint:
    path: list[str | int] = []
    expected: Expected | None = of_model(model)
    inside: Expected | None = None
    branch: Path | None = None
    for part in raw["loc"]:
        following = None if expected is None else expected.at(part)
        choice = None if expected is None or not isinstance(part, str) else expected.chosen(part)
        unknown_key = raw["type"] == "extra_forbidden" and len(path) + 1 == len(raw["loc"])
        if expected is not None and len(expected.choices) > 1 and (choice is not None or following is None):
            branch = tuple(path)
            expected = choice or expected
            if choice is None and not unknown_key:
                continue
            if choice is not None:
                continue
        inside, expected = expected, following
        path.append(part)
    return _Complaint(
        path=tuple(path),
        type=str(raw["type"]),
        said=str(raw["msg"]).removeprefix("Value error, "),
        given=raw.get("input"),
        expected=expected,
        inside=inside,
        branch=branch,
    )


def _one_choice(found: list[_Complaint]) -> list[_Complaint]:
    """Where several kinds of things may stand, one complaint: about the kind that was meant, if that can be told."""
    kept: list[_Complaint] = []
    for each in found:
        others = [other for other in found if other.branch == each.branch]
        if each.branch is None or len(others) == 1:
            kept.append(each)
        elif any(len(other.path) > len(each.branch) for other in others):
            if len(each.path) > len(each.branch):
                kept.append(each)
        elif each is others[0]:
            kept.append(each)
    return kept


def _meant(found: Iterable[_Complaint], model: type[BaseModel]) -> set[Path]:
    """Places of what is missing only because it is written wrongly, or at another place."""
    meant: set[Path] = set()
    for each in found:
        if each.type != "extra_forbidden":
            continue
        near = _near(str(each.path[-1]), _keys(each.inside))
        if near:
            meant.add((*each.path[:-1], near))
        meant |= {(*place, each.path[-1]) for place in _around(each, model)}
    return meant


def _line(each: _Complaint, model: type[BaseModel], line: int | None) -> str:
    place = place_of(each.path)
    said = _said(each, model)
    return f"{f'{place}: ' if place else ''}{said}{f' (line {line})' if line else ''}"


def _said(each: _Complaint, model: type[BaseModel]) -> str:
    if each.type == "extra_forbidden":
        return _unknown_key(each, model)
    if each.type == "missing":
        words = "" if each.expected is None else f": {each.expected.words()}"
        return f"missing; add it{words}"
    if each.type == "value_error":
        shown = f" (it is {_shown(each.given)})" if isinstance(each.given, (str, int, float)) else ""
        return f"{each.said}{shown}"
    expected = each.expected
    if expected is None:
        return f"cannot be {_shown(each.given)}"
    return f"has to be {expected.words()}; {_it_is(each, expected)}{_hint(each, expected)}"


def _it_is(each: _Complaint, expected: Expected) -> str:
    return "it is empty" if each.given in ("", [], {}) else f"it is {_shown(each.given)}"


def _unknown_key(each: _Complaint, model: type[BaseModel]) -> str:
    key, known = str(each.path[-1]), _keys(each.inside)
    if key in _FORMER:
        return f"no key any more; {_FORMER[key]}"
    above = _around(each, model)
    if above:
        place = place_of(above[0])
        where = f"belongs into [{place}]" if place else "is written above the first [table]"
        return f"unknown key here; {key} {where}"
    below = [
        name for name in known if (table := _table_at(each.inside, name)) is not None and key in table.model_fields
    ]
    if below:
        return f"unknown key here; {key} belongs into {' or '.join(_header(each.inside, name) for name in below)}"
    if near := _near(key, known):
        return f"unknown key; did you mean {near!r}?"
    return f"unknown key; known here: {', '.join(known)}" if known else "unknown key"


def _hint(each: _Complaint, expected: Expected) -> str:
    """How what was meant is written, where that can be told."""
    key = next((part for part in reversed(each.path) if isinstance(part, str)), "")
    place = place_of(each.path)
    members = None if each.inside is None else each.inside.member
    if members is not None and members.table is not None and key in members.table.model_fields:
        return f". It belongs under a name: [{place_of(each.path[:-1])}.NAME]"
    if isinstance(each.given, dict) and not any(map(_holds_tables, expected.choices)):
        others = [name for name in _keys(each.inside) if name != key and _table_at(each.inside, name) is not None]
        return f". Did you mean [{near}.NAME]?" if (near := _near(key, others)) else ""
    for choice in expected.choices:
        if choice.entry is not None and choice.entry.table is not None and isinstance(each.given, dict):
            return f". Write [[{place}]], with two brackets, above each of them"
        if choice.table is not None and _is_tables(each.given) and not any(isinstance(part, int) for part in each.path):
            return f". Write [{place}], with one bracket, once"
        if choice.entry is not None and choice.entry.table is None and isinstance(each.given, str) and each.given:
            return f". Write {key} = {json.dumps(_words(key, each.given), ensure_ascii=False)}"
        if choice.literals and isinstance(each.given, str) and (near := _near(each.given, choice.literals)):
            return f". Did you mean {near!r}?"
    return ""


def _words(key: str, text: str) -> list[str]:
    """The list that is meant by a text: words of a command, else the one entry."""
    try:
        return shlex.split(text) if key in ("command", "args", "validator") else [text]
    except ValueError:
        return [text]


def _keys(expected: Expected | None) -> list[str]:
    tables = [] if expected is None else [choice.table for choice in expected.choices if choice.table is not None]
    return list(dict.fromkeys(name for table in tables for name in table.model_fields))


def _around(each: _Complaint, model: type[BaseModel]) -> list[Path]:
    """Places of the tables around a key's own that have such a key, the nearest first."""
    found = []
    for length in range(len(each.path) - 2, -1, -1):
        expected: Expected | None = of_model(model)
        for part in each.path[:length]:
            expected = None if expected is None else expected.at(part)
        if each.path[-1] in _keys(expected):
            found.append(each.path[:length])
    return found


def _table_at(inside: Expected | None, name: str) -> type[BaseModel] | None:
    """The model of the tables that stand under a name, alone or as a list."""
    found = None if inside is None else inside.at(name)
    for choice in () if found is None else found.choices:
        entry = choice.entry or choice.member or choice
        if entry.table is not None:
            return entry.table
    return None


def _header(inside: Expected | None, name: str) -> str:
    found = None if inside is None else inside.at(name)
    choices = () if found is None else found.choices
    if any(choice.entry is not None for choice in choices):
        return f"[[{name}]]"
    return f"[{name}.NAME]" if any(choice.member is not None for choice in choices) else f"[{name}]"


def _holds_tables(expected: Expected) -> bool:
    listed = expected.entry is not None and expected.entry.table is not None
    return listed or expected.table is not None or expected.member is not None


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, dict) for entry in value)


def _near(word: str, known: Sequence[str]) -> str | None:
    near = difflib.get_close_matches(word.replace("-", "_").lower(), known, n=1)
    return near[0] if near else None


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"
