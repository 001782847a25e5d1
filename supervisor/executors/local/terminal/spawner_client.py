"""The supervisor's side of the spawner: start a session, be told of its end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import socket
from collections import deque
from typing import Any, NamedTuple

from pydantic import Field

from supervisor.errors import AgentError
from supervisor.failpoints import reached
from supervisor.host import fd_limit
from supervisor.host.own_module import module_command, module_environment
from supervisor.model.frozen_model import FrozenModel

_SPAWNER = "supervisor.executors.local.terminal.spawner"


class SpawnerLost(OSError):
    """The spawner ended, and nobody waits for its sessions any more; the next session starts another."""

    def __init__(self) -> None:
        super().__init__("the spawner process ended")


class Start(FrozenModel):
    """What a session's process is to be."""

    argv: list[str]
    env: dict[str, str]
    cwd: str
    stdin: str | None = None
    """File that is its standard input; None: the terminal."""
    limits: dict[str, int] = Field(default_factory=dict)
    """Resource limits by their names in `resource`."""
    groups: list[str] = Field(default_factory=list)
    """Files of control groups that it writes its pid into."""
    transcript: str
    """File to which the spawner writes what the supervisor did not live to read."""
    secrets: list[str]
    """What must not stand in it."""
    note: str
    """File to which the spawner writes which process it is, together with what is `noted` of it besides."""
    noted: dict[str, str]
    end_note: str
    """File to which the spawner writes the exit status, where the session came to its end and was not cut off."""
    allowed: dict[str, list[str]] | None = None
    """Files that it may open, by kind, see `sandbox.landlock`; None: those that its user may."""
    wrapped: bool = False
    """Whether it is a sandbox with the agent in it."""


class Spawned(NamedTuple):
    """A session's process."""

    pid: int
    started_ticks: int
    terminal: int
    """The descriptor of its terminal's master side; the receiver closes it."""
    ended: asyncio.Future[int | None]
    """Done once nothing of the session is left: its exit status, negative for a signal, None for unknown. SpawnerLost
    where the spawner ended first. It is not to be cancelled."""


