"""A process that runs local sessions and is killed: PROJECT REQUEST…, each request as JSON; it prints their handles."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from supervisor.agents.agent_registry import make_agent
from supervisor.executors.executor import ExecutorContext
from supervisor.executors.executor_registry import make_executor
from supervisor.host.file_events import PollingEvents
from supervisor.model.agent_report import AgentFailure
from supervisor.model.json_document import JsonDocument
from supervisor.model.session import SessionRequest
from supervisor.model.session_handle import SessionHandle
from supervisor.project.project import find_project


class _Nobody:
    def failing(self, failure: AgentFailure | None) -> None:
        """Nobody is told."""

    def alive(self) -> None:
        """Nobody is told."""

    async def passes(self, output: JsonDocument) -> bool:
        """Nobody judges."""
        return False


def _record(handle: SessionHandle) -> None:
    print(handle.model_dump_json(), flush=True)


async def main(root: str, *texts: str) -> None:
    """Submit all, then follow them."""
    project = find_project(Path(root))
    executor = make_executor("local", ExecutorContext(project, PollingEvents("a test")))
    requests = [SessionRequest.model_validate_json(text) for text in texts]
    handles = [await executor.submit(each, make_agent(project, each.agent), _record) for each in requests]
    await asyncio.gather(*(executor.follow(handle, _Nobody()) for handle in handles))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
