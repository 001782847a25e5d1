"""Sessions whose folders are there and which the store does not know: it lost them, and their answers are paid for."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supervisor.agents.cli_driver import CliDriver
from supervisor.engine.accounting.job_progress import JobProgress
from supervisor.engine.events.event_log import EventLog
from supervisor.engine.known_answers.captured_outputs import Captured
from supervisor.engine.validation.output_validation import as_output, parse_output
from supervisor.executors.local.session_recovery import result_of
from supervisor.host.durable_files import last_change
from supervisor.model import session_name
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.job import Job, StoredBatch
from supervisor.project.project import Project
from supervisor.project.store_damage import session_folders
from supervisor.store.tables import attempts, batches, items
from supervisor.store.transitions import batch_transitions
from supervisor.text import content_hash
from supervisor.text.strict_json import JsonRefused, in_order, parse_strict
from supervisor.workspaces.empty_folder import EmptyFolderProvider
from supervisor.workspaces.untrusted_file import read_untrusted_file
from supervisor.workspaces.workspace_provider import Workspace

if TYPE_CHECKING:
    from supervisor.engine.batch.batch_state import BatchState


class OrphanSession(FrozenModel):
    name: str
    phase: int
    batch: int
    """Number that its batch had."""
    number: int
    started_at: float
    asked: dict[str, str]
    """Item id to the digest of the content that it was given."""


class OrphanSessions:
    """Those of one job, as its folders are when it begins."""

    def __init__(self, project: Project, event_log: EventLog, job: Job, agents: Mapping[str, CliDriver]) -> None:
        self._project = project
        self._event_log = event_log
        self._job = job
        self._agents = agents
        self._highest: dict[tuple[int, int], int] = {}
        """Phase and batch number to the highest number of a session that has a folder."""
        self._asked: dict[tuple[int, str], list[OrphanSession]] = defaultdict(list)
        """Phase and item to the sessions that were to answer it."""
        self._taken: dict[str, Captured] = {}
        for name in attempts.unknown(event_log.database, session_folders(project)):
            number, *place = map(int, session_name.SESSION_NAME.findall(name)[0])
            if number == job.id:
                self._find(project.sessions / name, *place)

    def highest_number(self, phase: int, batch: int) -> int:
        """The highest number of a session of this batch that the store did not know; 0 where there was none."""
        return self._highest.get((phase, batch), 0)

    def lookup(self, work: BatchState, progress: JobProgress) -> list[Captured]:
        """Take the sessions into the store that answered items of a batch, and what is still to be judged of that.

        What the sessions cost is counted with them. Their agent is not known any more: it is taken to be the job's
        first one. Batches may have had other bounds: a session's answers go to the batches that its items are in now.
        """
        batch, found = work.batch, {}
        for item_id, mark in work.digests.items():
            for stray in self._asked.get((batch.phase, item_id), ()):
                if stray.asked[item_id] == mark:
                    found[stray.name] = stray
        if not found:
            return []
        answers: dict[str, Any] = {}
        ours: list[Captured] = []
        for stray in sorted(found.values(), key=lambda each: each.started_at):
            if stray.name not in self._taken:
                self._taken[stray.name] = self._take(stray, batch, progress)
                ours.append(self._taken[stray.name])
            output = self._taken[stray.name][1].output
            if output is not None:
                shaped = parse_output(output, work.phase.merge, tuple(stray.asked), tuple(stray.asked))
                answers.update({i: v for i, v in shaped.values.items() if work.digests.get(i) == stray.asked[i]})
        wanted = {item_id: answers[item_id] for item_id in work.todo if item_id in answers}
        others = [self._taken[name] for name in found]  # a session of which another batch has a part bears this one too
        bearer = next((each for each in (*reversed(ours), *others) if wanted and each[1].output is not None), None)
        self._end([each for each in ours if each is not bearer])
        if bearer is None:
            return []
        self._event_log.append_now(
            batch.job,
            "sessions_found",
            f"phase {batch.phase} batch {batch.number}: {len(found)} sessions were found that the store did not know;"
            f" their answers for {len(wanted)} items are judged, not made again",
            phase=batch.phase,
            batch=batch.number,
        )
        output = in_order(as_output(wanted, work.phase.merge)).encode("utf-8")
        return [(bearer[0], bearer[1].model_copy(update={"output": output}))]

    def settle_finished(self, progress: JobProgress) -> None:
        """Take those into the store of whose items nothing is left to do: they were paid for."""
        for stray in {stray.name: stray for found in self._asked.values() for stray in found}.values():
            batch = self._settled_batch(stray)
            if batch is not None:
                self._taken[stray.name] = self._take(stray, batch, progress)
                self._end([self._taken[stray.name]])

    def _settled_batch(self, stray: OrphanSession) -> StoredBatch | None:
        """The batch that answered the first item of a session all of whose items are done; None where some are not."""
        done = items.batches_of_done(self._event_log.database, self._job.id, stray.phase, stray.asked)
        if len(done) < len(stray.asked):
            return None
        return next(
            (batch for number in done.values() if (batch := batches.get(self._event_log.database, number))), None
        )

    def _find(self, folder: Path, phase: int, batch: int, number: int) -> None:
        self._highest[phase, batch] = max(number, self._highest.get((phase, batch), 0))
        workspace = Workspace(self._project.sessions, folder.name)
        given = _given(workspace, self._project.settings.max_output_bytes)
        if given is None:
            if not workspace.transcript.exists() and not any(workspace.path.glob("phase*_batch_*")):
                EmptyFolderProvider(self._project.sessions).remove(
                    folder.name
                )  # its supervisor died while it made the folder
            return
        try:
            if (given["pipeline"], given["target"], given["phase"]) != (self._job.pipeline, self._job.target, phase):
                return
            asked = {item_id: content_hash.digest(payload) for item_id, payload in given["items"].items()}
        except (KeyError, TypeError, AttributeError):
            return
        stray = OrphanSession(
            name=folder.name,
            phase=phase,
            batch=batch,
            number=number,
            started_at=last_change(workspace.input) or 0.0,
            asked=asked,
        )
        for item_id in asked:
            self._asked[phase, item_id].append(stray)

    def _take(self, stray: OrphanSession, batch: StoredBatch, progress: JobProgress) -> Captured:
        """Note the session with the first batch that has items of it; left unended, it is judged whatever happens."""
        database = self._event_log.database
        with self._event_log.transaction():
            number = max(attempts.last_number(database, batch) + 1, stray.number)
            agent = next(iter(self._agents))
            attempt = batch_transitions.adopt_session(
                database, batch, number, stray.name, agent, list(stray.asked), stray.started_at
            )
            result = result_of(self._project, attempt, self._agents)
            batch_transitions.record_session(database, attempt.id, result)
        progress.session_started()
        progress.session_ended(result)
        return attempt, result

    def _end(self, taken: list[Captured]) -> None:
        """Note the end of sessions of which nothing is to be judged, or which others bear the answers of."""
        with self._event_log.transaction(durable=False):
            for attempt, result in taken:
                whole = result.output is not None
                outcome: attempts.Outcome = "passed" if whole else "interrupted"
                batch_transitions.end_session(self._event_log.database, attempt.id, outcome, counted=whole)


def _given(workspace: Workspace, most_bytes: int) -> Any:
    """What a session was given; None where its input is missing, or not whole."""
    data = read_untrusted_file(workspace.input, most_bytes)
    if isinstance(data, bytes):
        with contextlib.suppress(JsonRefused):
            return parse_strict(data)[0]
    return None
