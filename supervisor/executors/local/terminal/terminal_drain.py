"""What a session printed and its supervisor did not live to read: without it, what the session cost would be lost."""

from __future__ import annotations

import contextlib
import os

from supervisor.executors.local.terminal.redaction import Redactor
from supervisor.failpoints import reached

_MOST_BYTES = 1 << 20
"""A terminal holds less; a process that cannot be ended may go on printing."""


class TerminalDrain:
    """A session's terminal, held until the supervisor has read all of it."""

    def __init__(self, terminal: int, transcript: str, secrets: list[str]) -> None:
        self._terminal = terminal
        self._transcript = transcript
        self._secrets = secrets

    def keep(self) -> None:
        """Write what nobody read to the end of the transcript."""
        redactor = Redactor(self._secrets)
        os.set_blocking(self._terminal, False)
        unread = b""
        with contextlib.suppress(OSError):  # nothing more, or its last process is gone
            while len(unread) < _MOST_BYTES and (part := os.read(self._terminal, 1 << 16)):
                unread += part
        if not unread:
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        reached("terminal_drain.before_write")
        with contextlib.suppress(OSError), os.fdopen(os.open(self._transcript, flags, 0o600), "ab") as file:
            file.write(redactor.apply_to_rest(unread))
        reached("terminal_drain.written")

    def close(self) -> None:
        """Let go of the terminal."""
        os.close(self._terminal)
