"""Running the service until it is asked to end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib.util
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI

from supervisor.engine.events.progress_log import log_to_stderr_only_faults
from supervisor.errors import UsageError
from supervisor.host import fd_limit
from supervisor.project.project import Project
from supervisor.project.store_guard import require_sound
from supervisor.service.api.http_connection import connection
from supervisor.service.service_app import make_app
from supervisor.store.database import open_store

if importlib.util.find_spec("standardwebhooks") is None:  # imported with the first webhook, which is too late to say so
    raise ModuleNotFoundError("there is no standardwebhooks", name="standardwebhooks")
_BACKLOG = 2048
_LAST_S = 5
"""Seconds that requests get to end when the service does."""


class _Server(uvicorn.Server):
    """Ends the streams of events when it ends: they would last as long as their listeners."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def end(self) -> None:
        app = self.config.loaded_app if isinstance(self.config.loaded_app, FastAPI) else self.config.app
        assert isinstance(app, FastAPI)
        app.state.service.events.close()
        self.should_exit = True


def serve(project: Project, host: str, port: int, told: Callable[[str], None]) -> None:
    """Answer requests until SIGINT or SIGTERM; `told` gets the address once it is bound."""
    require_sound(project)
    open_store(project.store, create=True).close()
    listener = _bound(host, port)
    fd_limit.raise_limit(1 << 16)
    shown = f"[{host}]" if ":" in host else host
    told(f"http://{shown}:{listener.getsockname()[1]}")
    log_to_stderr_only_faults()
    asyncio.run(_serve(make_app(project), listener, project.settings.serve.request_timeout))


async def _serve(app: FastAPI, listener: socket.socket, request_timeout: float) -> None:
    config = uvicorn.Config(
        app,
        http=connection(request_timeout),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_LAST_S,
        lifespan="on",
        ws="none",
    )
    gc.freeze()  # what is there by now stays, and would be gone through again and again while everybody waits
    server = _Server(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.end)
    await server.serve(sockets=[listener])


def _bound(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family[0], socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(family[4])
        listener.listen(_BACKLOG)
    except OSError as error:
        raise UsageError(
            f"it cannot listen there: {error.strerror or error}",
            where=f"{host} port {port}",
            remedy="Is another service there? Choose another port with --port.",
        ) from error
    return listener
