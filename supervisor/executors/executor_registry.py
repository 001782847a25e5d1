"""Finding executors by name: the local one, and those that packages offer by entry point."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import cast

from supervisor.agents.agent_profile import LOCAL
from supervisor.errors import UsageError
from supervisor.executors.executor import Executor, ExecutorContext
from supervisor.host import entry_points
from supervisor.host.file_events import PollingEvents
from supervisor.project.project import Project

GROUP = "supervisor.executors"
_OURS = {LOCAL: "supervisor.executors.local.local_executor:LocalExecutor"}
"""Found without a look at all that is installed, which takes longer than to load them."""


def executor_names() -> list[str]:
    """Names of all executors that can be used here."""
    return sorted({*_OURS, *entry_points.offered(GROUP)})


def make_executor(name: str, context: ExecutorContext) -> Executor:
    """The executor of that name, made anew; UsageError where there is none."""
    found = [EntryPoint(name, _OURS[name], GROUP)] if name in _OURS else entry_points.offered(GROUP).get(name)
    if found is None:
        raise _unknown(name, "executor")
    return cast(Callable[[ExecutorContext], Executor], entry_points.load(found, "executor"))(context)


def check_executor(project: Project, agent: str) -> None:
    """UsageError where the settings of an agent name an executor that there is not."""
    settings = project.settings.agents.get(agent)
    name = None if settings is None else settings.executor
    if name is not None and name not in executor_names():
        raise _unknown(name, f"`executor` under [agents.{agent}] in {project.settings_file.name}")


def executor_to_ask(name: str, project: Project) -> Executor:
    """One that no session is given to: it is only asked what is possible here. UsageError where there is none."""
    return make_executor(name, ExecutorContext(project, PollingEvents("nothing is listened to")))


def _unknown(name: str, where: str) -> UsageError:
    known = executor_names()
    near = difflib.get_close_matches(name, known, n=1)
    return UsageError(
        f"there is no executor {name!r}",
        where=where,
        remedy=(f"Did you mean {near[0]!r}? " if near else "")
        + f"Here are: {', '.join(known)}. A package offers another by an entry point of the group {GROUP}.",
    )
