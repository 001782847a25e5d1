"""What `doctor` looks at, from the machine to the store."""

from __future__ import annotations

import asyncio
import platform
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

from supervisor.agents.agent_paths import home_hint
from supervisor.agents.agent_registry import agent_names, agent_unless_open, make_agent
from supervisor.doctor.finding import Finding, Level
from supervisor.doctor.source_checks import look_at_sources
from supervisor.doctor.state_checks import look_at_state
from supervisor.engine import preflight
from supervisor.errors import SupervisorError
from supervisor.executors.executor_registry import check_executor
from supervisor.executors.local import machine_capacity
from supervisor.executors.local.sandbox.sandbox_level import described, is_wrapped, warning
from supervisor.host import process_tree
from supervisor.host.cgroups import hierarchies
from supervisor.host.file_events import InotifyEvents, file_events
from supervisor.model.isolation import Isolation
from supervisor.project.pipeline_loader import PIPELINE_FILE, load_pipeline
from supervisor.project.project import Project, find_project

_LOW_DISK_BYTES = 500 * 1024 * 1024


def run_checks(start: Path) -> Iterator[Finding]:
    """Look at everything, in the order in which it matters; a failure of one thing does not end the look."""
    yield from _machine()
    try:
        project = find_project(start)
    except SupervisorError as error:
        yield Finding(level="failure", subject="project", text=error.in_one_line())
        return
    yield Finding(level="ok", subject="project", text=f"{project.root}, settings in {project.settings_file.name}")
    yield _sandbox(project)
    yield from _limits(project)
    yield from _pipelines(project)
    yield from _agents(project)
    yield from look_at_state(project)


def _machine() -> Iterator[Finding]:
    version = platform.python_version()
    yield Finding(
        level="ok" if sys.version_info >= (3, 11) else "failure",
        subject="python",
        text=f"{version} on {platform.system()} {platform.release()}, SQLite {sqlite3.sqlite_version}",
    )

    async def events() -> Finding:
        found = file_events()
        level: Level = "ok" if isinstance(found, InotifyEvents) else "warning"
        finding = Finding(level=level, subject="file events", text=found.description)
        found.close()
        return finding

    yield asyncio.run(events())
    if sys.platform.startswith("linux") and process_tree.HAS_PROC:
        yield Finding(
            level="ok", subject="process tree", text="orphans of sessions are found and ended (subreaper, /proc)"
        )
    else:
        yield Finding(
            level="warning",
            subject="process tree",
            text="no subreaper here: a process that leaves its session's group may outlive it",
        )


def _isolation(project: Project) -> Isolation:
    """How far sessions are to be kept apart, where neither agent nor job says otherwise."""
    return Isolation(sandbox=project.settings.sandbox, network=project.settings.network, limits=project.settings.limits)


def _sandbox(project: Project) -> Finding:
    """The level that sessions get here, what it keeps apart, what does more, and who keeps their limits."""
    kept = "control groups" if hierarchies() else "limits of each process"
    asked = _isolation(project)
    try:
        level = described(asked)
    except SupervisorError as error:
        return Finding(level="failure", subject="sandbox", text=error.in_one_line(placed=False))
    unprotected = warning(asked)
    return Finding(
        level="warning" if unprotected else "ok",
        subject="sandbox",
        text=f"{level}; limits are kept by {kept}{f'; {unprotected}' if unprotected else ''}",
    )


def _limits(project: Project) -> Iterator[Finding]:
    """Whether the machine has room for the project's sessions, and for how many."""
    wanted = project.settings.concurrency
    found = list(machine_capacity.limits(wanted, wrapped=is_wrapped(_isolation(project))))
    watches = machine_capacity.watches(wanted)
    short = [limit for limit in found if limit.sessions < wanted]
    for limit in short:
        none = limit.sessions < 1
        yield Finding(level="failure" if none else "warning", subject=limit.name, text=limit.shortage(wanted))
    if not short:
        tightest = min(found, key=lambda limit: limit.sessions)
        text = f"enough for {wanted} sessions at once; {tightest.sessions} are possible: {tightest.allowed}"
        yield Finding(level="ok", subject="room", text=text)
    if watches is not None and watches.sessions < wanted:
        text = f"file events for {watches.shortage(wanted)}; the others are looked at once a second"
        yield Finding(level="warning", subject=watches.name, text=text)
    free = shutil.disk_usage(project.root).free
    yield Finding(level="ok" if free > _LOW_DISK_BYTES else "warning", subject="disk", text=f"{free / 1e9:.1f} GB free")


def _pipelines(project: Project) -> Iterator[Finding]:
    names = sorted(path.parent.name for path in project.root.glob(f"phase_intelligence/*/{PIPELINE_FILE}"))
    if not names:
        yield Finding(level="warning", subject="pipelines", text="none in phase_intelligence/")
    for name in names:
        try:
            pipeline = load_pipeline(project, name)
            preflight.check_pipeline(project, pipeline)
        except SupervisorError as error:
            yield Finding(level="failure", subject=f"pipeline {name}", text=error.in_one_line())
        else:
            yield Finding(level="ok", subject=f"pipeline {name}", text=f"{len(pipeline.phases)} phases")
            yield from look_at_sources(project, pipeline)


def _agents(project: Project) -> Iterator[Finding]:
    chosen = agent_unless_open(project)
    if chosen is None:
        own = ", ".join(project.settings.agents)
        yield Finding(
            level="warning", subject="agent", text=f"none is the default of {own}: `agent` in the settings says which"
        )
    for name in agent_names(project):
        try:
            make_agent(project, name).check()
            check_executor(project, name)
        except SupervisorError as error:
            level: Level = "failure" if name == chosen else "warning"
            yield Finding(level=level, subject=f"agent {name}", text=error.in_one_line(placed=False))
        else:
            hint = home_hint(project.settings.agents.get(name))
            text = "can start" + (", default" if name == chosen else "")
            yield Finding(level="ok", subject=f"agent {name}", text=f"{text}; {hint}" if hint else text)
