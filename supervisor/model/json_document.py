"""What an agent wrote, read as strict JSON once, wherever it goes."""

from __future__ import annotations

from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from supervisor.text.strict_json import JsonRefused, parse_strict


class JsonDocument:
    """The bytes of an output with their value. Equal by its bytes; a field of this type takes bytes, too."""

    __slots__ = ("data", "doubled", "refusal", "value")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.value: Any = None
        """The outermost value; None where it is refused."""
        self.doubled: tuple[str, ...] = ()
        """Names that stand twice in the outermost object, of which the first value is taken."""
        self.refusal: JsonRefused | None = None
        """Why it is not strict JSON."""
        try:
            self.value, self.doubled = parse_strict(data)
        except JsonRefused as error:
            self.refusal = error.with_traceback(None)

    @property
    def is_strict(self) -> bool:
        """Whether it is strict JSON."""
        return self.refusal is None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JsonDocument) and self.data == other.data

    def __hash__(self) -> int:
        return hash(self.data)

    def __repr__(self) -> str:
        return f"JsonDocument({self.data!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        of_bytes = core_schema.no_info_after_validator_function(cls, core_schema.bytes_schema())
        return core_schema.union_schema([core_schema.is_instance_schema(cls), of_bytes])
