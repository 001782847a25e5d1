"""When sinks are written: soon after every merge, seldom enough to cost little, and always at the end."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

from supervisor.engine.events.event_log import EventLog
from supervisor.engine.sink_look import SinkLook, is_all_written, look_at_sink
from supervisor.host.machine_errors import MACHINE_ERRORS, machine_error
from supervisor.model.job import Job
from supervisor.model.pipeline import Phase, Pipeline
from supervisor.model.write_receipt import WriteReceipt
from supervisor.project.project import Project
from supervisor.sinks.hand_edits import HandEdits
from supervisor.sinks.sink import Sink, SinkContext
from supervisor.sinks.sink_registry import open_sink
from supervisor.store.database import Database, open_store
from supervisor.store.integrity import write_receipts
from supervisor.store.queries import merged_snapshot
from supervisor.store.tables import items, phases
from supervisor.store.transaction import Transaction
from supervisor.store.transitions import item_exclusion

SHARE = 0.05
"""Largest part of the time that may go into writing one sink; so the whole cost stays linear in the items."""
TIMES_ITS_SIZE = 2
FLOOR_BYTES = 1 << 20
BYTES_A_SECOND = 1 << 16
"""What may be written to one sink until it waits: so many times its size, and so much besides; at the end of a
phase and of a run it is written in any case."""
TRY_AGAIN_S = 30.0
"""Seconds until a sink is tried again that the machine could not write."""
_T = TypeVar("_T")


def open_sinks(project: Project, job: Job, pipeline: Pipeline) -> dict[int, Sink]:
    """The sinks of a job by the ids of its phases; PipelineError where there is none for an output."""
    folder = project.results(job.collection, job.target)
    return {
        phase.id: open_sink(SinkContext(project, folder / phase.output, phase.id, phase.merge))
        for phase in pipeline.phases
    }


class _State:
    def __init__(self, phase: Phase, sink: Sink) -> None:
        self.phase = phase
        self.sink = sink
        self.size = 0
        """Bytes that it took last."""
        self.written_bytes = 0
        """All that was written to it."""
        self.dirty = False
        self.ended = False
        self.cost_s = 0.0
        self.written_at = float("-inf")
        self.timer: asyncio.TimerHandle | None = None
        self.busy = asyncio.Lock()


class ResultsWriter:
    """The sinks of one job.

    They are read and written in a thread with a connection of its own, since a large one takes long; what a person
    edited is taken over by `edited`, on the loop.
    """

    def __init__(
        self,
        job: int,
        event_log: EventLog,
        phases: tuple[Phase, ...],
        sinks: Mapping[int, Sink],
        edited: Callable[[int, list[str]], Awaitable[None]],
        holds_more: Callable[[int], bool],
    ) -> None:
        """`edited` follows up on items of a phase that a person edited; `holds_more` says whether a sink has answers
        that the store is still to be given: it is left alone until then."""
        self._job = job
        self._event_log = event_log
        self._edited = edited
        self._holds_more = holds_more
        self._states = {phase.id: _State(phase, sinks[phase.id]) for phase in phases}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="results")
        self._reader: Database | None = None
        self._begun_at = time.monotonic()
        self._tasks: set[asyncio.Task[None]] = set()
        self.failure: Exception | None = None
        """What stopped a write in the background, to be raised where the job ends."""

    def mark_dirty(self, phase: int) -> None:
        """Something was merged: write the sink now, or as soon as its cost allows."""
        state = self._states[phase]
        state.dirty = True
        if state.timer is None and not state.busy.locked():
            wait_s = max(state.written_at + state.cost_s / SHARE, self._begun_at + self._bytes_take_s(state))
            wait_s -= time.monotonic()
            state.timer = asyncio.get_running_loop().call_later(max(0.0, wait_s), self._write_later, state)

    async def flush(self, *, everything: bool = False) -> None:
        """Write what is not written yet; `everything` also looks at sinks of which nothing new is known."""
        self._cancel_timers()
        for state in self._states.values():
            state.dirty = state.dirty or everything
        if self._tasks:
            await asyncio.wait(self._tasks)
        for state in self._states.values():
            await self._write(state)
        if self.failure is not None:
            raise self.failure

    async def flush_phase(self, phase: int) -> None:
        """Write the sink of a phase that ended, whatever it costs; one without items is written too."""
        state = self._states[phase]
        state.ended = True
        state.dirty = True
        await self._write(state)

    async def close(self) -> None:
        """Let what is being written come to its end, which lets go of its lock; write no more, and end the thread."""
        self._cancel_timers()
        while self._tasks:
            await asyncio.wait(self._tasks)
            self._cancel_timers()  # of what is to be written once more
        try:
            if self._reader is not None:
                await self._in_thread(self._reader.close)
        finally:
            self._thread.shutdown(wait=True)

    def _cancel_timers(self) -> None:
        for state in self._states.values():
            if state.timer is not None:
                state.timer.cancel()
                state.timer = None

    def _bytes_take_s(self, state: _State) -> float:
        """Seconds from the beginning until a sink may be written once more."""
        free = (TIMES_ITS_SIZE - 1) * state.size + FLOOR_BYTES
        return (state.written_bytes - free) / BYTES_A_SECOND

    def _write_later(self, state: _State) -> None:
        state.timer = None
        task = asyncio.get_running_loop().create_task(self._write_or_wait(state))
        self._tasks.add(task)
        task.add_done_callback(self._written)

    def _written(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self.failure = error

    async def _write_or_wait(self, state: _State) -> None:
        """Write the sink; where the machine cannot at the moment, later: the store has all of it."""
        try:
            await self._write(state)
        except MACHINE_ERRORS as error:
            fault = machine_error(error)
            if fault is None:
                raise
            state.timer = asyncio.get_running_loop().call_later(TRY_AGAIN_S, self._write_later, state)
            self._event_log.append_now(
                self._job,
                "main_file_late",
                f"{state.sink.name} cannot be written now: {fault}; next try in {TRY_AGAIN_S:g} s",
                level="WARNING",
                phase=state.phase.id,
            )

    async def _write(self, state: _State) -> None:
        async with state.busy:
            if not state.dirty or (self._holds_more(state.phase.id) and not state.ended):
                return
            state.dirty = False
            began = time.monotonic()
            locked = ExitStack()
            try:
                await self._in_thread(locked.enter_context, state.sink.lock())
                written = False
                while not written:
                    look = await self._in_thread(self._look, state)
                    if look.edits is not None:
                        await self._take_over(state, look.edits)
                    written = await self._in_thread(self._write_now, state, look)
            except BaseException:
                state.dirty = True
                raise
            finally:
                await self._in_thread(locked.close)
            state.written_at = time.monotonic()
            state.cost_s = state.written_at - began
        if state.dirty:
            self.mark_dirty(state.phase.id)

    def _look(self, state: _State) -> SinkLook:
        if self._reader is None:
            self._reader = open_store(self._event_log.database.path)
        return look_at_sink(self._reader, state.sink, self._job, state.phase.id)

    def _write_now(self, state: _State, look: SinkLook) -> bool:
        """Write the sink; False where it was edited since it was looked at."""
        assert self._reader is not None
        phase = state.phase
        if look.unrecorded is not None:
            self._record(phase.id, look.unrecorded)
        if look.as_written and is_all_written(self._reader, self._job, phase.id):
            return True
        taken = merged_snapshot.snapshot(self._reader, self._job, phase.id, phase.merge)
        if not taken.rows and look.missing and not state.ended:
            return True
        announce = functools.partial(write_receipts.announce, self._reader, self._job, phase.id)
        written = state.sink.write(taken, announce=announce)
        if written is None:
            return False
        state.size = written.size
        state.written_bytes += written.size
        self._record(phase.id, written)
        return True

    def _record(self, phase: int, written: WriteReceipt) -> None:
        assert self._reader is not None
        write_receipts.record_receipt(self._reader, self._job, phase, written)
        phases.record_written(self._reader, self._job, phase, written)
        write_receipts.forget_announced(self._reader.path.parent, self._job, phase)

    async def _take_over(self, state: _State, edits: HandEdits) -> None:
        """A person's work is never silently overwritten: it is taken into the store, or set aside beside the sink."""
        phase, name = state.phase.id, state.sink.name
        touched = [*edits.values, *edits.removed]
        with self._event_log.transaction() as transaction:
            for item_id, value in edits.values.items():
                items.take_edit(transaction, self._job, phase, item_id, value)
            item_exclusion.exclude(transaction, self._job, phase, edits.removed, by_hand=True)
            if edits.values:
                self._note(
                    transaction, name, f"{len(edits.values)} items edited by hand were taken over", list(edits.values)
                )
            if edits.removed:
                self._note(
                    transaction,
                    name,
                    f"{len(edits.removed)} items removed by hand are left out from now on"
                    " (retry --items does them again)",
                    list(edits.removed),
                )
            if edits.problem:
                self._note(transaction, name, f"{edits.problem}; the file was set aside as {edits.copy_kept}", [])
        if touched:
            await self._edited(phase, touched)
            for other in self._states.keys() - {phase}:  # what comes from it may be merged no more
                self.mark_dirty(other)

    def _note(self, transaction: Transaction, name: str, text: str, ids: list[str]) -> None:
        some = f": {', '.join(ids[:5])}{', …' if len(ids) > 5 else ''}" if ids else ""
        self._event_log.append(transaction, self._job, "hand_edit", f"{name}: {text}{some}", level="WARNING", items=ids)

    async def _in_thread(self, work: Callable[..., _T], *arguments: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
