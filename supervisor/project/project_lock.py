"""One supervisor at a time on a project: a lock that its process holds, and who that is."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Literal

from supervisor.errors import ProjectLocked
from supervisor.failpoints import reached
from supervisor.host.durable_files import make_folder
from supervisor.host.machine_errors import ignore_machine_errors
from supervisor.host.process_tree import start_ticks
from supervisor.model.frozen_model import FrozenModel
from supervisor.project.project import Project

Kind = Literal["daemon", "run", "repair"]


class LockOwner(FrozenModel):
    """The process that works on a project."""

    pid: int
    started_ticks: int
    kind: Kind
    root: str
    """The project's directory, since a copy of it has a copy of this."""
    since: float


class ProjectLock:
    """Holds a project while it is entered; the system lets go of it whatever ends the process."""

    def __init__(self, project: Project, kind: Kind, *, patience_s: float = 0.0) -> None:
        from filelock import FileLock  # here, since most commands only look who holds the project

        self._project = project
        self._kind = kind
        self._lock = FileLock(project.state / "supervisor.lock", timeout=patience_s, thread_local=False)

    def __enter__(self) -> ProjectLock:
        from filelock import Timeout

        make_folder(self._project.state)
        try:
            self._lock.acquire()
        except Timeout:
            raise locked_error(self._project) from None
        reached("hold.taken")
        ours = LockOwner(
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
        with ignore_machine_errors():  # a note that stays names a process that has ended
            _holder_file(self._project).unlink(missing_ok=True)
        reached("hold.note_removed")
        self._lock.release()


def lock_owner(project: Project) -> LockOwner | None:
    """Who works on the project now; None where nobody does, also where a dead one left its name."""
    try:
        found = _note(project)
    except (OSError, ValueError):
        return None
    ours = found.root == str(project.root) and start_ticks(found.pid) == found.started_ticks
    return found if ours else None


def stale_note(project: Project) -> str | None:
    """What a note says that nobody stands behind here; None where there is none, or somebody does."""
    try:
        found = _note(project)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return "the note of who works here cannot be read"
    ticks = start_ticks(found.pid)
    if found.root != str(project.root):
        lives = "; it still runs" if ticks == found.started_ticks else ""
        return f"process {found.pid} worked here when this was {found.root}: it was moved or copied since{lives}"
    if ticks is None:
        return f"`{found.kind}`, process {found.pid}, ended without a word"
    if ticks != found.started_ticks:
        return f"`{found.kind}`, process {found.pid}, ended without a word; that number is another program's now"
    return None


def locked_error(project: Project) -> ProjectLocked:
    """The error where somebody else works on the project."""
    found = lock_owner(project)
    if found is None:
        moved = stale_note(project)
        who = f"another supervisor{'' if moved is None else f' ({moved})'}"
        remedy = "Wait for it to end, or end it."
    elif found.kind == "daemon":
        who = f"the daemon, process {found.pid}"
        remedy = "Hand it the job with `supervisor start`, or end it with `supervisor stop`."
    elif found.kind == "repair":
        who, remedy = f"`supervisor doctor --repair`, process {found.pid}", "Wait for it to end."
    else:
        who = f"`supervisor run`, process {found.pid}"
        remedy = f"Wait for it to end, or end it with `kill {found.pid}`."
    return ProjectLocked(f"the project is worked on by {who}", where=str(project.root), remedy=remedy)


def _note(project: Project) -> LockOwner:
    return LockOwner.model_validate(json.loads(_holder_file(project).read_text(encoding="utf-8")))


def _holder_file(project: Project) -> Path:
    return project.state / "supervisor.json"
