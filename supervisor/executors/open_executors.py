"""The executors that one supervisor has open: each is made when it is first needed, and closed with the others."""

from __future__ import annotations

import contextlib

from supervisor.executors.executor import Executor, ExecutorContext
from supervisor.executors.executor_registry import make_executor
from supervisor.model.session import SessionResult
from supervisor.model.session_handle import SessionHandle


class OpenExecutors:
    """By name."""

    def __init__(self, context: ExecutorContext) -> None:
        self._context = context
        self._open: dict[str, Executor] = {}

    def of(self, name: str) -> Executor:
        """The executor of that name; UsageError where there is none."""
        if name not in self._open:
            self._open[name] = make_executor(name, self._context)
        return self._open[name]

    async def reattach(self, handle: SessionHandle) -> SessionHandle | SessionResult | None:
        """What became of a session that an earlier supervisor submitted: see `Executor.reattach`."""
        return await self.of(handle.executor).reattach(handle)

    async def close(self) -> None:
        """Close all of them, whatever comes of each."""
        async with contextlib.AsyncExitStack() as last:
            for executor in self._open.values():
                last.push_async_callback(executor.close)
