"""Waiting for something to have happened: a bounded loop of looks, the only place where a test's process pauses."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

PATIENCE_S = float(os.environ.get("TEST_PATIENCE_S", "60"))
"""After this long a test gives up; far more than anything takes, so that a slow machine fails nothing."""
_PAUSE_S = 0.01
_T = TypeVar("_T")


def until(look: Callable[[], _T | None], what: str) -> _T:
    """The first value of `look` that is not empty, None or False; nothing else goes on in this thread meanwhile."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(_PAUSE_S)
    return found


async def eventually(look: Callable[[], _T | None], what: str) -> _T:
    """The first value of `look` that is not empty, None or False; the loop goes on meanwhile."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := look()):
            await asyncio.sleep(_PAUSE_S)
    assert found, what
    return found


def reader_of(pipe: Path) -> int:
    """Wait until somebody reads from a named pipe; the descriptor whose closing lets the reader go on."""

    def opened() -> tuple[int] | None:
        try:
            return (os.open(pipe, os.O_WRONLY | os.O_NONBLOCK),)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return None
            raise

    (descriptor,) = until(opened, f"somebody reads from {pipe}")
    return descriptor
