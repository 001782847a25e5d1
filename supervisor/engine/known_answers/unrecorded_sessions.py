"""Sessions whose folders are there and which the store does not know: it lost them, and their answers are paid for."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, ClassVar

from supervisor.engine.accounting.job_progress import JobProgress
from supervisor.engine.job_context import JobContext
from supervisor.engine.known_answers.known_answer import AnswerRequest, KnownAnswer
from supervisor.engine.validation.output_validation import parse_output
from supervisor.executors.open_executors import OpenExecutors
from supervisor.host.durable_files import last_change
from supervisor.model import session_name
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.job import StoredBatch
from supervisor.model.session import SessionResult
from supervisor.project.store_damage import session_folders
from supervisor.store.tables import attempts, batches, items
from supervisor.store.transitions import batch_transitions
from supervisor.text import content_hash
from supervisor.text.strict_json import JsonRefused, parse_strict
from supervisor.workspaces.empty_folder import EmptyFolderProvider
from supervisor.workspaces.untrusted_file import read_untrusted_file
from supervisor.workspaces.workspace_provider import Workspace

Adopted = tuple[attempts.Attempt, SessionResult]
"""A session as it was taken into the store, and what came of it."""


class UnrecordedSession(FrozenModel):
    """A session that the store does not know, as its folder tells of it."""

    name: str
    phase: int
    batch: int
    """Number that its batch had."""
    number: int
    started_at: float
    digests: dict[str, str]
    """Item id to the digest of the content that it was given."""


class UnrecordedSessions:
    """Those of one job, as its folders are when it begins."""

    origin: ClassVar[str] = "unrecorded"

    def __init__(self, context: JobContext, executors: OpenExecutors, progress: JobProgress) -> None:
        self._context = context
        self._executors = executors
        self._progress = progress
        self.count = 0
        """How many there are."""
        self._highest: dict[tuple[int, int], int] = {}
        """Phase and batch number to the highest number of a session that has a folder."""
        self._by_item: dict[tuple[int, str], list[UnrecordedSession]] = defaultdict(list)
        """Phase and item to the sessions that were to answer it."""
        self._adopted: dict[str, Adopted] = {}
        self._adopting = asyncio.Lock()
        """Batches look up at once, and a session may have answered items of several."""
        for name in attempts.unknown(context.database, session_folders(context.project)):
            number, *place = map(int, session_name.SESSION_NAME.findall(name)[0])
            if number == context.id:
                self._find(context.project.sessions / name, *place)

    def highest_number(self, phase: int, batch: int) -> int:
        """The highest number of a session of this batch that the store did not know; 0 where there was none."""
        return self._highest.get((phase, batch), 0)

    async def lookup(self, request: AnswerRequest) -> Sequence[KnownAnswer]:
        """Take the sessions into the store that answered items of a batch, and what is still to be validated of that.

        What the sessions cost is counted with them. Their agent is not known any more: it is taken to be the job's
        first one. Batches may have had other bounds: a session's answers go to the batches that its items are in now.
        """
        batch = request.batch
        found: dict[str, UnrecordedSession] = {}
        for item_id, digest in request.digests.items():
            for session in self._by_item.pop((batch.phase, item_id), ()):  # once: it may be released to be done again
                if session.digests[item_id] == digest:
                    found[session.name] = session
        if not found:
            return ()
        async with self._adopting:
            return await self._known(request, found)

    async def _known(self, request: AnswerRequest, found: dict[str, UnrecordedSession]) -> Sequence[KnownAnswer]:
        batch = request.batch
        takes_unfinished = self._context.takes_unfinished(request.phase)
        answers: dict[str, Any] = {}
        unfinished: set[str] = set()
        mended: list[str] = []
        ours: list[Adopted] = []
        for session in sorted(found.values(), key=lambda each: each.started_at):
            if session.name not in self._adopted:
                self._adopted[session.name] = await self._adopt(session, batch)
                ours.append(self._adopted[session.name])
            result = self._adopted[session.name][1]
            if result.output is not None and result.can_be_judged(takes_unfinished=takes_unfinished):
                parsed = parse_output(
                    result.output, request.phase.merge, tuple(session.digests), tuple(session.digests)
                )
                mended += parsed.mended
                told = {i: v for i, v in parsed.values.items() if request.digests.get(i) == session.digests[i]}
                answers |= told
                unfinished = unfinished - set(told) if result.is_final else unfinished | set(told)
        wanted = {item_id: answers[item_id] for item_id in request.todo if item_id in answers}
        others = [self._adopted[name] for name in found]  # one of which another batch has a part bears this part too
        bearer = next((each for each in (*reversed(ours), *others) if wanted and each[1].output is not None), None)
        self._end([each for each in ours if each is not bearer])
        if bearer is None:
            return ()
        self._context.event_log.append_now(
            batch.job,
            "sessions_found",
            f"phase {batch.phase} batch {batch.number}: {len(found)} sessions were found that the store did not know;"
            f" their answers for {len(wanted)} items are judged, not made again",
            phase=batch.phase,
            batch=batch.number,
        )
        return (
            KnownAnswer(
                values=wanted,
                mended=tuple(mended),
                attempt=bearer[0].id,
                unfinished=not unfinished.isdisjoint(wanted),
            ),
        )

    def settled(self, phase: int, ids: Collection[str]) -> None:
        """Nothing to forget: a session is adopted once."""

    def pending(self, phase: int) -> bool:
        """Never: what sessions had written is in no sink yet."""
        return False

    async def settle_finished(self) -> None:
        """Take those into the store of whose items nothing is left to do: they were paid for."""
        for session in {session.name: session for found in self._by_item.values() for session in found}.values():
            batch = self._settled_batch(session)
            if batch is not None:
                self._adopted[session.name] = await self._adopt(session, batch)
                self._end([self._adopted[session.name]])

    def _settled_batch(self, session: UnrecordedSession) -> StoredBatch | None:
        """The batch that answered the first item of a session all of whose items are done; None where some are not."""
        database = self._context.database
        done = items.batches_of_done(database, self._context.id, session.phase, session.digests)
        if len(done) < len(session.digests):
            return None
        return next((batch for number in done.values() if (batch := batches.get(database, number))), None)

    def _find(self, folder: Path, phase: int, batch: int, number: int) -> None:
        self._highest[phase, batch] = max(number, self._highest.get((phase, batch), 0))
        job, project = self._context.job, self._context.project
        workspace = Workspace(project.sessions, folder.name)
        given = _given(workspace, project.settings.max_output_bytes)
        if given is None:
            if not workspace.transcript.exists() and not any(workspace.path.glob("phase*_batch_*")):
                # Its supervisor died while it made the folder.
                EmptyFolderProvider(project.sessions).remove(folder.name)
            return
        try:
            if (given["pipeline"], given["target"], given["phase"]) != (job.pipeline, job.target, phase):
                return
            digests = {item_id: content_hash.digest(payload) for item_id, payload in given["items"].items()}
        except (KeyError, TypeError, AttributeError):
            return
        self.count += 1
        session = UnrecordedSession(
            name=folder.name,
            phase=phase,
            batch=batch,
            number=number,
            started_at=last_change(workspace.input) or 0.0,
            digests=digests,
        )
        for item_id in digests:
            self._by_item[phase, item_id].append(session)

    async def _adopt(self, session: UnrecordedSession, batch: StoredBatch) -> Adopted:
        """Note the session with the first batch that has items of it; left unended, it is judged whatever happens."""
        database, event_log = self._context.database, self._context.event_log
        with event_log.transaction() as transaction:
            number = max(attempts.last_number(database, batch) + 1, session.number)
            agent = self._context.options.agents[0]
            attempt = batch_transitions.adopt_session(
                transaction, batch, number, session.name, agent, list(session.digests), session.started_at
            )
        found = await self._executors.reattach(attempt.handle)
        result = found if isinstance(found, SessionResult) else SessionResult(ending="cut_off")
        with event_log.transaction() as transaction:
            batch_transitions.record_session(transaction, attempt.id, result)
        self._progress.session_found(result)
        return attempt, result

    def _end(self, adopted: list[Adopted]) -> None:
        """Note the end of sessions of which nothing is to be judged, or which others bear the answers of."""
        with self._context.event_log.transaction(durable=False) as transaction:
            for attempt, result in adopted:
                whole = result.output is not None
                outcome: attempts.Outcome = "passed" if whole else "interrupted"
                batch_transitions.end_session(transaction, attempt.id, outcome, counted=whole)


def _given(workspace: Workspace, most_bytes: int) -> Any:
    """What a session was given; None where its input is missing, or not whole."""
    data = read_untrusted_file(workspace.input, most_bytes)
    if isinstance(data, bytes):
        with contextlib.suppress(JsonRefused):
            return parse_strict(data)[0]
    return None
