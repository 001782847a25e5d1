"""Turns pydantic's complaints about a file into messages that name the place and the remedy."""

from __future__ import annotations

import difflib
from typing import Any

from pydantic import BaseModel
from pydantic import ValidationError as ModelError


def explain(error: ModelError, model: type[BaseModel]) -> str:
    """Every complaint on a line of its own, with its place as it is written in the file."""
    return "\n  ".join(_one(dict(complaint), model) for complaint in error.errors(include_url=False))


def _one(complaint: dict[str, Any], model: type[BaseModel]) -> str:
    location = tuple(complaint["loc"])
    place = _place(location)
    if complaint["type"] == "extra_forbidden":
        known = _fields_at(model, location[:-1])
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}" if known else ""
        return f"{place}: unknown key{'; ' if hint else ''}{hint}"
    if complaint["type"] == "missing":
        return f"{place}: missing; add it"
    message = str(complaint["msg"]).removeprefix("Value error, ")
    given = complaint.get("input")
    shown = f" (it is {given!r})" if isinstance(given, (str, int, float, bool)) else ""
    return f"{place + ': ' if place else ''}{message}{shown}"


def _place(location: tuple[Any, ...]) -> str:
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        elif part not in ("str", "Upstream", "tuple[str, ...]"):  # pydantic's names for the branches of a union
            text += f".{part}" if text else str(part)
    return text


def _fields_at(model: type[BaseModel], location: tuple[Any, ...]) -> list[str]:
    """Names of the fields that the model has at a place; empty where that cannot be told."""
    from supervisor.model.pipeline import Phase, TargetRule, Upstream
    from supervisor.project.project_settings import AgentSettings

    if location[:1] == ("agents",):
        return list(AgentSettings.model_fields)
    named: dict[str, type[BaseModel]] = {"phases": Phase, "target": TargetRule, "items": Upstream}
    for part in reversed(location):
        if isinstance(part, str) and part in named:
            return list(named[part].model_fields)
    return list(model.model_fields)
