"""The places that the conformance suite is run for. Another one is one more factory in `PLACES`."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Protocol

from supervisor.engine.accounting.job_progress import JobProgress
from supervisor.engine.known_answers.captured_outputs import CapturedOutputs
from supervisor.engine.known_answers.known_answer import KnownAnswers
from supervisor.engine.known_answers.restored_answers import RestoredAnswers, keep_answers
from supervisor.engine.known_answers.unrecorded_sessions import UnrecordedSessions
from supervisor.executors.executor import Executor, ExecutorContext
from supervisor.executors.open_executors import OpenExecutors
from supervisor.host.file_events import PollingEvents
from supervisor.model.batch import BatchInput
from supervisor.model.session import SessionRequest
from supervisor.model.session_handle import SessionHandle
from supervisor.model.session_name import session_name
from supervisor.store.tables import attempts
from supervisor.store.transitions import batch_transitions
from supervisor.text.strict_json import in_order
from supervisor.workspaces.empty_folder import EmptyFolderProvider
from tests.engine.known_answers.conformance.scene import ITEMS, PHASE, Scene
from tests.support.scripted_executor import NAME, OtherSide, Scripted, ScriptedExecutor


class Factory(Protocol):
    """One place: what is left where it looks, and the place as a supervisor makes it that begins."""

    knows_content: bool
    """Whether it can tell which content an answer is for."""
    restores: bool
    """Whether what it knows has to be in the store before a sink is written."""

    def __init__(self, scene: Scene) -> None: ...

    def leave(self, answers: dict[str, Any], number: int = 1) -> None:
        """Have answers for a batch be known to the next place that is opened."""
        ...

    def damage(self, garbage: bytes) -> None:
        """Have an answer for the first batch be damaged."""
        ...

    def open(self) -> KnownAnswers:
        """The place anew."""
        ...


class Captured:
    """Sessions that a dead supervisor had submitted, and that ended without it."""

    knows_content, restores = True, False

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._side = OtherSide()

    def leave(self, answers: dict[str, Any], number: int = 1) -> None:
        self._leave(json.dumps(answers).encode(), number)

    def damage(self, garbage: bytes) -> None:
        self._leave(garbage, 1)

    def leave_nothing(self) -> None:
        """Have a session for the first batch come to its end without an output."""
        self._leave(None, 1)

    def open(self) -> KnownAnswers:
        place = CapturedOutputs(self._scene.context, _OnlyScripted(self._scene, self._side))
        asyncio.run(place.collect())
        return place

    def _leave(self, output: bytes | None, number: int) -> None:
        scene, request = self._scene, _session(self._scene, number)
        ids = list(scene.request(number).digests)
        with scene.database.transaction() as transaction:
            handle = SessionHandle(executor=NAME, session=request.name, address={})
            batch_transitions.begin_session(
                transaction, scene.batch(number), request.attempt, request.name, "mine", ids, handle
            )
        self._side.begin(request, Scripted(output=output))


class Unrecorded:
    """Folders of sessions that the store lost."""

    knows_content, restores = True, False

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def leave(self, answers: dict[str, Any], number: int = 1) -> None:
        self._leave(json.dumps(answers).encode(), number)

    def damage(self, garbage: bytes) -> None:
        self._leave(garbage, 1)
        self._leave(json.dumps({"a": "of a session that was given nobody knows what"}).encode(), 1, given=garbage)

    def open(self) -> KnownAnswers:
        scene = self._scene
        executors = OpenExecutors(ExecutorContext(scene.project, PollingEvents("a test")))
        return UnrecordedSessions(scene.context, executors, JobProgress(scene.database, scene.context.job))

    def _leave(self, output: bytes, number: int, given: bytes | None = None) -> None:
        request = _session(self._scene, number)
        workspace = EmptyFolderProvider(self._scene.project.sessions).create(request)
        workspace.output(request.output_name).write_bytes(output)
        workspace.end_note.write_text('{"exit_status": 0}', encoding="utf-8")
        if given is not None:
            workspace.input.write_bytes(given)


class Restored:
    """Values of main files whose store was lost: of what content they are, these do not tell."""

    knows_content, restores = False, True

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._left: dict[str, Any] = {}

    def leave(self, answers: dict[str, Any], number: int = 1) -> None:
        self._left |= answers
        keep_answers(self._scene.project.state, self._scene.context.id, PHASE, self._left)

    def damage(self, garbage: bytes) -> None:
        self.leave({repr(garbage): "of an item that is none"})

    def open(self) -> KnownAnswers:
        return RestoredAnswers(self._scene.project.state, self._scene.database, self._scene.context.id)


PLACES: dict[str, type[Factory]] = {"captured": Captured, "restored": Restored, "unrecorded": Unrecorded}
"""By what they are called in events; each is made with the job that it may know answers of."""


class _OnlyScripted(OpenExecutors):
    """Executors of a supervisor whose sessions are all on one other side."""

    def __init__(self, scene: Scene, side: OtherSide) -> None:
        super().__init__(ExecutorContext(scene.project, PollingEvents("a test")))
        self._executor = ScriptedExecutor(side)

    def of(self, name: str) -> Executor:
        return self._executor


def _session(scene: Scene, number: int) -> SessionRequest:
    """The next session of a batch, as the engine asks for it."""
    batch = scene.batch(number)
    folders = {folder.name for folder in scene.project.sessions.iterdir()}
    last = attempts.last_number(scene.database, batch)
    session = next(n for n in range(last + 1, 100) if session_name(batch, n) not in folders)
    given = BatchInput(
        pipeline="facts",
        target="demo",
        phase=PHASE,
        batch=number,
        items={item_id: ITEMS[item_id] for item_id in scene.request(number).digests},
        settings={},
        target_parts={},
    )
    return SessionRequest(
        name=session_name(batch, session),
        agent="mine",
        prompt="Square them.",
        input_json=in_order(given.file_content()),
        output_name=f"phase{PHASE}_batch_{number}.json",
        attempt=session,
        timeout_s=60.0,
    )
