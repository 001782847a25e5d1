"""Sessions whose folders are there and which the store does not know: it lost them, and their answers are paid for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from supervisor.agents.base import Agent
from supervisor.content.project import Project
from supervisor.engine.damage import SESSION_NAME
from supervisor.engine.journal import Journal
from supervisor.engine.progress import Progress
from supervisor.engine.recovery import Captured, result_of
from supervisor.model.base import Frozen
from supervisor.model.job import Job, StoredBatch
from supervisor.model.strict_json import JsonRefused, parse_strict
from supervisor.sessions.output_watch import last_change
from supervisor.sessions.safe_read import read_output
from supervisor.sessions.workspace import Workspace
from supervisor.store import attempts, items


class _Stray(Frozen):
    name: str
    phase: int
    batch: int
    """Number that its batch had."""
    number: int
    started_at: float
    asked: dict[str, str]
    """Item id to the digest of the content that it was given."""


class StraySessions:
    """Those of one job, as its folders are when it begins."""

    def __init__(self, project: Project, journal: Journal, job: Job, agents: Mapping[str, Agent]) -> None:
        self._project = project
        self._journal = journal
        self._job = job
        self._agents = agents
        self._highest: dict[tuple[int, int], int] = {}
        """Phase and batch number to the highest number of a session that has a folder."""
        self._asked: dict[tuple[int, str], list[_Stray]] = defaultdict(list)
        """Phase and item to the sessions that were to answer it."""
        known = attempts.names(journal.database, job.id)
        for folder in project.sessions.glob(f"job{job.id}-phase*-batch*-session*"):
            named = SESSION_NAME.fullmatch(folder.name)
            if named is not None and folder.name not in known:
                self._find(folder, *(int(number) for number in named.groups()[1:]))

    def highest_number(self, phase: int, batch: int) -> int:
        """The highest number of a session of this batch that the store did not know; 0 where there was none."""
        return self._highest.get((phase, batch), 0)

    def adopt(
        self, batch: StoredBatch, digests: Mapping[str, str], *, done: bool, progress: Progress
    ) -> list[Captured]:
        """Take the sessions into the store that answered items of a batch as they are now; outputs still to be judged.

        `digests` are those of the batch's items, `done` whether nothing of it is to do. What the sessions cost is
        counted with them. Their agent is not known any more: it is taken to be the job's first one.
        """
        found: dict[str, _Stray] = {}
        for item_id in digests:
            for stray in self._asked.get((batch.phase, item_id), ()):
                if all(digests.get(asked) == mark for asked, mark in stray.asked.items()):
                    found[stray.name] = stray
        captured: list[Captured] = []
        for stray in sorted(found.values(), key=lambda each: (each.batch, each.number)):
            captured += self._adopt(stray, batch, progress, done=done)
        if captured:
            self._journal.say(
                self._job.id,
                "sessions_found",
                f"phase {batch.phase} batch {batch.number}: {len(captured)} sessions were found that the store did not"
                " know; their outputs are judged, not made again",
                phase=batch.phase,
                batch=batch.number,
            )
        return captured

    def _find(self, folder: Path, phase: int, batch: int, number: int) -> None:
        self._highest[phase, batch] = max(number, self._highest.get((phase, batch), 0))
        workspace = Workspace(self._project.sessions, folder.name)
        data = read_output(workspace.input, self._project.settings.max_output_bytes)
        if not isinstance(data, bytes):
            if not workspace.transcript.exists():
                workspace.remove()  # its supervisor died while it made the folder
            return
        try:
            given, _ = parse_strict(data)
            if (given["pipeline"], given["target"], given["phase"]) != (self._job.pipeline, self._job.target, phase):
                return
            asked = {item_id: items.digest(payload) for item_id, payload in given["items"].items()}
        except (JsonRefused, KeyError, TypeError, AttributeError):
            return
        stray = _Stray(
            name=folder.name,
            phase=phase,
            batch=batch,
            number=number,
            started_at=last_change(workspace.input) or 0.0,
            asked=asked,
        )
        for item_id in asked:
            self._asked[phase, item_id].append(stray)

    def _adopt(self, stray: _Stray, batch: StoredBatch, progress: Progress, *, done: bool) -> list[Captured]:
        database = self._journal.database
        for item_id in stray.asked:
            self._asked[stray.phase, item_id].remove(stray)
        with self._journal.transaction():
            number = max(attempts.last_number(database, batch) + 1, stray.number)
            agent = next(iter(self._agents))
            attempt = attempts.adopt(database, batch, number, stray.name, agent, list(stray.asked), stray.started_at)
            result = result_of(self._project, attempt, self._agents)
            progress.session_started()
            progress.session_ended(result)
            whole = result.output is not None
            if whole and not done:
                attempts.note_session(database, attempt.id, result)
                return [(attempt, result)]
            attempts.finish(database, attempt.id, "passed" if whole else "interrupted", counted=whole, result=result)
            return []
