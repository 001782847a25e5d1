"""One supervisor at a time on a project: a lock that its process holds, and who that is."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from supervisor.content.project import Project
from supervisor.errors import ProjectHeld
from supervisor.failpoints import reached
from supervisor.model.base import Frozen
from supervisor.sessions.process_tree import start_ticks
from supervisor.store.folders import make_folder


class Holder(Frozen):
    """The process that works on a project."""

    pid: int
    started_ticks: int
    kind: Literal["daemon", "run"]
    root: str
    """The project's directory, since a copy of it has a copy of this."""
    since: float


class ProjectHold:
    """Holds a project while it is entered; the system lets go of it whatever ends the process."""

    def __init__(self, project: Project, kind: Literal["daemon", "run"], *, patience_s: float = 0.0) -> None:
        self._project = project
        self._kind = kind
        self._lock = FileLock(project.state / "supervisor.lock", timeout=patience_s, thread_local=False)

    def __enter__(self) -> ProjectHold:
        make_folder(self._project.state)
        try:
            self._lock.acquire()
        except Timeout:
            raise held_error(self._project) from None
        reached("hold.taken")
        ours = Holder(
            pid=os.getpid(),
            started_ticks=start_ticks(os.getpid()) or 0,
            kind=self._kind,
            root=str(self._project.root),
            since=time.time(),
        )
        _holder_file(self._project).write_text(ours.model_dump_json(), encoding="utf-8")
        reached("hold.noted")
        return self

    def __exit__(self, *_: object) -> None:
        reached("hold.before_release")
        _holder_file(self._project).unlink(missing_ok=True)
        reached("hold.note_removed")
        self._lock.release()


def holder(project: Project) -> Holder | None:
    """Who works on the project now; None where nobody does, also where a dead one left its name."""
    try:
        found = Holder.model_validate(json.loads(_holder_file(project).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None
    ours = found.root == str(project.root) and start_ticks(found.pid) == found.started_ticks
    return found if ours else None


def held_error(project: Project) -> ProjectHeld:
    """The error where somebody else works on the project."""
    found = holder(project)
    if found is None:
        who, remedy = "another supervisor", "Wait for it to end, or end it."
    elif found.kind == "daemon":
        who = f"the daemon, process {found.pid}"
        remedy = "Hand it the job with `supervisor start`, or end it with `supervisor stop`."
    else:
        who = f"`supervisor run`, process {found.pid}"
        remedy = f"Wait for it to end, or end it with `kill {found.pid}`."
    return ProjectHeld(f"the project is worked on by {who}", where=str(project.root), remedy=remedy)


def _holder_file(project: Project) -> Path:
    return project.state / "supervisor.json"
