"""Reads what `strace` wrote down: the calls of a whole process tree that change files, in the order they happened."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

CHANGING = (
    "open,openat,openat2,creat,write,writev,pwrite64,pwritev,pwritev2,truncate,ftruncate,fallocate,copy_file_range,"
    "sendfile,splice,fsync,fdatasync,sync,syncfs,sync_file_range,rename,renameat,renameat2,link,linkat,symlink,"
    "symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir"
)
"""Every call that changes a file, a folder, or what of them is on the disk; not every machine has all of them."""
_TRACER = (
    *("strace", "--follow-forks", "-y", "-xx", "--string-limit=100000000", "--signal=none", "--quiet=all"),
    "--trace=" + ",".join(f"?{name}" for name in CHANGING.split(",")),
)

_BEGUN = re.compile(r"(\d+) +(\w+)\((.*)")
_RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)")
_UNFINISHED = " <unfinished ...>"
_ENDED = re.compile(r"(.*)\) += (-?\d+|\?)(.*)", re.DOTALL)
_WORD = re.compile(r'(?P<fd>\w+)<(?P<path>[^>]*)>(?P<deleted>\(deleted\))?|"(?P<text>[^"]*)"|(?P<plain>[^,\s]+)')
_HEX = re.compile(r"(?:\\x[0-9a-f]{2})+")


class Word(NamedTuple):
    """One argument of a call: a text (also data), a descriptor with its path, or anything else as it was printed."""

    plain: str = ""
    text: bytes | None = None
    path: str | None = None


class Call(NamedTuple):
    """One call that succeeded. `began` and `ended` are moments: numbers that rise."""

    pid: int
    name: str
    words: tuple[Word, ...]
    result: int
    began: int
    ended: int


def traced(log: Path, words: Sequence[str], *, killed_at: int | None = None) -> list[str]:
    """A command under the tracer, which writes all strings in hexadecimal and every descriptor with its path.

    `killed_at`: it is killed when one of its threads begins its fdatasync of that number; the faster way of tracing
    does not know how to.
    """
    how = ["--seccomp-bpf"] if killed_at is None else [f"--inject=fdatasync:signal=SIGKILL:when={killed_at}"]
    return [*_TRACER, *how, f"--output={log}", "--", *words]


def read_calls(log: Path) -> list[Call]:
    """The calls that succeeded, ordered by when they began; those that a kill cut off are left out."""
    open_calls: dict[int, tuple[str, str, int]] = {}
    found: list[Call] = []
    for moment, line in enumerate(_lines(log)):
        if resumed := _RESUMED.fullmatch(line):
            name, begun, began = open_calls.pop(int(resumed[1]))
            found += _call(int(resumed[1]), name, begun + resumed[3], began, moment)
        elif begun_line := _BEGUN.fullmatch(line):
            pid, name, rest = int(begun_line[1]), begun_line[2], begun_line[3]
            if rest.endswith(_UNFINISHED):
                open_calls[pid] = (name, rest.removesuffix(_UNFINISHED), moment)
            else:
                found += _call(pid, name, rest, moment, moment)
        else:
            raise ValueError(f"line {moment + 1} of {log} is no call: {line[:200]}")
    return sorted(found, key=lambda call: call.began)


def _lines(log: Path) -> Iterator[str]:
    with open(log, encoding="ascii") as lines:
        for line in lines:
            yield line.rstrip("\n")


def _call(pid: int, name: str, rest: str, began: int, ended: int) -> list[Call]:
    parts = _ENDED.fullmatch(rest)
    if parts is None or parts[2] == "?" or int(parts[2]) < 0:
        return []
    return [Call(pid, name, tuple(_words(parts[1])), int(parts[2]), began, ended)]


def _words(arguments: str) -> Iterator[Word]:
    for found in _WORD.finditer(arguments):
        if found["text"] is not None:
            yield Word(text=_decoded(found["text"]))
        elif found["path"] is not None:
            path = _decoded(found["path"]).decode("utf-8", "surrogateescape")
            yield Word(plain=found["fd"], path=None if found["deleted"] else path)
        else:
            yield Word(plain=found["plain"])


def _decoded(text: str) -> bytes:
    return _HEX.sub(lambda run: bytes.fromhex(run[0].replace("\\x", "")).decode("latin-1"), text).encode("latin-1")
