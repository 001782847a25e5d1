"""A program that has loaded the code of `supervisor`, and forks for each command that it is asked for.

Started by `tests.support.commands`; its standard input is the socket on which it is asked. A command that it forks is a
process of its own, with a pid, folder, variables and standard streams of its own, in which nothing has happened but
imports: nothing of one command is left in another.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys

HEADER_BYTES = 4
"""The length of a request, in network order; with it come standard input, output and error, and where to tell."""
STREAMS = 3
_LARGEST_DESCRIPTOR = 256
_OWN_PROGRAMS = ("supervisor.service", "supervisor.cli.serve_commands", "supervisor.project.scaffold_files")
"""What no command needs that ends soon."""
_LATE = ("asyncinotify", "encodings.utf_8_sig", "typer._adapters")
"""What commands import when they come to it."""


def load() -> None:
    """Import what commands import, and make once what each would make at its start."""
    import supervisor

    for found in pkgutil.walk_packages(supervisor.__path__, "supervisor."):
        if not found.name.startswith(_OWN_PROGRAMS) and not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    for name in _LATE:
        with contextlib.suppress(ImportError):  # a module of its own of this version of a library
            importlib.import_module(name)
    from supervisor.executors.local.terminal import secret_shapes
    from supervisor.model.frozen_model import FrozenModel

    secret_shapes.prepare()
    models = FrozenModel.__subclasses__()
    for model in models:
        models += model.__subclasses__()
        model.model_rebuild()


def serve(asked: socket.socket) -> None:
    """Fork for each request until nobody asks any more; returns in each command's own process, to be its program."""
    while True:
        header, descriptors, _, _ = socket.recv_fds(asked, HEADER_BYTES, STREAMS + 1)
        if not header:
            sys.exit()
        while len(header) < HEADER_BYTES:
            header += asked.recv(HEADER_BYTES - len(header))
        text = b""
        while len(text) < int.from_bytes(header, "big"):
            text += asked.recv(int.from_bytes(header, "big") - len(text))
        _reap()
        if os.fork() == 0 and _is_command(descriptors.pop()):
            return _become(json.loads(text), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _is_command(told: int) -> bool:
    """In a process beside the command: tell its pid, wait for it, tell its status. True in the command itself."""
    pid = os.fork()
    if pid == 0:
        return True
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the command, whose end it waits for
    os.closerange(told + 1, _LARGEST_DESCRIPTOR)
    os.closerange(0, told)
    os.write(told, f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(request: dict[str, object], streams: list[int]) -> None:
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
    os.closerange(STREAMS, _LARGEST_DESCRIPTOR)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background of a shell ignore it
    os.chdir(str(request["folder"]))
    variables, words = request["variables"], request["words"]
    assert isinstance(variables, dict) and isinstance(words, list)
    os.environ.clear()
    os.environ.update(variables)
    sys.path[0] = os.getcwd()
    sys.argv = ["supervisor", *words]


def _reap() -> None:
    """Take leave of the processes beside commands that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


if __name__ == "__main__":
    sys.path[0] = ""  # as `python -m` has it: tests stand beside this file
    load()
    gc.freeze()
    serve(socket.socket(fileno=os.dup(0)))
    runpy.run_module("supervisor", run_name="__main__", alter_sys=True)
