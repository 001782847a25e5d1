"""Waiting for something to have happened: a bounded loop of looks, the only place where a test's process pauses."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 90.0
"""After this long a test gives up; far more than anything takes, so that a slow machine fails nothing."""
_PAUSE_S = 0.01
_T = TypeVar("_T")


def until(look: Callable[[], _T | None], what: str) -> _T:
    """The first value of `look` that is neither None nor False; fails where there is none in PATIENCE_S."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = look()
        if found is not None and found is not False:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"never happened: {what}")
        time.sleep(_PAUSE_S)
