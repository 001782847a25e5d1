"""Does to the modelled disk what recorded calls did to the real one, moment by moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from os.path import join
from pathlib import Path
from typing import NamedTuple

from tests.chaos.power_loss.disk_model import Disk, File, Folder
from tests.chaos.power_loss.recorded_calls import Call, Word


class Said(NamedTuple):
    """The traced command wrote this to its standard output, or into a log, or is about to."""

    text: str


class Syncing(NamedTuple):
    """Something is about to be on the disk for sure: until now anything since the last time may be lost."""


Moment = Said | Syncing


def replay(disk: Disk, calls: Sequence[Call], log_name: str) -> Iterator[Moment]:
    """Bring the disk to its state after the calls, stopping at every moment that matters.

    A call changes the disk when it begins, which is the earliest that it can; fsync when it returned, and only what
    had returned before it began.
    """
    command = min(calls, key=lambda call: call.began).pid
    for call in sorted(calls, key=lambda call: call.ended if call.name in _SYNCS else call.began):
        first = call.words[0] if call.words else Word()
        if call.name == "write" and (
            (call.pid == command and first.plain == "1") or (first.path or "").endswith("/" + log_name)
        ):
            yield Said((call.words[1].text or b"").decode("utf-8", "replace"))
        if call.name in _SYNCS and disk.inside(first.path):
            yield Syncing()
        if any(disk.inside(path) for path in _paths(call)):
            _DOINGS.get(call.name, _unknown)(disk, call)


def syncs(disk: Disk, calls: Sequence[Call]) -> int:
    """How often `Syncing` comes."""
    return sum(call.name in _SYNCS and disk.inside(call.words[0].path) for call in calls)


def _paths(call: Call) -> list[str]:
    """The paths that a call is about: those of descriptors, and those that it names."""
    found: list[str] = []
    folder: str | None = None
    for word in call.words:
        if word.path is not None:
            folder = word.path
            if call.name not in _AT_FOLDERS:
                found.append(word.path)
        elif word.text is not None and call.name in _NAMING:
            found.append(join(folder or "/", word.text.decode("utf-8", "surrogateescape")))
    return found[-1:] if call.name in _LINKS else found


def _open(disk: Disk, call: Call) -> None:
    (path,) = _paths(call)
    flags = next((word.plain for word in call.words if word.plain.startswith("O_")), "").split("|")
    there = disk.find(path)
    if there is None and ("O_CREAT" in flags or call.name == "creat"):
        disk.name(call.ended, (path, File()))
    elif isinstance(there, File) and ("O_TRUNC" in flags or call.name == "creat"):
        disk.resize(call.ended, path, 0)


def _write(disk: Disk, call: Call) -> None:
    """Nothing that is watched seeks before it writes: what is not appended is written by offset, or after emptying."""
    disk.write(call.ended, _paths(call)[0], None, (call.words[1].text or b"")[: call.result])


def _pwrite(disk: Disk, call: Call) -> None:
    disk.write(call.ended, _paths(call)[0], int(call.words[3].plain), (call.words[1].text or b"")[: call.result])


def _truncate(disk: Disk, call: Call) -> None:
    disk.resize(call.ended, _paths(call)[0], int(call.words[1].plain))


def _sync(disk: Disk, call: Call) -> None:
    disk.sync(call.began, _paths(call)[0])


def _rename(disk: Disk, call: Call) -> None:
    old, new = _paths(call)
    disk.name(call.ended, (old, None), (new, disk.find(old)))


def _link(disk: Disk, call: Call) -> None:
    old, new = _paths(call)
    disk.name(call.ended, (new, disk.find(old)))


def _remove(disk: Disk, call: Call) -> None:
    disk.name(call.ended, (_paths(call)[0], None))


def _make_folder(disk: Disk, call: Call) -> None:
    disk.name(call.ended, (_paths(call)[0], Folder()))


def _unknown(_disk: Disk, call: Call) -> None:
    raise NotImplementedError(f"the model does not know what {call.name} does: {_paths(call)}")


_SYNCS = ("fsync", "fdatasync")
_DOINGS: dict[str, Callable[[Disk, Call], None]] = {
    **dict.fromkeys(("open", "openat", "creat"), _open),
    "write": _write,
    "pwrite64": _pwrite,
    **dict.fromkeys(("truncate", "ftruncate"), _truncate),
    **dict.fromkeys(_SYNCS, _sync),
    **dict.fromkeys(("rename", "renameat", "renameat2"), _rename),
    **dict.fromkeys(("link", "linkat"), _link),
    **dict.fromkeys(("unlink", "unlinkat", "rmdir"), _remove),
    **dict.fromkeys(("mkdir", "mkdirat"), _make_folder),
}
_LINKS = frozenset({"symlink", "symlinkat"})
"""Calls whose first text is what a link says, and not a path that changes."""
_NAMING = frozenset(_DOINGS) - {"write", "pwrite64", "ftruncate", "fsync", "fdatasync"} | _LINKS
"""Calls whose texts are paths."""
_AT_FOLDERS = frozenset({"openat", "openat2", "renameat", "renameat2", "linkat", "unlinkat", "mkdirat", "symlinkat"})
"""Calls whose descriptors are the folders that their texts start from."""


def real(root: Path) -> dict[str, bytes | None]:
    """A real folder as the model would have it."""
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None for path in sorted(root.rglob("*"))
    }