class SpawnerClient:
    """One spawner process, started on first use and again where it died."""

    def __init__(self) -> None:
        self._channel: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()
        self._sending = asyncio.Lock()
        self._spawning: dict[str, asyncio.Future[Spawned]] = {}
        self._ending: dict[str, asyncio.Future[int | None]] = {}
        self._read_out: list[str] = []
        """Sessions of which all that they printed was read, which the spawner is still to be told."""
        self._incoming = b""
        self._descriptors: deque[int] = deque()
        self._discarded: set[asyncio.Future[None]] = set()

    @property
    def pid(self) -> int | None:
        """The spawner's pid; None where there is none at the moment."""
        return None if self._process is None else self._process.pid

    async def spawn(self, name: str, start: Start) -> Spawned:
        """Start a session; AgentError where its program is missing, OSError where the system refuses a process."""
        channel = await self._connected()
        loop = asyncio.get_running_loop()
        spawned: asyncio.Future[Spawned] = loop.create_future()
        self._spawning[name] = spawned
        self._ending[name] = loop.create_future()
        try:
            forget, self._read_out = self._read_out, []
            await self._send(channel, {"do": "spawn", "name": name, "forget": forget, **start.model_dump()})
            return await spawned
        except BaseException:
            spawned.cancel()  # should it come to be all the same, it is ended at once
            if not spawned.cancelled() and spawned.exception() is None:  # it came to be in the last moment
                os.close(spawned.result().terminal)
                self._discarded.add(asyncio.ensure_future(self._discard(name)))
            self._ending.pop(name, None)
            raise

    async def end(self, name: str, grace_s: float, *, final: bool = False) -> None:
        """Ask the session to leave, and end it after `grace_s` seconds; 0 ends it at once.

        `final`: it has come to its end, and what it leaves is its answer.
        """
        if self._channel is not None:
            with contextlib.suppress(ConnectionError):
                await self._send(self._channel, {"do": "end", "name": name, "grace_s": grace_s, "final": final})

    async def end_now(self, name: str) -> None:
        """End the session at once where something of it is left, and wait for that."""
        ended = self._ending.get(name)
        if ended is not None:
            await self.end(name, 0)
            with contextlib.suppress(SpawnerLost):
                await asyncio.shield(ended)

    async def forget(self, name: str) -> None:
        """All that an ended session printed was read. The spawner, which need not wake up for it, is told with the next
        session, or at once where none runs any more."""
        self._read_out.append(name)
        if self._channel is not None and not self._ending:
            names, self._read_out = self._read_out, []
            with contextlib.suppress(ConnectionError):
                await self._send(self._channel, {"do": "forget", "names": names})

    async def close(self) -> None:
        """End every session that is left, and the spawner."""
        process = self._process
        self._lost()
        if process is not None:
            await process.wait()

    async def _connected(self) -> socket.socket:
        async with self._starting:
            if self._channel is None:
                reached("spawner.before_start")
                ours, theirs = socket.socketpair()
                with theirs:
                    self._process = await asyncio.create_subprocess_exec(
                        *module_command(_SPAWNER, str(theirs.fileno()), str(fd_limit.INHERITED)),
                        env=module_environment(),
                        stdin=asyncio.subprocess.DEVNULL,
                        pass_fds=[theirs.fileno()],
                        start_new_session=True,
                    )
                reached("spawner.started")
                ours.setblocking(False)
                self._channel = ours
                asyncio.get_running_loop().add_reader(ours, self._read)
            return self._channel

    async def _send(self, channel: socket.socket, request: dict[str, Any]) -> None:
        """One request after the other, and each as a whole, though its sender may be cancelled."""
        await asyncio.shield(self._send_whole(channel, json.dumps(request).encode() + b"\n"))

    async def _send_whole(self, channel: socket.socket, line: bytes) -> None:
        async with self._sending:  # the loop's sendall is not made for several callers on one socket
            await asyncio.get_running_loop().sock_sendall(channel, line)

    def _read(self) -> None:
        assert self._channel is not None
        try:
            data, descriptors, _, _ = socket.recv_fds(self._channel, 1 << 16, 64)
        except BlockingIOError:
            return
        except ConnectionError:
            data, descriptors = b"", []
        self._descriptors.extend(descriptors)
        if not data:
            self._lost()
            return
        *lines, self._incoming = (self._incoming + data).split(b"\n")
        for line in lines:
            self._told(json.loads(line))

    def _told(self, message: dict[str, Any]) -> None:
        name = message["name"]
        if message["told"] == "ended":
            future = self._ending.pop(name, None)
            if future is not None and not future.done():
                future.set_result(message["exit_status"])
            return
        spawning = self._spawning.pop(name)
        if message["told"] == "spawned" and not self._descriptors:  # there was no room for its terminal's
            self._discarded.add(asyncio.ensure_future(self._discard(name)))
            if not spawning.cancelled():
                spawning.set_exception(OSError(errno.EMFILE, os.strerror(errno.EMFILE)))
        elif message["told"] == "spawned":
            terminal = self._descriptors.popleft()
            os.set_blocking(terminal, False)
            os.set_inheritable(terminal, False)
            if spawning.cancelled():  # nobody waits for it any more
                os.close(terminal)
                self._discarded.add(asyncio.ensure_future(self._discard(name)))
            else:
                spawning.set_result(Spawned(message["pid"], message["started_ticks"], terminal, self._ending[name]))
        elif not spawning.cancelled():
            spawning.set_exception(
                AgentError(
                    f"the agent's program cannot be started: {message['message']}",
                    remedy="Install it, or correct `command` in the project file.",
                )
                if message["missing"]
                else OSError(message["message"])
            )

    async def _discard(self, name: str) -> None:
        await self.end(name, 0)
        await self.forget(name)

    def _lost(self) -> None:
        """The spawner is gone, and with it all its sessions."""
        if self._channel is None:
            return
        asyncio.get_running_loop().remove_reader(self._channel)
        self._channel.close()
        self._channel = None
        self._process = None
        self._read_out.clear()
        self._incoming = b""
        while self._descriptors:
            os.close(self._descriptors.popleft())
        for spawning in self._spawning.values():
            if not spawning.done():
                spawning.set_exception(SpawnerLost())
                spawning.exception()  # its request may not have been sent
        self._spawning.clear()
        for ending in self._ending.values():
            if not ending.done():
                ending.set_exception(SpawnerLost())
                ending.exception()  # somebody may no longer wait for it
        self._ending.clear()
