"""A JSON object that is not id → content but holds the items in one of its members, as the answers of services do.

What is taken for an envelope is refused, never opened by itself. So that real data is not refused, it takes more than
one sign. An object of which several members are lists of objects, or all are objects, is items, whatever they are
called.
"""

from __future__ import annotations

import difflib
from typing import Any

from supervisor.errors import SourceError
from supervisor.text.strict_json import in_order

WHOLE = "."
"""In place of a member: the whole, as it is."""
_HOLDERS = (
    *("data", "items", "results", "result", "rows", "records", "entries", "values", "value", "hits", "documents"),
    *("docs", "list", "objects", "elements", "features", "content", "payload", "response"),
)
"""Names of members under which services hand out lists."""
_BESIDE = (
    *("meta", "metadata", "links", "_links", "pagination", "paging", "page", "info", "header", "headers"),
    *("aggregations", "summary", "context", "crs"),
)
"""Names of members that tell of the list."""
_OF_ERRORS = frozenset(("error", "errors"))
_BESIDE_ERRORS = frozenset(
    (
        *("message", "detail", "details", "description", "error_description", "reason", "hint", "status", "statuscode"),
        *("status_code", "code", "success", "ok", "type", "title", "instance", "path", "timestamp"),
        *("request_id", "requestid", "trace_id", "traceid", "documentation_url"),
    )
)
"""Names of members that an answer has besides which says that there are no items."""


def holder_in(value: dict[str, Any]) -> str | None:
    """The member that holds the items of an envelope; None where the object is none.

    An envelope has exactly one non-empty array of objects, and beside it nothing but single values (at least one), what
    is empty, and members that tell of the list (`meta`, `links`, …). An array alone, one that is empty, and one of
    arrays count where they are called as in an envelope (`data`, `items`, `results`, …).
    """
    objects = [name for name, member in value.items() if _is_list_of(member, dict)]
    named = [name for name in value if name.lower() in _HOLDERS and isinstance(value[name], list)]
    if len(objects) == 1:
        holder = objects[0]
        others = {name: member for name, member in value.items() if name != holder}
        if not others:
            return holder if holder in named else None
        return holder if _tell_of_it(others) else None
    if objects or len(named) != 1:
        return None
    holder = named[0]
    others = {name: member for name, member in value.items() if name != holder}
    is_list = not value[holder] or _is_list_of(value[holder], list)
    return holder if is_list and _tell_of_it(others) else None


def is_one_row(value: dict[str, Any]) -> bool:
    """Whether an object is a single row, with its `id` among members of other kinds."""
    row_id = value.get("id")
    if not isinstance(row_id, (str, int)) or isinstance(row_id, bool) or len(value) < 2:
        return False
    return len({_kind(member) for member in value.values()}) > 1


def is_an_error(value: dict[str, Any]) -> bool:
    """Whether an object says that something went wrong, and nothing else; several members of one kind are items."""
    names = {name.lower() for name in value}
    if not names & _OF_ERRORS or not names <= _OF_ERRORS | _BESIDE_ERRORS:
        return False
    return len(value) == 1 or len({_kind(member) for member in value.values()}) > 1


def check_no_envelope(value: dict[str, Any], name: str) -> None:
    """SourceError where an object is not what items are."""
    as_it_is = f'items = {{ file = …, at = "{WHOLE}" }} takes each of its members as an item'
    holder = holder_in(value)
    if holder is not None:
        raise SourceError(
            f"its items seem to be in its member {holder!r}, beside {_listed(value, holder)}"
            if len(value) > 1
            else f"its items seem to be in its only member, {holder!r}",
            where=name,
            remedy=f'Did you mean items = {{ file = …, at = "{holder}" }}? If not, {as_it_is}.',
        )
    if is_an_error(value):
        raise SourceError(
            f"it seems to be an error that was saved in place of items: {in_order(value)[:200]}",
            where=name,
            remedy=f"Get the items anew. If they are what is there, {as_it_is}.",
        )
    if is_one_row(value):
        raise SourceError(
            "it seems to be a single row, with `id` as one of its members, and not items by their ids",
            where=name,
            remedy=f"Put it into brackets: [{{…}}]. If its members are items, {as_it_is}.",
        )


def member_at(value: Any, at: str, name: str) -> Any:
    """What stands at the names that are joined with dots; SourceError where there is nothing."""
    left, way = at, ""
    while left:
        if not isinstance(value, dict):
            where = f"{name}, {way}" if way else name
            raise SourceError(
                f"there is no {left!r}: it is no object", where=where, remedy="Correct `at`, or leave it out."
            )
        step = left if left in value else left.split(".", 1)[0]
        if step not in value:
            near = difflib.get_close_matches(step, list(value), n=1)
            known = ", ".join(list(value)[:10]) + (", …" if len(value) > 10 else "")
            raise SourceError(
                f"there is no member {step!r}",
                where=f"{name}, {way}" if way else name,
                remedy=(f"Did you mean at = {f'{way}.{near[0]}'.lstrip('.')!r}? " if near else "")
                + f"Its members are: {known}.",
            )
        value = value[step]
        way = f"{way}.{step}".lstrip(".")
        left = left[len(step) + 1 :]
    return value


def _is_list_of(member: Any, kind: type) -> bool:
    return isinstance(member, list) and bool(member) and all(isinstance(entry, kind) for entry in member)


def _tell_of_it(others: dict[str, Any]) -> bool:
    """Whether what stands beside an array tells of it, and is no content of its own."""
    plain = [name for name, member in others.items() if not isinstance(member, (dict, list)) or not member]
    return all(name in plain or name.lower() in _BESIDE for name in others)


def _kind(member: Any) -> str:
    if isinstance(member, dict):
        return "object"
    if isinstance(member, list):
        return "array"
    return "number" if isinstance(member, (int, float)) and not isinstance(member, bool) else type(member).__name__


def _listed(value: dict[str, Any], holder: str) -> str:
    others = [name for name in value if name != holder]
    return ", ".join(map(repr, others[:5])) + (", …" if len(others) > 5 else "")
