"""What people write into settings and pipeline files: tables, times, names; with the words for what may stand there."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from supervisor.model.frozen_model import FrozenModel
from supervisor.text.human_units import TIME_WORDS, seconds_of


class Words(NamedTuple):
    """Of a type: what has to stand there, as a message says it."""

    text: str
    counts_time: bool = False
    """Whether its bounds are seconds."""


class WrittenTable(FrozenModel):
    """A table of a file that people write; `true` is no number there, as it is to pydantic."""

    @field_validator("*", mode="before")
    @classmethod
    def _truth_value_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, bool) and info.field_name is not None:
            annotation = cls.model_fields[info.field_name].annotation
            if not _names(annotation, bool) and _names(annotation, int, float):
                raise PydanticCustomError("truth_value", "true and false are no numbers")
        return value


def _names(annotation: Any, *wanted: type) -> bool:
    """Whether one of the types stands in an annotation, but for what tables and lists in it hold."""
    if get_origin(annotation) in (dict, tuple, list):
        return False
    return annotation in wanted or any(_names(each, *wanted) for each in get_args(annotation))


def _as_seconds(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return seconds_of(value)
    except ValueError:
        return value  # which is no number, and told as that


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else value


Seconds = Annotated[
    float,
    Field(allow_inf_nan=False),
    BeforeValidator(_as_seconds),
    Words(f"a time: {TIME_WORDS}", counts_time=True),
]
"""A time, in seconds: a number, or as on the command line."""
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$"), Words("1 to 64 of the characters a-z, 0-9 and _")]
FileName = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"),
    Words("a file's name without folders, of letters, digits, `_`, `.` and `-`"),
]
NumberOrText = Annotated[
    str, BeforeValidator(_as_text), Words("a whole number of at least 1, or text that has a `{part}` of the target")
]
