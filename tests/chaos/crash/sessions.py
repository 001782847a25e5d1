"""What the agents of one round told the test: outside of the project, and nothing of it is lost by a kill."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

_CREDENTIALS = struct.Struct("3i")


class Run:
    """One process of an agent, as it told of itself."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.name = ""
        self.asked: tuple[str, ...] = ()
        self.corrected = False
        self.telling: list[int] = []
        """Tokens that it was about to print, or printed."""
        self.told: list[int] = []
        """Tokens that it printed."""
        self.unheard_from: int | None = None
        """Sum of those that it had printed when its supervisor was stopped: all after that its spawner keeps."""
        self.renewing = 0
        """The number of the sign-in that it was given to renew."""
        self.renewed = 0
        """The same, once that is in its place."""
        self.limited = False
        self.written = False
        self.done = False
        self.gone = False

    @property
    def job(self) -> int:
        return int(self.name.split("-")[0].removeprefix("job"))

    @property
    def phase(self) -> int:
        return int(self.name.split("-")[1].removeprefix("phase"))

    @property
    def batch(self) -> int:
        return int(self.name.split("-")[2].removeprefix("batch"))

    def take(self, step: str, told: dict[str, Any]) -> None:
        """What it says that it does, or did."""
        if step == "begun":
            self.name, self.asked, self.corrected = told["name"], tuple(told["asked"]), told["corrected"]
        elif step == "telling" and "tokens" in told:
            self.telling.append(told["tokens"])
        elif step == "told" and "tokens" in told:
            self.told.append(told["tokens"])
        elif step == "unheard" and "tokens" in told:
            self.telling.remove(told["tokens"])
        elif step == "renewed":
            self.renewed = self.renewing
        elif step == "written":
            self.written = True
        elif step == "done":
            self.done, self.limited = True, told.get("limited", False)


class Sessions:
    """Listens to the agents of a round; each waits for an answer after every step."""

    def __init__(self, name: str, *, limit_one: bool) -> None:
        self.address = name
        self.runs: list[Run] = []
        self.steps = 0
        """Steps of all agents since the last command began."""
        self.at_step: Callable[[Run], str | None] = lambda _: None
        """Asked at every step, with whoever takes it: what to answer, None where that is all the same."""
        self._limit_one = limit_one
        self._hold_from: int | None = None
        self._held: list[tuple[socket.socket, str]] = []
        self._holding = threading.Lock()
        self._renewals = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind("\0" + name)
        self._listener.listen(100)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._end, self._ended = socket.socketpair()
        self._selector.register(self._ended, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def renewals(self) -> int:
        """How often the sign-in was renewed."""
        return self._renewals

    def unheard_from_now(self) -> None:
        """Their supervisor is stopped."""
        for run in self.in_flight():
            run.unheard_from = sum(run.told)

    def nobody_kept_it(self) -> None:
        """Their spawner is dead, too."""
        for run in self.runs:
            run.unheard_from = None

    def in_flight(self) -> list[Run]:
        """Those that began and are not done."""
        return [run for run in self.runs if run.name and not run.done and not run.gone]

    def hold_from(self, step: int) -> None:
        """From that step on let agents wait for their answers."""
        self._hold_from = step

    def let_go(self) -> None:
        """Answer those that wait, and hold no more."""
        with self._holding:
            self._hold_from = None
            held, self._held = self._held, []
        for connection, answer in held:
            _send(connection, answer)

    def close(self) -> None:
        self._end.close()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._ended:
                    return
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    assert isinstance(key.fileobj, socket.socket)
                    self._hear(key.fileobj, key.data)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        run = Run(_CREDENTIALS.unpack(credentials)[0])
        self.runs.append(run)
        self._selector.register(connection, selectors.EVENT_READ, run)

    def _hear(self, connection: socket.socket, run: Run) -> None:
        try:
            line = connection.recv(1 << 16)
        except ConnectionError:
            line = b""
        if not line:
            run.gone = True
            self._selector.unregister(connection)
            connection.close()
            return
        told = json.loads(line)  # it waits for the answer: there is never more than one line
        run.take(told["step"], told)
        self.steps += 1
        answer = self.at_step(run) or self._answer(told["step"], run)
        with self._holding:
            if self._hold_from is not None and self.steps >= self._hold_from:
                self._held.append((connection, answer))
                return
        _send(connection, answer)

    def _answer(self, step: str, run: Run) -> str:
        if step == "begun" and self._limit_one:
            self._limit_one = False
            return "limited"
        if step == "renewing":
            self._renewals += 1
            run.renewing = self._renewals
            return str(self._renewals)
        return "go on"


def _send(connection: socket.socket, answer: str) -> None:
    with contextlib.suppress(OSError):  # it is gone, which is seen when it is read from
        connection.sendall(answer.encode())


def address(number: int) -> str:
    """A name for a round's socket that no other round has."""
    return f"supervisor-crash-test-{os.getpid()}-{number}"
