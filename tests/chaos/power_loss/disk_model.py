"""A disk that forgets: what of a folder is surely on it, and what a loss of power may leave of the rest.

The model assumes little, and less than ext4, XFS or btrfs promise. What was written is on the disk for sure once fsync
or fdatasync of its file returned that began after the write had returned; a name in a folder (made, renamed, removed)
once fsync of that folder did. A new folder's own name is one of its parent's. Of all else, any part may be on the disk
in any order, names before data and data before names: of each write all, nothing, some of its 512-byte sectors, or
as many zero bytes (the size arrived, the data did not); each change of a size; each change of names whole or not
at all, since a rename is atomic. A sector is never half written, and a write never damages bytes beside it, which
SQLite assumes too. What the disk said to be written stays: a drive that lies about its cache is outside of the model.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

SECTOR = 512


class File:
    """A file: its bytes on the disk for sure, and its bytes as programs see them."""

    def __init__(self, synced: bytes = b"") -> None:
        self.synced = bytearray(synced)
        self.now = bytearray(synced)
        self.state = object()
        """Another one whenever `synced` changed."""


class Folder:
    """A folder: its names on the disk for sure, and those that programs see."""

    def __init__(self) -> None:
        self.synced: dict[str, File | Folder] = {}
        self.now: dict[str, File | Folder] = {}


class Written(NamedTuple):
    """Bytes written into a file. `moment` is when that had been done, `path` what the file was called then; the same
    for all changes."""

    number: int
    moment: int
    path: str
    file: File
    offset: int
    data: bytes


class Resized(NamedTuple):
    """A file made shorter or longer."""

    number: int
    moment: int
    path: str
    file: File
    size: int


class Named(NamedTuple):
    """Names that changed together: `(folder, name, what it names now)`."""

    number: int
    moment: int
    path: str
    names: tuple[tuple[Folder, str, File | Folder | None], ...]


Change = Written | Resized | Named
Kept = Literal["whole", "zeros"] | frozenset[int]
"""How a change arrived; a set holds the sectors of a write that did."""
Fate = dict[int, Kept]
"""By number, the un-synced changes that arrived, and how."""
Tree = dict[str, bytes | None]
"""Path to content; None for a folder."""
Wanted = Callable[[str], bool]
"""Whether a path is to be looked at, and what is below it."""


class Disk:
    """The folder at `root` and all in it."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self.top = Folder()
        self.pending: list[Change] = []
        """Changes that are not on the disk for sure, in order."""
        self._number = 0

    def load(self) -> None:
        """Take the real folder as it is now, all of it on the disk."""
        self.pending.clear()
        self.top = _loaded(Path(self.root))

    def begin_again(self) -> None:
        """Count moments from 0 again: all that was done until now was before."""
        self.pending = [change._replace(moment=-1) for change in self.pending]

    def inside(self, path: str | None) -> bool:
        """Whether a path is the root or below it."""
        return path is not None and (path == self.root or path.startswith(self.root + "/"))

    def find(self, path: str) -> File | Folder | None:
        """What a path names now."""
        found: File | Folder | None = self.top
        for name in path[len(self.root) :].strip("/").split("/"):
            if name:
                found = found.now.get(name) if isinstance(found, Folder) else None
        return found

    def write(self, moment: int, path: str, offset: int | None, data: bytes) -> None:
        """Write bytes into a file; at its end where there is no offset."""
        file = self._file(path)
        start = len(file.now) if offset is None else offset
        _put(file.now, start, data)
        self.pending.append(Written(self._next(), moment, path, file, start, data))

    def resize(self, moment: int, path: str, size: int) -> None:
        """Make a file so long."""
        file = self._file(path)
        if len(file.now) != size:
            _resize(file.now, size)
            self.pending.append(Resized(self._next(), moment, path, file, size))

    def name(self, moment: int, *names: tuple[str, File | Folder | None]) -> None:
        """Have paths name something else, or nothing, all at once."""
        found: list[tuple[Folder, str, File | Folder | None]] = []
        for path, what in names:
            above, _, name = path.rpartition("/")
            folder = self.find(above)
            if not isinstance(folder, Folder):
                raise LookupError(f"{above} is no folder")
            found.append((folder, name, what))
        for each in found:
            _name(each[0].now, each[1], each[2])
        self.pending.append(Named(self._next(), moment, names[-1][0], tuple(found)))

    def put(self, path: str, data: bytes) -> None:
        """Have a file with this content on the disk, whatever was there before."""
        self.name(-1, (path, File(data)))
        self.sync(0, path.rpartition("/")[0])

    def sync(self, began: int, path: str) -> None:
        """What was done to a file or folder before the moment `began` is on the disk now."""
        what = self.find(path)
        left: list[Change] = []
        for change in self.pending:
            if change.moment >= began or not _concerns(change, what):
                left.append(change)
            elif isinstance(change, Named):
                for folder, name, named in change.names:
                    _name(folder.synced, name, named)
            else:
                _arrive(change.file.synced, change, "whole")
                change.file.state = object()
        self.pending = left

    def left_by(self, fate: Fate, wanted: Wanted = lambda path: True) -> Tree:
        """The folder as it is after the power was lost; only what is `wanted`."""
        contents: dict[File, bytearray] = {}
        names = self._arrived_names(fate)
        for change in self.pending:
            if not isinstance(change, Named) and change.number in fate:
                content = contents.setdefault(change.file, bytearray(change.file.synced))
                _arrive(content, change, fate[change.number])
        return {
            path: None if isinstance(node, Folder) else bytes(contents.get(node, node.synced))
            for path, node in _walk(self.top, lambda folder: names.get(folder, folder.synced), wanted)
        }

    def mark_of(self, fate: Fate, wanted: Wanted) -> frozenset[tuple[object, ...]]:
        """Equal for equal `left_by`, and cheaper to make."""
        names = self._arrived_names(fate)
        arrived: dict[File, list[tuple[int, Kept]]] = {}
        for change in self.pending:
            if not isinstance(change, Named) and change.number in fate:
                arrived.setdefault(change.file, []).append((change.number, fate[change.number]))
        return frozenset(
            (path,) if isinstance(node, Folder) else (path, node.state, *arrived.get(node, ()))
            for path, node in _walk(self.top, lambda folder: names.get(folder, folder.synced), wanted)
        )

    def now(self) -> Tree:
        """The folder as programs see it."""
        return {
            path: None if isinstance(node, Folder) else bytes(node.now)
            for path, node in _walk(self.top, lambda folder: folder.now)
        }

    def _file(self, path: str) -> File:
        found = self.find(path)
        if not isinstance(found, File):
            raise LookupError(f"{path} is no file")
        return found

    def _arrived_names(self, fate: Fate) -> dict[Folder, dict[str, File | Folder]]:
        names: dict[Folder, dict[str, File | Folder]] = {}
        for change in self.pending:
            if isinstance(change, Named) and change.number in fate:
                for folder, name, what in change.names:
                    _name(names.setdefault(folder, dict(folder.synced)), name, what)
        return names

    def _next(self) -> int:
        self._number += 1
        return self._number


