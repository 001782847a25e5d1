"""Reading an output that an untrusted agent wrote: a plain file of its own, of bounded size, and nothing else."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from supervisor.model.session import OutputRejection

_NOT_ITS_FAULT = frozenset(
    (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ESTALE)
)
"""What no agent brings about."""
_ADVICE = "write the output as one plain file at the given path"


def read_untrusted_file(path: Path, max_bytes: int) -> bytes | OutputRejection:
    """The bytes of `path`, or why they are not read.

    Refused: no file, a link, a file with a second name (hard link), a folder, pipe, socket or device, another owner's
    file, more than `max_bytes` bytes, a file that changes under way. OSError where the machine cannot read at all.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in _NOT_ITS_FAULT or (error.errno == errno.EACCES and _may_be_read(path.parent)):
            raise
        return OutputRejection(
            kind="no_workspace",
            message=f"the session's working directory is no longer there: {error.strerror}",
            suggestion="leave the working directory where it is",
        )
    try:
        return _read_in(folder, path.name, max_bytes)
    finally:
        os.close(folder)


def _read_in(folder: int, name: str, max_bytes: int) -> bytes | OutputRejection:
    try:
        # Non-blocking, since opening a pipe without a writer would wait for ever.
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return OutputRejection(
            kind="no_output", message=f"the session ended without the file {name}", suggestion=_ADVICE
        )
    except OSError as error:
        if error.errno in _NOT_ITS_FAULT or (error.errno == errno.EACCES and _may_be_read(name, folder)):
            raise
        what = "is a symbolic link" if error.errno == errno.ELOOP else f"cannot be read: {error.strerror}"
        return OutputRejection(kind="not_a_file", message=f"{name} {what}", suggestion=_ADVICE)
    try:
        before = os.fstat(file)
        if not stat.S_ISREG(before.st_mode):
            return OutputRejection(kind="not_a_file", message=f"{name} is not a regular file", suggestion=_ADVICE)
        if before.st_nlink != 1:
            return OutputRejection(
                kind="linked_file", message=f"{name} has a second name (hard link)", suggestion=_ADVICE
            )
        if before.st_uid != os.geteuid():
            return OutputRejection(kind="foreign_file", message=f"{name} belongs to another user", suggestion=_ADVICE)
        if before.st_size > max_bytes:
            return OutputRejection(
                kind="too_large",
                message=f"{name} has {before.st_size:,} bytes, more than the {max_bytes:,} of `max_output_bytes`",
                suggestion="write shorter answers",
            )
        data = _read_all(file, max_bytes + 1)
        after = os.fstat(file)
    finally:
        os.close(file)
    if len(data) != before.st_size or after.st_mtime_ns != before.st_mtime_ns or after.st_size != before.st_size:
        return OutputRejection(kind="still_changing", message=f"{name} changed while it was read", suggestion=_ADVICE)
    return data


def _may_be_read(path: str | Path, folder: int | None = None) -> bool:
    """Whether a file or folder may be read as far as its owner and mode say."""
    try:
        status = os.stat(path, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    kind = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
    return kind and status.st_uid == os.geteuid() and bool(status.st_mode & stat.S_IRUSR)


def _read_all(file: int, limit: int) -> bytes:
    parts: list[bytes] = []
    left = limit
    while left > 0 and (part := os.read(file, min(left, 1 << 20))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
