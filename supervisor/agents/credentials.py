"""A user's sign-in by subscription, lent to sessions whose home is not the user's."""

from __future__ import annotations

import glob
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
from supervisor.host.folder_deletion import delete_folder
from supervisor.host.untrusted_folder import FoundFile, read_below, unlink_below
from supervisor.model.frozen_model import FrozenModel

_LARGEST_BYTES = 1 << 20
_UNFINISHED = ".supervisor-tmp"
_TOKEN = re.compile(r"\S{20,}")
_APART = "lent-to-sessions"


class Credentials(FrozenModel):
    """Files in the user's home that hold it."""

    files: tuple[str, ...]
    """Paths relative to the home."""
    copied: bool = False
    """Sessions get copies in place of links, where the program writes the file anew in its place: of a shared one, a
    session that starts at that moment would read half, and two that write at once would leave a mixture."""
    apart: bool = False
    """In a sandbox, sessions share a copy in a folder that holds nothing else, where the program renews the file by
    putting another in its place: a file that is shown alone cannot be replaced."""
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
        found = [_content(_users(path)) for name in self.files if (path := self.real(name)).is_file()]
        return [text for content in found for text in _texts(content) if _TOKEN.fullmatch(text)]

    def lend(self, home: Path, *, boxed: bool = False) -> None:
        """Give a session's home links to the files, by which all see at once what one session renews, or copies."""
        for name in self.files:
            real = self.real(name)
            if real.is_file():
                link = home / name
                reached("sign_in.before_lend")
                link.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                if self.copied:
                    shutil.copy2(real, link)  # with its time, by which a renewed one is known
                elif boxed and self.apart:
                    shared = _apart(real)
                    shared.parent.mkdir(exist_ok=True, mode=0o700)
                    with _lock(real):
                        lent = read_below(shared.parent, shared.name, _LARGEST_BYTES)
                        if lent is None:
                            delete_folder(shared)  # what a session put there
                        _renew(shared, lent, _users(real))
                    link.symlink_to(shared)
                else:
                    link.symlink_to(real.resolve())
                reached("sign_in.lent")

    def lent(self) -> list[Path]:
        """What links of a session's home lead to, in a sandbox."""
        found = [] if self.copied else [path for name in self.files if (path := self.real(name)).is_file()]
        return [_apart(path).parent if self.apart else path.resolve() for path in found]

    def reclaim(self, home: Path) -> None:
        """Where a session replaced a link by a newer file of its own, put that into the user's home.

        A file that has not the members of the one before is not taken: a session may write what it likes. Nor is one
        that a link anywhere below the home leads to: it may be the user's own.
        """
        for name in self.files:
            real = self.real(name)
            if not real.is_file():
                continue
            if self.apart:
                _take_back(real, read_below(real.resolve().parent, f"{_APART}/{_apart(real).name}", _LARGEST_BYTES))
            if _take_back(real, read_below(home, name, _LARGEST_BYTES)):
                reached("sign_in.before_remove")
                unlink_below(home, name)
                reached("sign_in.removed")


def _apart(real: Path) -> Path:
    """Where a copy of the file is alone in a folder."""
    file = real.resolve()
    return file.parent / _APART / file.name


def _lock(real: Path) -> FileLock:
    """Held while one of the user's files or its copy is replaced; not in the copy's folder, in which sessions write."""
    return FileLock(f"{real.resolve()}.lock")


def _take_back(real: Path, renewed: FoundFile | None) -> bool:
    """Put what a session left into the user's file, where it is newer; whether it left a file of its own."""
    if renewed is None or os.path.samestat(renewed.status, real.stat()):
        return False
    with _lock(real):
        _renew(real.resolve(), _users(real), renewed)
    return True


def _users(path: Path) -> FoundFile | None:
    """A file of the user's own, which may be a link or have several names; None where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return FoundFile(file.read(), os.fstat(file.fileno()))
    except OSError:
        return None


def _renew(path: Path, here: FoundFile | None, other: FoundFile | None) -> None:
    """Put the other file's content into the place of `path`, where that is not there, or is older and looks alike.

    Whatever their times, a file whose tokens were emptied gives way: so programs leave it whose renewal was refused.
    """
    if other is None:
        return
    if here is not None:
        before, after = _content(here), _content(other)
        older = here.status.st_mtime_ns < other.status.st_mtime_ns
        if _emptied(before, after) or not (older or _emptied(after, before)):
            return
    if here is None or ((names := _members(other)) and names == _members(here)):
        _replace(path, other.data, (other.status.st_atime_ns, other.status.st_mtime_ns))  # neither is newer now


def _content(found: FoundFile | None) -> Any:
    """What the JSON in a file says; None where it is no such file, or cannot be read."""
    try:
        return None if found is None or len(found.data) > _LARGEST_BYTES else json.loads(found.data)
    except (ValueError, RecursionError):
        return None


def _members(found: FoundFile) -> set[str]:
    """Names of the members of the JSON object in a file; none where it is no such file."""
    content = _content(found)
    return set(content) if isinstance(content, dict) else set()


def _emptied(before: Any, after: Any) -> bool:
    """Whether a text in some content is an empty one in another, at the same place."""
    if isinstance(before, dict) and isinstance(after, dict):
        return any(_emptied(value, after.get(name)) for name, value in before.items())
    return bool(before) and isinstance(before, str) and after == ""


def _texts(content: Any) -> Iterator[str]:
    """All texts in JSON content, names left out."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, (dict, list)):
        for part in content.values() if isinstance(content, dict) else content:
            yield from _texts(part)


def _replace(path: Path, content: bytes, times: tuple[int, int]) -> None:
    """Call it under the file's lock: what a killed writer left is deleted."""
    for unfinished in path.parent.glob(f".{glob.escape(path.name)}.*{_UNFINISHED}"):
        unfinished.unlink(missing_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_UNFINISHED)
    with os.fdopen(descriptor, "wb") as file:
        reached("sign_in.before_write")
        file.write(content)
        file.flush()
        reached("sign_in.before_sync")
        os.fsync(file.fileno())
    os.utime(temporary, ns=times)
    reached("sign_in.before_rename")
    os.replace(temporary, path)
    reached("sign_in.renamed")
