"""The command `supervisor`, run to its end in a process of its own: a new Python, or forked where its code is loaded.

A new Python needs half a second to load the code of a command; all else that most commands of tests do needs a tenth
of that.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.support.loaded_program import HEADER_BYTES

Ran = subprocess.CompletedProcess[str]
_PROGRAM = Path(__file__).with_name("loaded_program.py")
_READ_AT_THE_START = ("LANG", "LC_", "PYTHON")
"""Beginnings of the names of variables that Python reads when it starts."""
_CHUNK_BYTES = 65536


def run_anew(words: Sequence[str], folder: Path, variables: Mapping[str, str], patience_s: float) -> Ran:
    """Run `python -m supervisor WORDS` in a folder to its end; `subprocess.TimeoutExpired` where it comes to none."""
    return subprocess.run(
        [sys.executable, "-m", "supervisor", *words],
        cwd=folder,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=patience_s,
        check=False,
    )


def run_loaded(words: Sequence[str], folder: Path, variables: Mapping[str, str], patience_s: float) -> Ran:
    """What `run_anew` does, in a process that does not have to load the code of the command."""
    start = {name: value for name, value in variables.items() if name.startswith(_READ_AT_THE_START)}
    return _program(tuple(sorted(start.items()))).run(words, folder, variables, patience_s)


@cache
def _program(variables: tuple[tuple[str, str], ...]) -> _LoadedProgram:
    return _LoadedProgram(dict(variables))


class _LoadedProgram:
    """The program that has loaded the code; several threads may ask it at once."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._socket, asked = socket.socketpair()
        self._lock = threading.Lock()
        with asked:
            self._process = subprocess.Popen(
                [sys.executable, str(_PROGRAM)], stdin=asked, stdout=subprocess.DEVNULL, env=dict(variables)
            )
        atexit.register(self._end)

    def run(self, words: Sequence[str], folder: Path, variables: Mapping[str, str], patience_s: float) -> Ran:
        pipes = [os.pipe() for _ in ("output", "errors", "its pid, and then its status")]
        nothing = os.open(os.devnull, os.O_RDONLY)
        try:
            self._ask(
                [nothing, *(writer for _, writer in pipes)],
                words=list(words),
                folder=str(folder),
                variables=dict(variables),
            )
        finally:
            for descriptor in (nothing, *(writer for _, writer in pipes)):
                os.close(descriptor)
        (output, errors, told), is_late = _read([reader for reader, _ in pipes], patience_s)
        pid, *status = [int(line) for line in told.split()] or [None]
        if pid is None:
            raise AssertionError(f"no command was begun: {_PROGRAM.name}, which loads the code, ended or hangs")
        if is_late:
            os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(list(words), patience_s, output, errors)
        return Ran(list(words), status[0], _text(output), _text(errors))

    def _ask(self, descriptors: list[int], **request: object) -> None:
        text = json.dumps(request).encode()
        with self._lock, contextlib.suppress(BrokenPipeError):
            socket.send_fds(self._socket, [len(text).to_bytes(HEADER_BYTES, "big")], descriptors)
            self._socket.sendall(text)

    def _end(self) -> None:
        self._socket.close()
        self._process.wait()


def _read(readers: Sequence[int], patience_s: float) -> tuple[list[bytes], bool]:
    """All that comes out of pipes until all are at their ends, and whether that took too long; closes them."""
    came = dict.fromkeys(readers, b"")
    deadline = time.monotonic() + patience_s
    with selectors.DefaultSelector() as selector:
        for reader in readers:
            selector.register(reader, selectors.EVENT_READ)
        while selector.get_map() and (left := deadline - time.monotonic()) > 0:
            for ready, _ in selector.select(left):
                if chunk := os.read(ready.fd, _CHUNK_BYTES):
                    came[ready.fd] += chunk
                else:
                    selector.unregister(ready.fd)
        is_late = bool(selector.get_map())
    for reader in readers:
        os.close(reader)
    return list(came.values()), is_late


def _text(written: bytes) -> str:
    return io.TextIOWrapper(io.BytesIO(written), encoding="utf-8").read()
