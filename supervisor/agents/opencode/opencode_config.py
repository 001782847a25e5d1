"""The providers and the model that a user set opencode up with, in the configuration in the user's home."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field

from supervisor.errors import AgentError
from supervisor.model.frozen_model import FrozenModel

FOLDER = ".config/opencode"
_FILES = ("config.json", "opencode.json", "opencode.jsonc")
"""Read in this order; what a later one says holds."""
_NOT_JSON = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.DOTALL)
"""Text in quotes, else comments and commas before a closing bracket."""
_ELSEWHERE = re.compile(r"\{(env|file):([^{}]+)\}")


class UserConfig(FrozenModel):
    """What sessions are given of it: how models are reached. Permissions, plugins, tools and the like stay behind."""

    file: str | None = None
    """The file that has providers, as a person would write it; None where none has."""
    provider: dict[str, Any] = Field(default_factory=dict)
    model: str | None = None
    secrets: tuple[str, ...] = ()
    """Keys, and all that stands in a variable or a file of its own."""


def user_config() -> UserConfig:
    """The user's configuration; AgentError where it cannot be read."""
    provider: dict[str, Any] = {}
    model = file = None
    secrets: list[str] = []
    for name in _FILES:
        path = Path.home() / FOLDER / name
        if not path.is_file():
            continue
        read = _read(path)
        found = _filled_in({key: read.get(key) for key in ("provider", "model")}, path.parent, secrets)
        if isinstance(found.get("provider"), dict) and found["provider"]:
            provider, file = _merged(provider, found["provider"]), f"~/{FOLDER}/{name}"
        if isinstance(found.get("model"), str):
            model = found["model"]
    return UserConfig(file=file, provider=provider, model=model, secrets=(*secrets, *_keys(provider)))


def _read(path: Path) -> dict[str, Any]:
    # With comments and commas at the end of lists taken out: opencode reads JSONC.
    try:
        text = path.read_text(encoding="utf-8")
        for _ in range(2):  # what follows a comma may be a comment
            text = _NOT_JSON.sub(lambda match: match[1] or "", text)
        found = json.loads(text)
    except (OSError, ValueError) as error:
        raise AgentError(f"cannot be read: {error}", where=str(path), remedy="Correct the file.") from error
    return found if isinstance(found, dict) else {}


def _filled_in(value: Any, folder: Path, secrets: list[str]) -> Any:
    """The value with `{env:NAME}` and `{file:PATH}` replaced: sessions have neither that variable nor that home."""

    def fetched(match: re.Match[str]) -> str:
        if match[1] == "env":
            content = os.environ.get(match[2], "")
        else:
            path = folder / Path(match[2]).expanduser()
            try:
                content = path.read_text(encoding="utf-8").strip()
            except (OSError, ValueError) as error:
                raise AgentError(f"cannot be read: {error}", where=f"{path}, named in {folder}") from error
        secrets.append(content)
        return content

    if isinstance(value, str):
        return _ELSEWHERE.sub(fetched, value)
    if isinstance(value, list):
        return [_filled_in(each, folder, secrets) for each in value]
    if isinstance(value, dict):
        return {name: _filled_in(each, folder, secrets) for name, each in value.items()}
    return value


def _merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    both = {name: _merged(first[name], second[name]) for name in first if _are_tables(first[name], second.get(name))}
    return {**first, **second, **both}


def _are_tables(*values: Any) -> bool:
    return all(isinstance(value, dict) for value in values)


def _keys(provider: dict[str, Any]) -> Iterator[str]:
    for settings in provider.values():
        options = settings.get("options") if isinstance(settings, dict) else None
        if isinstance(options, dict):
            headers = options.get("headers")
            given = [options.get("apiKey"), *(headers.values() if isinstance(headers, dict) else ())]
            yield from (value for value in given if isinstance(value, str))
