"""A process that runs a project's own code, one call after the other, so that it can hang or crash alone.

Requests come on standard input, replies go to what was standard output, one JSON object a line. What the project's
code prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

from supervisor.errors import ProjectCodeError, StoreError
from supervisor.failpoints import reached
from supervisor.model.batch import BatchInput
from supervisor.project_code import code_loader, command_validator
from supervisor.project_code.project_imports import prepare_imports
from supervisor.store.database import Database, open_store
from supervisor.store.queries.merged_view import MergedView

NOT_NOW = os.EX_TEMPFAIL
"""Exit status where the machine does not let it work, which is no fault of the project's code either."""


class _StoreFails(Exception):
    """The store cannot be read at the moment, which is no fault of the project's code."""


class Worker:
    """Answers requests about one store."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._database: Database | None = None
        self._views: dict[int, MergedView] = {}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reply to one request; a ProjectCodeError becomes `{"fault", "where"}`."""
        try:
            return self._do(request)
        except ProjectCodeError as fault:
            return {"fault": fault.what, "where": fault.where, "remedy": fault.remedy}
        except _StoreFails as failure:
            return {"not_now": str(failure)}

    def _do(self, request: dict[str, Any]) -> dict[str, Any]:
        path = Path(request["path"])
        if request["do"] == "check":
            code_loader.check(path, request["function"], request["arguments"])
            return {}
        if request["do"] == "expand":
            return {"expanded": code_loader.expand(path, request["rows"])}
        batch = BatchInput.model_construct(**request["batch"])
        if request["job"] is None:
            merged: Any = {}
        else:
            merged = self._view(request["job"])
            merged.begin()
        if request["do"] == "context":
            return {"context": code_loader.context(path, batch, merged)}
        if request["do"] == "command":
            report = command_validator.validate(request["command"], path, batch, request["output"])
        else:
            report = code_loader.validate(path, batch, request["output"], merged)
        return {
            "errors": [error.model_dump() for error in report.errors],
            "looked_at": merged.read_phases() if isinstance(merged, MergedView) else [],
        }

    def _view(self, job: int) -> MergedView:
        if self._database is None:
            try:
                self._database = open_store(self._store, read_only=True)
            except (OSError, sqlite3.Error, StoreError) as error:
                raise _StoreFails(" ".join(str(error).split())) from error
        if job not in self._views:
            self._views[job] = MergedView(self._database, job)
        return self._views[job]


def main() -> None:
    """Answer until standard input ends; the only argument is the store's path.

    It is read in a thread: when the supervisor is killed while the code hangs, this process group ends itself.
    """
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")  # half a surrogate pair is no text
    os.dup2(2, 1)
    prepare_imports(os.getcwd())
    worker = Worker(Path(sys.argv[1]))
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    try:
        threading.Thread(target=_read, args=(requests,), daemon=True).start()
    except RuntimeError:  # no thread can be had
        sys.exit(NOT_NOW)
    while True:
        request = json.loads(requests.get())
        reached("worker.asked")
        reply = json.dumps(worker.answer(request), ensure_ascii=False)
        try:
            replies.write(f"{reply}\n")
            replies.flush()
        except BrokenPipeError:
            _end_group()
        reached("worker.answered")


def _read(requests: queue.SimpleQueue[bytes]) -> None:
    for line in sys.stdin.buffer:
        requests.put(line)
    _end_group()


def _end_group() -> None:
    """The supervisor is gone: nobody waits for this process, nor for what the project's code started."""
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
