"""What may stand at a place of a settings or pipeline file, in words, from the types of its model."""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, MaxLen, MinLen
from pydantic import BaseModel, Tag

from supervisor.model.written_values import Words


class Expected(NamedTuple):
    """A type and the bounds that stand beside it."""

    annotation: Any
    bounds: tuple[Any, ...] = ()

    @property
    def choices(self) -> tuple[Expected, ...]:
        """The members of a union but for None; itself where it is none."""
        if get_origin(self.annotation) in (Union, types.UnionType):
            members = [_bare(each, self.bounds) for each in get_args(self.annotation) if each is not type(None)]
            return tuple(choice for member in members for choice in member.choices)
        return (self,)

    @property
    def table(self) -> type[BaseModel] | None:
        """The model, where a table is to stand here."""
        return self.annotation if isinstance(self.annotation, type) and issubclass(self.annotation, BaseModel) else None

    @property
    def entry(self) -> Expected | None:
        """What the entries of a list are; None where no list is to stand here."""
        arguments = get_args(self.annotation)
        return _bare(arguments[0]) if get_origin(self.annotation) is tuple and arguments else None

    @property
    def literals(self) -> tuple[str, ...]:
        """The words of which one is to stand here; none where others may, too."""
        return get_args(self.annotation) if get_origin(self.annotation) is Literal else ()

    @property
    def member(self) -> Expected | None:
        """What the members of a table with free names are; None where none is to stand here."""
        arguments = get_args(self.annotation)
        return _bare(arguments[1]) if get_origin(self.annotation) is dict and len(arguments) > 1 else None

    def at(self, part: str | int) -> Expected | None:
        """What is to stand at a member or an entry; None where that is a name which pydantic gives to a choice."""
        for choice in self.choices:
            if isinstance(part, int) and choice.entry is not None:
                return choice.entry
            if isinstance(part, str) and choice.table is not None and part in choice.table.model_fields:
                field = choice.table.model_fields[part]
                return _bare(field.annotation, tuple(field.metadata))
            if isinstance(part, str) and choice.member is not None:
                return choice.member
        return None

    def chosen(self, name: str) -> Expected | None:
        """The choice that pydantic calls so in the place of a complaint."""
        tags = {tag.tag: choice for choice in self.choices for tag in choice.bounds if isinstance(tag, Tag)}
        named = {choice.table.__name__: choice for choice in self.choices if choice.table is not None}
        lists = [choice for choice in self.choices if choice.entry is not None and name.startswith("tuple[")]
        return tags.get(name) or named.get(name) or (lists[0] if lists else None)

    def words(self) -> str:
        """What has to stand here: `a whole number from 1 to 100`."""
        said = [each for each in self.bounds if isinstance(each, Words)]
        if said:
            within = _range(self.bounds, in_time=said[-1].counts_time)
            return said[-1].text + (f";{within}" if within else "")
        choices = self.choices
        if len(choices) > 1:
            return ", or ".join(choice.words() for choice in choices)
        (only,) = choices
        if only is not self:
            return only.words()
        return self._plain_words()

    def _plain_words(self) -> str:
        if self.literals:
            return " or ".join(repr(each) for each in self.literals)
        if self.table is not None:
            return "a table"
        if self.entry is not None:
            return ("a list of tables" if self.entry.table is not None else "a list of texts") + _length(self.bounds)
        if get_origin(self.annotation) is dict or self.annotation is dict:
            return "a table"
        kinds = {int: "a whole number", float: "a number", str: "text in quotes", bool: "true or false"}
        return kinds.get(self.annotation, "something else") + _range(self.bounds) + _length(self.bounds)


def of_model(model: type[BaseModel]) -> Expected:
    """What is to stand where the model is read from."""
    return Expected(model)


def _bare(annotation: Any, bounds: Sequence[Any] = ()) -> Expected:
    """A type without what is annotated to it, which are bounds."""
    found = [*bounds]
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        found = [*more, *found]
    flat = [inner for each in found for inner in (getattr(each, "metadata", None) or [each])]
    return Expected(annotation, tuple(flat))


def _range(bounds: Sequence[Any], *, in_time: bool = False) -> str:
    """` from 1 to 100`; empty where all are taken."""
    least = [bound.ge for bound in bounds if isinstance(bound, Ge)]
    above = [bound.gt for bound in bounds if isinstance(bound, Gt)]
    most = [bound.le for bound in bounds if isinstance(bound, Le)]
    if least and most:
        return f" from {_number(least[0], in_time=in_time)} to {_number(most[0], in_time=in_time)}"
    said = [f"of at least {_number(each, in_time=in_time)}" for each in least]
    said += [f"above {_number(each, in_time=in_time)}" for each in above]
    said += [f"of at most {_number(each, in_time=in_time)}" for each in most]
    return f" {' and '.join(said)}" if said else ""


def _length(bounds: Sequence[Any]) -> str:
    """` that is not empty`, of texts and lists."""
    said = ["that is not empty" for bound in bounds if isinstance(bound, MinLen) and bound.min_length]
    said += [f"of at most {bound.max_length} characters" for bound in bounds if isinstance(bound, MaxLen)]
    return f" {' and '.join(said)}" if said else ""


def _number(value: Any, *, in_time: bool) -> str:
    if in_time and value and value % 86400 == 0:
        return f"{value / 86400:g}d"
    return f"{value:,}" if isinstance(value, int) else f"{value:,g}"
