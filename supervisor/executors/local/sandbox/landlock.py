"""Landlock (landlock(7)): a process, and all that it starts, opens no other files than those that are allowed.

It is used by the spawner, in what becomes a session: what is imported here costs every start of it.
"""

from __future__ import annotations

import ctypes
import functools
import os
import stat
import struct
import sys
from collections.abc import Mapping, Sequence

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""Numbers of the system calls, the same on every processor that Landlock runs on."""
_VERSION = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITIES_VERSION = 0x20080522

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_TRUNCATE, _IOCTL_DEV, _RESOLVE_UNIX = 1 << 14, 1 << 15, 1 << 16
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV | _RESOLVE_UNIX
_RIGHTS = {
    "read": _EXECUTE | _READ_FILE | _READ_DIR | _RESOLVE_UNIX,
    "list": _READ_DIR,
    "write": (1 << 17) - 1 & ~(_MAKE_CHAR | _MAKE_BLOCK),
    "terminal": _READ_FILE | _WRITE_FILE | _IOCTL_DEV,
    "device": _READ_FILE | _WRITE_FILE | _TRUNCATE | _IOCTL_DEV,
}
"""What is allowed below a path, by its kind."""
_RIGHTS_SINCE = {1: 13, 2: 14, 3: 15, 5: 16, 9: 17}
"""Version to the number of rights that it knows."""
_NETWORK_SINCE, SCOPES_SINCE, SOCKETS_SINCE = 4, 6, 9
_SCOPES = 0b11
"""No connection to abstract sockets, and no signal to processes, of others."""


@functools.cache
def landlock_version() -> int:
    """The version of Landlock's interface that this kernel has; 0 where there is none, or it is not switched on."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        return _call(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    except OSError:
        return 0


def ruleset(version: int) -> tuple[bytes, int]:
    """The structure that asks for everything which this version can keep a process from, and its rights to files."""
    handled = (1 << max(bits for since, bits in _RIGHTS_SINCE.items() if since <= version)) - 1
    fields = [handled]
    if version >= _NETWORK_SINCE:
        fields.append(0)  # the network is not Landlock's affair here
    if version >= SCOPES_SINCE:
        fields.append(_SCOPES)
    return struct.pack(f"={len(fields)}Q", *fields), handled


def restrict(allowed: Mapping[str, Sequence[str]]) -> None:
    """Keep this thread, and what it starts from now on, from all files but the allowed ones; without any capability.

    `allowed` has the paths by kind: `read` (and run), `list` (the names in a folder and below), `write` (and read, run,
    make, delete), `device`, `terminal`. Paths that are not there are left out. OSError where the kernel refuses.
    """
    attributes, handled = ruleset(landlock_version())
    rules = _call(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    try:
        for kind, paths in allowed.items():
            for path in paths:
                _allow(rules, path, _RIGHTS[kind] & handled)
        library = _library()
        if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
            raise _failed()
        if library.capset(struct.pack("=Ii", _CAPABILITIES_VERSION, 0), bytes(24)):
            raise _failed()
        _call(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        file = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(file).st_mode):
            rights &= _OF_FILES
        if rights:
            _call(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, file), 0)
    finally:
        os.close(file)


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    library.syscall.argtypes = [ctypes.c_long]  # the others are of 32 bits, but for pointers and the size
    return library


def _call(number: int, *words: int | bytes | ctypes.c_size_t | None) -> int:
    result = int(_library().syscall(number, *words))
    if result < 0:
        raise _failed()
    return result


def _failed() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"Landlock: {os.strerror(number)}")
