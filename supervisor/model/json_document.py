"""What an agent wrote, read as JSON once, wherever it goes: strictly, and else with harmless deviations mended."""

from __future__ import annotations

from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from supervisor.text.mended_json import MendedJson, mend_json
from supervisor.text.strict_json import JsonRefused, parse_strict


class JsonDocument:
    """The bytes of an output with their value. Equal by its bytes; a field of this type takes bytes, too.

    Whoever decides whether there is an answer asks `usable`: it is strict, or what deviates in it can be mended. It is
    never true of the beginning of an output that was cut off.
    """

    __slots__ = ("_doubled", "_mending", "_value", "data", "refusal")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._value: Any = None
        self._doubled: tuple[str, ...] = ()
        self.refusal: JsonRefused | None = None
        """Why it is not strict JSON."""
        self._mending: MendedJson | JsonRefused | None = None
        try:
            self._value, self._doubled = parse_strict(data)
        except JsonRefused as error:
            self.refusal = error.with_traceback(None)

    @property
    def is_strict(self) -> bool:
        """Whether it is strict JSON, which can be used as it is."""
        return self.refusal is None

    @property
    def usable(self) -> bool:
        """Whether it has a value, as it is or mended."""
        return self.is_strict or isinstance(self._mended, MendedJson)

    @property
    def value(self) -> Any:
        """The outermost value; None where it is not usable."""
        return self._mended.value if isinstance(self._mended, MendedJson) else self._value

    @property
    def doubled(self) -> tuple[str, ...]:
        """Names that stand twice in the outermost object, of which the first value is taken."""
        return self._mended.doubled if isinstance(self._mended, MendedJson) else self._doubled

    @property
    def mended(self) -> tuple[str, ...]:
        """What had to be mended for the value, a line each; empty where it is strict, and where it is not usable."""
        return self._mended.notes if isinstance(self._mended, MendedJson) else ()

    @property
    def why_unusable(self) -> JsonRefused | None:
        """Why it has no value, with what stands there; None where it has one."""
        return self._mended if isinstance(self._mended, JsonRefused) else None

    @property
    def _mended(self) -> MendedJson | JsonRefused | None:
        """What came of mending, which is done when it is first asked for; None where nothing was to be mended."""
        if self.refusal is not None and self._mending is None:
            try:
                self._mending = mend_json(self.data, self.refusal)
            except JsonRefused as error:
                self._mending = error.with_traceback(None)
        return self._mending

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
