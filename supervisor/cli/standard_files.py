"""Standard input, output and error of a command: always open, and never a reason to end its work."""

from __future__ import annotations

import errno
import io
import os
import sys

_NOBODY_READS = frozenset({errno.EPIPE, errno.EIO, errno.EBADF, errno.ENXIO})
"""The reader of the pipe left, or the terminal was hung up: what is written from now on is dropped."""


class StandardFiles:
    """What a command reads and writes; made before anything else is opened."""

    def __init__(self, *, only_shows: bool = False) -> None:
        """`only_shows`: the command is for its output alone, and ends where nobody reads that any more."""
        self._only_shows = only_shows
        self._files: list[_KeptOpen] = []

    def set_up(self) -> None:
        """Open those that are closed, so that no file of the project gets their numbers, and drop what nobody reads."""
        for number in range(3):
            _ensure_open(number)
        if sys.stdin is None:
            sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as the process
        for name, number in (("stdout", 1), ("stderr", 2)):
            stream: io.TextIOWrapper | None = getattr(sys, name)
            if stream is None or (stream is getattr(sys, f"__{name}__") and _number(stream) == number):
                raw = _KeptOpen(number, ends=self._only_shows and number == 1)
                self._files.append(raw)
                setattr(sys, name, _text_stream(raw, stream, is_error=number == 2))

    @property
    def failure(self) -> OSError | None:
        """Why not all of standard output was written though somebody wants it: a full disk."""
        return next((file.failure for file in self._files if file.fileno() == 1), None)

    def flush(self) -> None:
        """Write out what is left, now: what happens to it when Python ends can be told to nobody."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()


class _KeptOpen(io.FileIO):
    """A descriptor to which every write succeeds, if only by being dropped."""

    def __init__(self, number: int, *, ends: bool) -> None:
        """`ends`: the process ends, in good order, where nobody reads."""
        super().__init__(number, "wb", closefd=False)
        self._ends = ends
        self.failure: OSError | None = None

    def write(self, data: object, /) -> int:
        whole = memoryview(data).cast("B")  # type: ignore[arg-type]
        written = 0
        while written < len(whole):
            try:
                part = super().write(whole[written:])
            except OSError as error:
                if error.errno not in _NOBODY_READS:
                    self.failure = self.failure or error
                elif self._ends:
                    self._ends = False
                    raise SystemExit(0) from None
                break
            if part is None:  # another program made the pipe or terminal that they share non-blocking
                _wait_for_room(self.fileno())
            else:
                written += part
        return len(whole)


def _ensure_open(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        opened = os.open(os.devnull, os.O_RDWR)
        os.dup2(opened, number)  # a no-op where it got this number, but for being inherited
        if opened != number:
            os.close(opened)
        os.set_inheritable(number, True)


def _number(stream: io.TextIOWrapper) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError):
        return None


def _text_stream(raw: _KeptOpen, like: io.TextIOWrapper | None, *, is_error: bool) -> io.TextIOWrapper:
    """As Python makes it, but that characters that cannot be encoded are written as escapes."""
    if like is not None:
        like.flush()
    errors = "backslashreplace" if like is None or like.errors in (None, "strict") else like.errors
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding="utf-8" if like is None else like.encoding,
        errors=errors,
        line_buffering=is_error or raw.isatty(),
        newline="\n",
    )


def _wait_for_room(number: int) -> None:
    import select

    waiting = select.poll()
    waiting.register(number, select.POLLOUT)
    waiting.poll()