def fates(pending: Sequence[Change], chance: random.Random, *, most: int, drawn: int) -> Iterator[Fate]:
    """What may become of un-synced changes: none arrives, all do, each prefix (its last write also torn, or as zeros),
    all but one of them, one of them alone, and `drawn` random ones of any kind. Where they are more than `most`, as
    many are chosen to be the one."""
    whole: Fate = {change.number: "whole" for change in pending}
    yield {}
    yield whole
    for place in sorted(chance.sample(range(len(pending)), min(most, len(pending)))):
        change = pending[place]
        before: Fate = {each.number: "whole" for each in pending[:place]}
        yield {**before, change.number: "whole"}
        if isinstance(change, Written):
            yield {**before, change.number: _torn(change, chance)}
            yield {**before, change.number: "zeros"}
        yield {number: kept for number, kept in whole.items() if number != change.number}
        yield {change.number: "whole"}
    if pending:
        for _ in range(drawn):
            share = chance.choice((0.1, 0.5, 0.9))
            yield {change.number: _how(change, chance) for change in pending if chance.random() < share}


def _how(change: Change, chance: random.Random) -> Kept:
    if isinstance(change, Written) and chance.random() < 0.4:
        return chance.choice(("zeros", _torn(change, chance)))
    return "whole"


def _torn(change: Written, chance: random.Random) -> Kept:
    """Some sectors of a write: the first ones, or any."""
    first = change.offset // SECTOR
    last = (change.offset + max(len(change.data), 1) - 1) // SECTOR
    sectors = range(first, last + 1)
    if chance.random() < 0.5:
        return frozenset(sectors[: chance.randrange(len(sectors))])
    return frozenset(sector for sector in sectors if chance.random() < 0.5)


def _arrive(content: bytearray, change: Written | Resized, kept: Kept) -> None:
    if isinstance(change, Resized):
        _resize(content, change.size)
    elif kept == "whole":
        _put(content, change.offset, change.data)
    elif kept == "zeros":
        _put(content, change.offset, bytes(len(change.data)))
    else:
        assert isinstance(kept, frozenset)
        for sector in sorted(kept):
            start = max(sector * SECTOR, change.offset)
            end = min((sector + 1) * SECTOR, change.offset + len(change.data))
            _put(content, start, change.data[start - change.offset : end - change.offset])


def _put(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        _resize(content, offset)
    content[offset : offset + len(data)] = data


def _resize(content: bytearray, size: int) -> None:
    del content[size:]
    content.extend(bytes(size - len(content)))


def _name(names: dict[str, File | Folder], name: str, what: File | Folder | None) -> None:
    if what is None:
        names.pop(name, None)
    else:
        names[name] = what


def _concerns(change: Change, what: File | Folder | None) -> bool:
    if isinstance(change, Named):
        return any(folder is what for folder, _, _ in change.names)
    return change.file is what


def _walk(
    folder: Folder,
    names: Callable[[Folder], dict[str, File | Folder]],
    wanted: Wanted = lambda path: True,
    above: str = "",
) -> Iterator[tuple[str, File | Folder]]:
    for name, node in names(folder).items():
        if wanted(above + name):
            yield above + name, node
            if isinstance(node, Folder):
                yield from _walk(node, names, wanted, f"{above}{name}/")


def _loaded(path: Path) -> Folder:
    folder = Folder()
    for each in path.iterdir():
        node = _loaded(each) if each.is_dir() else File(each.read_bytes())
        folder.synced[each.name] = folder.now[each.name] = node
    return folder
