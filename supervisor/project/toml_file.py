"""Reading the files of a project that people write in TOML, into the values that they are to hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic import ValidationError as ModelError

from supervisor.errors import UsageError
from supervisor.text import toml_text

_M = TypeVar("_M", bound=BaseModel)


class TomlFile:
    """A file's text, and what it holds."""

    def __init__(self, path: Path, refused: type[UsageError]) -> None:
        """Read it; an error of the class `refused` where it cannot be read or is no TOML."""
        self._path = path
        self._refused = refused
        try:
            self._text = toml_text.text_of(path.read_bytes())
            self.table: dict[str, Any] = toml_text.parse(self._text)
        except toml_text.TomlRefused as error:
            raise refused(f"not TOML: {error}", where=str(path), remedy="Correct the file.") from error
        except OSError as error:
            raise refused(
                f"cannot be read: {error.strerror}", where=str(path), remedy="Make it readable for you."
            ) from error

    def read(self, model: type[_M], *section: str) -> _M:
        """The value of a section, or of the whole; an error of that class says what is wrong with it and where."""
        value: Any = self.table
        for name in section:
            value = value[name]
        try:
            return model.model_validate(value)
        except ModelError as error:
            from supervisor.project.model_errors import explain  # takes longer to load than most files to read

            shown = f" [{'.'.join(section)}]" if section else ""
            said = explain(error, model, lambda place: toml_text.line_of(self._text, (*section, *place)))
            raise self._refused(said, where=f"{self._path}{shown}", remedy="Correct the file.") from error
