"""A user's sign-in by subscription, lent to sessions whose home is not the user's."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from filelock import FileLock

from supervisor.model.base import Frozen

_LARGEST_BYTES = 1 << 20


class SignIn(Frozen):
    """Files in the user's home that hold it."""

    files: tuple[str, ...]
    """Paths relative to the home."""

    def found(self) -> Path | None:
        """The first of the files that is there."""
        return next((path for name in self.files if (path := Path.home() / name).is_file()), None)

    def lend(self, home: Path) -> None:
        """Give a session's home links to the files, so that what one session renews all others see at once."""
        for name in self.files:
            real = Path.home() / name
            if real.is_file():
                link = home / name
                link.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                link.symlink_to(real.resolve())

    def take_back(self, home: Path) -> None:
        """Where a session replaced a link by a newer file of its own, put that into the user's home.

        A file that has not the members of the one before is not taken: a session may write what it likes.
        """
        for name in self.files:
            renewed, real = home / name, Path.home() / name
            if renewed.is_symlink() or not renewed.is_file() or not real.is_file():
                continue
            real = real.resolve()
            with FileLock(f"{real}.lock"):
                newer = renewed.stat().st_mtime_ns > real.stat().st_mtime_ns
                if newer and (names := _members(renewed)) and names == _members(real):
                    _replace(real, renewed.read_bytes())


def _members(path: Path) -> set[str]:
    """Names of the members of the JSON object in a file; none where it is no such file."""
    if path.stat().st_size > _LARGEST_BYTES:
        return set()
    try:
        found = json.loads(path.read_bytes())
    except ValueError:
        return set()
    return set(found) if isinstance(found, dict) else set()


def _replace(path: Path, content: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
