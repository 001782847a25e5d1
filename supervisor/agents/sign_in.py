"""A user's sign-in by subscription, lent to sessions whose home is not the user's."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock

from supervisor.failpoints import reached
from supervisor.model.base import Frozen

_LARGEST_BYTES = 1 << 20
_TOKEN = re.compile(r"\S{20,}")


class SignIn(Frozen):
    """Files in the user's home that hold it."""

    files: tuple[str, ...]
    """Paths relative to the home."""
    copied: bool = False
    """Sessions get copies in place of links, where the program writes the file anew in its place: of a shared one, a
    session that starts at that moment would read half, and two that write at once would leave a mixture."""
    moved_by: str = ""
    """The program's own variable that names another folder in place of the first one of the paths."""

    def real(self, name: str) -> Path:
        """Where one of the files is."""
        moved = os.environ.get(self.moved_by)
        return Path.home() / name if not moved else Path(moved, *Path(name).parts[1:])

    def found(self) -> Path | None:
        """The first of the files that is there."""
        return next((path for name in self.files if (path := self.real(name)).is_file()), None)

    def shown(self) -> str | None:
        """The same for people."""
        found = self.found()
        if found is None or not found.is_relative_to(Path.home()):
            return None if found is None else str(found)
        return f"~/{found.relative_to(Path.home())}"

    def secrets(self) -> list[str]:
        """What in the files may be a token."""
        found = [_content(path) for name in self.files if (path := self.real(name)).is_file()]
        return [text for content in found for text in _texts(content) if _TOKEN.fullmatch(text)]

    def lend(self, home: Path) -> None:
        """Give a session's home links to the files, by which all see at once what one session renews, or copies."""
        for name in self.files:
            real = self.real(name)
            if real.is_file():
                link = home / name
                link.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                if self.copied:
                    shutil.copy2(real, link)  # with its time, by which a renewed one is known
                else:
                    link.symlink_to(real.resolve())

    def lent(self) -> list[Path]:
        """The files that links of a session's home lead to."""
        return [] if self.copied else [path.resolve() for name in self.files if (path := self.real(name)).is_file()]

    def take_back(self, home: Path) -> None:
        """Where a session replaced a link by a newer file of its own, put that into the user's home.

        A file that has not the members of the one before is not taken: a session may write what it likes.
        """
        for name in self.files:
            renewed, real = home / name, self.real(name)
            if renewed.is_symlink() or not renewed.is_file() or not real.is_file():
                continue
            real = real.resolve()
            with FileLock(f"{real}.lock"):
                newer = renewed.stat().st_mtime_ns > real.stat().st_mtime_ns
                if newer and (names := _members(renewed)) and names == _members(real):
                    _replace(real, renewed.read_bytes())
            renewed.unlink()


def _content(path: Path) -> Any:
    """What the JSON in a file says; None where it is no such file, or cannot be read."""
    try:
        return json.loads(path.read_bytes()) if path.stat().st_size <= _LARGEST_BYTES else None
    except (OSError, ValueError):
        return None


def _members(path: Path) -> set[str]:
    """Names of the members of the JSON object in a file; none where it is no such file."""
    found = _content(path)
    return set(found) if isinstance(found, dict) else set()


def _texts(content: Any) -> Iterator[str]:
    """All texts in JSON content, names left out."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, (dict, list)):
        for part in content.values() if isinstance(content, dict) else content:
            yield from _texts(part)


def _replace(path: Path, content: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "wb") as file:
        reached("sign_in.before_write")
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    reached("sign_in.before_rename")
    os.replace(temporary, path)
    reached("sign_in.renamed")
