"""The service's own key: signs the cookies of the web page, and makes the clients' signing secrets."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from supervisor.errors import StoreError
from supervisor.host.durable_files import make_folder, sync_folder

NAME = "service.key"
_BYTES = 32


def service_key(state: Path) -> bytes:
    """The key beside the store, made at its first use; 32 random bytes that only the owner can read.

    StoreError where the file holds something else: less would be a key that can be guessed.
    """
    path = state / NAME
    if not path.exists():
        _make(path)
    sync_folder(state)  # also for one who died before it: nothing is derived of a key that may be lost again
    with open(path, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        key = file.read(_BYTES + 1)
    if len(key) != _BYTES:
        raise StoreError(
            f"this is not a key of {_BYTES} bytes",
            where=str(path),
            remedy="Put it back from a backup; or delete it, sign in again, and give clients new webhook secrets.",
        )
    if mode & 0o077:
        raise StoreError("others may read the service's key", where=str(path), remedy=f"`chmod 600 {path}`.")
    return key


def _make(path: Path) -> None:
    state = path.parent
    make_folder(state)
    descriptor, making = tempfile.mkstemp(prefix=f".{NAME}.", dir=state)  # made with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(making, path)  # unlike a rename, it fails where another process was faster
    finally:
        os.unlink(making)


def derived(key: bytes, use: str, name: str = "") -> bytes:
    """A key of its own for one use, and for one client."""
    return hmac.new(key, f"{use}\0{name}".encode(), hashlib.sha256).digest()
