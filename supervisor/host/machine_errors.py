"""What is wrong with the machine and not with the work: a full or failing disk, no more memory, files or processes.

None of it is anybody's attempt. The work pauses, and goes on from the store when the cause is gone.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator

from supervisor.errors import CannotContinue, CapacityError

_ERRNOS = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EIO,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.EAGAIN,
        errno.EBUSY,
        errno.ENOLCK,
        errno.ESTALE,
        errno.ETIMEDOUT,
    }
)
_SQLITE_CODES = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOLFS,
    }
)
_FOR_A_PERSON = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ELOOP})
_SQLITE_FOR_A_PERSON = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM})
LASTS_AFTER = 3
"""A fault that comes so many times in a row, and that only a person can mend, is not waited for any longer."""
MACHINE_ERRORS = (OSError, sqlite3.Error, RuntimeError, MemoryError)
"""Errors that may tell of a fault of the machine."""
_BY_RIGHTS = "Let this user read and write it, and all in it: see `ls -ld` of it, and `chown` or `chmod`."
_MENDING = {
    errno.EROFS: "Mount its file system so that it can be written.",
    errno.ENOTDIR: "Something stands where a folder is to be: move it away.",
    errno.EISDIR: "A folder stands where a file is to be: move it away.",
    errno.ELOOP: "Remove the links that lead to one another.",
}
_NO_THREAD = "can't start new thread"
"""Python's only word for it, in a RuntimeError."""


def machine_error(error: BaseException) -> str | None:
    """What the machine could not do, in words; None where the error means something else."""
    if isinstance(error, CapacityError):
        return error.in_one_line()
    if isinstance(error, OSError) and error.errno in _ERRNOS:
        place = f": {error.filename}" if error.filename else ""
        return f"{os.strerror(error.errno)}{place}"
    if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _SQLITE_CODES:
        return f"the store: {error}"
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and str(error) == _NO_THREAD):
        return os.strerror(errno.ENOMEM if isinstance(error, MemoryError) else errno.EAGAIN)
    cause = error.__cause__
    return None if cause is None else machine_error(cause)


def for_a_person(error: BaseException) -> CannotContinue | None:
    """What only a person can mend, with what that is: rights, a folder's place, a file system that cannot be written.

    None where it may pass by itself, such as a full disk.
    """
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError) and found.errno in _FOR_A_PERSON:
            remedy = _MENDING.get(found.errno, _BY_RIGHTS)
            return _lasting(os.strerror(found.errno), str(found.filename or "a file of the project"), remedy)
        if isinstance(found, sqlite3.Error) and getattr(found, "sqlite_errorcode", 0) & 0xFF in _SQLITE_FOR_A_PERSON:
            return _lasting(f"the store cannot be written: {found}", "vfs/.supervisor/store.sqlite", _BY_RIGHTS)
        found = found.__cause__
    return None


def _lasting(what: str, where: str, remedy: str) -> CannotContinue:
    again = "Then run the same command again: what is done is kept."
    return CannotContinue(what, where=where, remedy=f"{remedy} {again}")


@contextlib.contextmanager
def ignore_machine_errors() -> Iterator[None]:
    """Do what is good to have done, but not needed: a fault of the machine is passed over."""
    try:
        yield
    except MACHINE_ERRORS as error:
        if machine_error(error) is None:
            raise
