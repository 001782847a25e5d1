"""The store's write-ahead log as SQLite lays it out: what SQLite does not read of a damaged one, and reading it.

SQLite reads a log up to the first frame that is damaged and passes over all that follows, without a word. The layout is
that of https://www.sqlite.org/fileformat2.html#walformat.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
_MAGIC = {0x377F0682: "<", 0x377F0683: ">"}
"""First word of a log to the byte order of its checksums."""
_USED_OF_INDEX = slice(16, 20)
"""Where the index beside the log (`-shm`) has the number of frames that are in use."""


class _Header(NamedTuple):
    order: str
    page_size: int
    salts: tuple[int, int] | None
    """Those of its present round; None where the header is damaged."""
    seed: tuple[int, int] | None
    """What the first frame's checksum goes on from."""


class _Frame(NamedTuple):
    page: int
    pages_after: int
    """Size of the store in pages where the frame ends a commit, else 0."""
    salts: tuple[int, int]
    checksum: tuple[int, int]
    data: bytes


def unread_commits(store: Path) -> int:
    """Commits in the log that SQLite passes over, as far as can be told; look while a connection has the store open.

    The very last frame may be half of a commit that never came to its end, which is no loss.
    """
    wal, index = Path(f"{store}-wal"), Path(f"{store}-shm")
    try:
        used = int.from_bytes(index.read_bytes()[_USED_OF_INDEX], sys.byteorder)
        header = _header(wal)
        frames = [] if header is None else list(_frames(wal, header.page_size, with_data=False))
    except OSError:
        return 0
    if header is None or not frames:
        return 0
    current = header.salts or frames[0].salts
    return sum(1 for frame in frames[used:-1] if frame.salts == current and frame.pages_after)


def checkpoint_wal(store: Path, wal: Path) -> int:
    """Write into a store what its log holds, but for the frames that are damaged; how many frames those are.

    For an undamaged log it is what SQLite does. Both are to be copies: nobody else may have the store open.
    """
    header = _header(wal)
    if header is None:
        return 0
    order, page_size, salts, seed = header
    most = (store.stat().st_size + wal.stat().st_size) // page_size
    good: list[_Frame] = []
    ends, size, damaged, passed_over = 0, 0, 0, 0
    for frame in _frames(wal, page_size):
        if salts is None:
            salts = frame.salts  # the header is damaged: the first frame is of the log's present round in any case
        if frame.salts != salts:
            break
        head = struct.pack(">2I", frame.page, frame.pages_after)
        whole = seed is None or _checksum(order, frame.data, _checksum(order, head, seed)) == frame.checksum
        if whole and 1 <= frame.page <= most:
            good.append(frame)
        else:
            passed_over += 1
        seed = frame.checksum
        if whole and 1 <= frame.pages_after <= most:
            ends, size, damaged = len(good), frame.pages_after, passed_over
    with open(store, "r+b") as file:
        for frame in good[:ends]:
            file.seek((frame.page - 1) * page_size)
            file.write(frame.data)
        if ends:
            file.truncate(size * page_size)
        file.flush()
        os.fsync(file.fileno())
    return damaged


def _header(wal: Path) -> _Header | None:
    """How a log begins; None where there is none."""
    try:
        with open(wal, "rb") as file:
            data = file.read(_HEADER.size)
    except FileNotFoundError:
        return None
    if len(data) < _HEADER.size:
        return None
    magic, _, page_size, _, salt_1, salt_2, check_1, check_2 = _HEADER.unpack(data)
    order = _MAGIC.get(magic)
    if order is not None and _checksum(order, data[:24], (0, 0)) == (check_1, check_2):
        return _Header(order, page_size, (salt_1, salt_2), (check_1, check_2))
    return _Header("<", _page_size(wal), None, None)


def _page_size(wal: Path) -> int:
    """The page size of the store that a log belongs to."""
    with open(str(wal).removesuffix("-wal"), "rb") as file:
        size = int.from_bytes(file.read(18)[16:], "big")
    return 65536 if size == 1 else size if size >= 512 and size & (size - 1) == 0 else 4096


def _frames(wal: Path, page_size: int, *, with_data: bool = True) -> Iterator[_Frame]:
    """The frames for which a log has room, damaged or not, of whatever round."""
    with open(wal, "rb") as file:
        left = os.fstat(file.fileno()).st_size - _HEADER.size
        file.seek(_HEADER.size)
        while left >= _FRAME.size + page_size:
            page, pages_after, *rest = _FRAME.unpack(file.read(_FRAME.size))
            data = b""
            if with_data:
                data = file.read(page_size)
            else:
                file.seek(page_size, os.SEEK_CUR)
            left -= _FRAME.size + page_size
            yield _Frame(page, pages_after, (rest[0], rest[1]), (rest[2], rest[3]), data)


def _checksum(order: str, data: bytes, seed: tuple[int, int]) -> tuple[int, int]:
    one, two = seed
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two
