"""How the supervisor sets up its asyncio loop: no thread for each child process, faults of the machine as one line."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from typing import Any

from loguru import logger

from supervisor.host.machine_errors import machine_error

_GARBAGE = (5_000, 20, 100)
"""Python looks for garbage in cycles, of which little is made, after so many new objects, and so many looks."""


def set_up(loop: asyncio.AbstractEventLoop) -> None:
    """Prepare a loop that runs already."""
    gc.freeze()  # what was loaded stays; to look through it for garbage stops the loop for long with many sessions
    gc.set_threshold(*_GARBAGE)
    loop.set_exception_handler(_in_callback)
    if sys.version_info < (3, 12) and sys.platform.startswith("linux"):  # later ones do so by themselves
        try:
            os.close(os.pidfd_open(os.getpid()))
        except OSError:
            return
        watcher = asyncio.PidfdChildWatcher()
        watcher.attach_loop(loop)
        asyncio.set_child_watcher(watcher)


def _in_callback(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What a callback raised, or a task of which nobody took the end: who needs it tries again, or missed nothing."""
    error = context.get("exception")
    if isinstance(error, asyncio.CancelledError):
        return
    fault = None if error is None else machine_error(error)
    if fault is None:
        loop.default_exception_handler(context)
    else:
        logger.warning("something was left undone for the moment: {}", fault)
