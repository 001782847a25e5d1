"""The command `supervisor` in a process of its own: a new Python, or forked where its code is loaded already.

A new Python needs half a second to load the code of a command; all else that most commands of tests do needs a tenth
of that.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import json
import os
import select
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
    output, errors = (os.pipe() for _ in ("output", "errors"))
    try:
        command = begin_loaded(words, folder, variables, output[1], errors[1])
    finally:
        os.close(output[1])
        os.close(errors[1])
    (out, err), is_late = _read([output[0], errors[0]], patience_s)
    if is_late:
        command.kill()
        command.wait()
        raise subprocess.TimeoutExpired(list(words), patience_s, out, err)
    return Ran(list(words), command.wait(), _text(out), _text(err))


def begin_loaded(
    words: Sequence[str], folder: Path, variables: Mapping[str, str], output: int, errors: int
) -> LoadedCommand:
    """Start such a process, whose standard output and error are copies of these descriptors, and go on."""
    start = {name: value for name, value in variables.items() if name.startswith(_READ_AT_THE_START)}
    return _program(tuple(sorted(start.items()))).begin(words, folder, variables, output, errors)


class LoadedCommand:
    """A command that was forked; it has of `subprocess.Popen` what tests use."""

    def __init__(self, told: int) -> None:
        self._told = os.fdopen(told, "rb")
        said = self._told.readline()
        if not said:
            raise AssertionError(f"no command was begun: {_PROGRAM.name}, which loads the code, ended or hangs")
        self.pid = int(said)
        self.returncode: int | None = None
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        ready, _, _ = select.select([] if self._told.closed else [self._told], [], [], 0)
        return self.wait() if ready else self.returncode

    def wait(self) -> int:
        """Wait for its end; its exit status."""
        with self._lock:
            if self.returncode is None:
                self.returncode = int(self._told.readline())
                self._told.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Signal it, where it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9."""
        self.send_signal(signal.SIGKILL)


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

    def begin(
        self, words: Sequence[str], folder: Path, variables: Mapping[str, str], output: int, errors: int
    ) -> LoadedCommand:
        told, tells = os.pipe()
        with open(os.devnull, "rb") as nothing:
            descriptors = [nothing.fileno(), output, errors, tells]
            try:
                self._ask(descriptors, words=list(words), folder=str(folder), variables=dict(variables))
            finally:
                os.close(tells)
        return LoadedCommand(told)

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
