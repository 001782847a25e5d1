"""The store against plain dictionaries: whatever happens, in whatever order, both hold the same."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from supervisor.engine import job_control
from supervisor.engine.events.event_log import EventLog
from supervisor.engine.phases.phase_planner import PhasePlanner
from supervisor.engine.sink_look import look_at_sink
from supervisor.model import session_name
from supervisor.model.job import JobOptions, StoredBatch
from supervisor.model.validation_report import ValidationError
from supervisor.project.pipeline_loader import load_pipeline, read_target
from supervisor.project.project import find_project
from supervisor.project.prompt_renderer import PromptRenderer
from supervisor.sinks import json_sink
from supervisor.store.database import open_store
from supervisor.store.queries import merged_snapshot, merged_view
from supervisor.store.tables import attempts, batches, items, jobs, phases, session_totals
from supervisor.store.transaction import Transaction
from supervisor.store.transitions import batch_transitions, item_exclusion
from tests.chaos.slow.plain_job import NOTHING, PlainItem, PlainJob
from tests.chaos.slow.two_phase_project import PHASES, lay_out, write_content
from tests.support.property_examples import examples

PLAIN_STATE = {"passed": "waiting", "quarantined": "failed", "dropped": "left_out"}
"""What the plain job calls a state that the store has another word for."""
IDS = "abcd"
CONTENTS = st.integers(0, 2)
VALUES = st.integers(0, 3)
REFUSED = (ValidationError(type="refused", message="refused"),)


class Begun(NamedTuple):
    """A batch that a session works on."""

    batch: StoredBatch
    attempt: int
    digests: dict[str, str]
    """What the store is told of the items that the batch began with."""
    members: dict[str, int]
    """What the plain job is told of them."""


class StoreMachine(RuleBasedStateMachine):
    """A supervisor that works, stops, is killed and begins again, a person who edits, and an agent that may fail."""

    def __init__(self) -> None:
        super().__init__()
        memory = Path("/dev/shm")
        self._folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
        self.root = Path(self._folder.name)
        self.plain = PlainJob()
        self.source: dict[str, Any] = {}
        self.instructions = {1: "A", 2: "A"}
        self.begun: list[Begun] = []
        self.tallies: dict[int, list[bool]] = {}
        """Batch to whether each of its sessions counted."""
        self.edits: dict[int, dict[str, Any]] = {}
        """What a person made of main files since they were written."""
        self.seen: dict[int, tuple[int, list[tuple[str, Any]]]] = {}
        """Phase to its sequence number and what was merged when they were looked at last."""
        self.loop = asyncio.new_event_loop()

    @initialize(source=st.dictionaries(st.sampled_from(IDS), CONTENTS, min_size=2))
    def lays_out_and_begins(self, source: dict[str, int]) -> None:
        lay_out(self.root)
        self.source = source
        write_content(self.root, self.source, self.instructions)
        self.project = find_project(self.root)
        self.pipeline = load_pipeline(self.project, "facts")
        self.results = self.project.results("facts", "demo")
        self.database = open_store(self.project.store, create=True)
        self.job, _ = jobs.submit(self.database, self.pipeline, "demo", JobOptions(agent="mine"))
        self._go_on(size=2, redo_changed=False)

    # What a supervisor does.

    @precondition(lambda self: self._ready())
    @rule(data=st.data())
    def a_session_starts(self, data: st.DataObject) -> None:
        self.begun.append(self._begin(data.draw(st.sampled_from(self._ready()), label="batch")))

    @precondition(lambda self: self.begun)
    @rule(data=st.data())
    def an_attempt_fails_in_part(self, data: st.DataObject) -> None:
        begun = self.begun.pop(data.draw(st.integers(0, len(self.begun) - 1)))
        passed = self._answers(data, begun)
        with self.journal.transaction() as transaction:
            batch_transitions.end_session(transaction, begun.attempt, "partial" if passed else "failed", counted=True)
            batch_transitions.keep_passed(transaction, self.job.id, begun.batch.phase, begun.batch.id, passed)
            batch_transitions.set_batch_status(transaction, begun.batch.id, "pending")
        self.plain.pass_some(begun.batch.phase, begun.members, passed)
        self.tallies[begun.batch.id][-1] = True

    @precondition(lambda self: self.begun)
    @rule(data=st.data(), twice=st.booleans())
    def a_batch_ends(self, data: st.DataObject, twice: bool) -> None:
        begun = self.begun.pop(data.draw(st.integers(0, len(self.begun) - 1)))
        accepted = self._answers(data, begun)
        self._settle(begun, accepted)
        if twice:
            before = self._items()
            self._settle(begun, accepted)
            assert self._items() == before

    @precondition(lambda self: self._ready())
    @rule(data=st.data())
    def a_batch_is_done(self, data: st.DataObject) -> None:
        """The one after the other: other batches stay as they are."""
        begun = self._begin(data.draw(st.sampled_from(self._ready()), label="batch"))
        self._settle(begun, self._answers(data, begun))

    @rule()
    def everything_is_done(self) -> None:
        """From wherever it is, the job can be brought to its end."""
        while self.begun or self._ready():
            begun = self.begun.pop() if self.begun else self._begin(self._ready()[0])
            self._settle(begun, dict.fromkeys(begun.digests, 0))
        assert not any(phases.open_work(self.database, self.job.id, phase) for phase in PHASES)

    @rule(data=st.data(), edit=st.sampled_from([None, *PHASES]))
    def main_files_are_written(self, data: st.DataObject, edit: int | None) -> None:
        if edit is not None:
            self._edit(data, edit)
        self._write_all()

    # What a person does, while a supervisor works and while none does.

    @rule(data=st.data(), phase=st.sampled_from(list(PHASES)))
    def a_main_file_is_edited(self, data: st.DataObject, phase: int) -> None:
        self._edit(data, phase)

    @rule(
        data=st.data(),
        ends=st.sampled_from(["stopped", "killed", "killed in a transaction"]),
        changes=st.lists(st.sampled_from(["source", "source", "instructions", "released", "edited"]), max_size=3),
        size=st.integers(1, 3),
        redo_changed=st.booleans(),
    )
    def it_ends_and_goes_on(
        self, data: st.DataObject, ends: str, changes: list[str], size: int, redo_changed: bool
    ) -> None:
        if ends == "stopped":
            with self.journal.transaction() as transaction:
                for begun in self.begun:
                    batch_transitions.end_session(transaction, begun.attempt, "interrupted", counted=False)
                    batch_transitions.set_batch_status(transaction, begun.batch.id, "pending")
        elif ends == "killed in a transaction":
            self.database.connection.execute("BEGIN IMMEDIATE")
            for begun in self.begun:
                self._settle_in_the_store(Transaction(self.database.connection), begun, self._answers(data, begun))
        self.database.close()
        self.database = open_store(self.project.store)
        for change in changes:
            if change == "source":
                self._change_source(data)
            elif change == "instructions":
                self.instructions[data.draw(st.sampled_from(list(PHASES)))] = data.draw(st.sampled_from("ABC"))
            elif change == "released":
                self._release(data)
            else:
                self._edit(data, data.draw(st.sampled_from(list(PHASES))))
        write_content(self.root, self.source, self.instructions)
        self._go_on(size=size, redo_changed=redo_changed)

    # What is always so.

    @invariant()
    def both_hold_the_same(self) -> None:
        found: dict[int, dict[str, PlainItem]] = {1: {}, 2: {}}
        for row in self.database.rows("SELECT * FROM items"):
            state = PLAIN_STATE.get(row["status"], row["status"])
            item = self.plain.phases[row["phase"]].items.get(row["id"], PlainItem(0, "unknown"))
            value = NOTHING if row["value"] is None else json.loads(row["value"])
            content = NOTHING if row["payload"] is None else json.loads(row["payload"])
            found[row["phase"]][row["id"]] = PlainItem(
                row["position"], state, content, value, row["instructions_version"], item.changed, item.turn
            )
        for phase, plain in self.plain.phases.items():
            assert found[phase] == plain.items

    @invariant()
    def counters_are_the_numbers_of_rows(self) -> None:
        for table, counts in (("items", "item_counts"), ("batches", "batch_counts")):
            rows = self.database.rows(f"SELECT job, phase, status, count(*) FROM {table} GROUP BY 1, 2, 3")
            counted = self.database.rows(f"SELECT job, phase, status, n FROM {counts} WHERE n <> 0")
            assert sorted(map(tuple, rows)) == sorted(map(tuple, counted))
        assert session_totals.wrong(self.database) == []

    @invariant()
    def work_is_in_open_batches_or_in_none(self) -> None:
        ended = self.database.rows(
            "SELECT i.id, i.status, b.status AS batch FROM items i JOIN batches b ON b.id = i.batch"
            " WHERE i.status IN ('blocked', 'waiting', 'passed') AND b.status NOT IN ('pending', 'running')"
        )
        assert not list(map(dict, ended)), "nobody would ever do them"
        strays = self.database.rows(
            "SELECT i.id FROM items i WHERE i.batch IS NOT NULL AND NOT EXISTS"
            " (SELECT 1 FROM batches b WHERE b.id = i.batch AND b.job = i.job AND b.phase = i.phase)"
        )
        assert not strays

    @invariant()
    def the_sequence_rises_with_every_change_of_what_is_merged_and_of_its_order(self) -> None:
        for phase, plain in self.plain.phases.items():
            now = phases.current_seq(self.database, self.job.id, phase)
            merged = list(plain.merged().items())
            before, was_merged = self.seen.get(phase, (0, []))
            assert now >= before if merged == was_merged else now > before
            self.seen[phase] = (now, merged)

    @invariant()
    def a_view_that_reads_changes_only_shows_all_that_is_merged(self) -> None:
        self.view.begin()
        for phase, plain in self.plain.phases.items():
            assert list(self.view[phase].items()) == list(plain.merged().items())

    @invariant()
    def main_files_made_now_hold_what_is_merged(self) -> None:
        for number, plain in self.plain.phases.items():
            taken = merged_snapshot.snapshot(self.database, self.job.id, number, "object")
            assert json_sink.render(taken) == (json.dumps(plain.merged(), indent=2) + "\n").encode()

    @invariant()
    def sessions_are_counted(self) -> None:
        for batch, counted in self.tallies.items():
            tally = attempts.tally(self.database, batch)
            assert (tally.sessions, tally.counted) == (len(counted), sum(counted))

    def teardown(self) -> None:
        self.database.close()
        self.loop.close()
        self._folder.cleanup()

    def _go_on(self, *, size: int, redo_changed: bool) -> None:
        """A supervisor begins, as a job's run does."""
        self.begun = []
        self.journal = EventLog(self.database)
        context: Any = SimpleNamespace(
            id=self.job.id,
            project=self.project,
            pipeline=self.pipeline,
            target=read_target(self.pipeline, "demo"),
            options=JobOptions(agent="mine", batch_size=size, redo_changed=redo_changed, allow_empty=True),
            event_log=self.journal,
            database=self.database,
        )
        code: Any = None  # no phase is expanded here
        prompts = PromptRenderer(self.project, self.pipeline)
        self.planner = PhasePlanner(context, code, prompts, lambda ready: None)
        self.files = {phase: json_sink.JsonSink(self.results / output) for phase, output in PHASES.items()}
        for left in attempts.unfinished(self.database, self.job.id):
            with self.journal.transaction() as transaction:
                batch_transitions.end_session(transaction, left.id, "interrupted", counted=False)
        self.planner.begin()
        for phase in self.pipeline.phases:
            self.loop.run_until_complete(self.planner.reconcile_phase(phase))
        self.planner.offer_all()
        self.plain.prepare(self.source, self.instructions, redo_changed=redo_changed)
        self.view = merged_view.MergedView(self.database, self.job.id)
        there = {row["id"] for row in self.database.rows("SELECT id FROM batches")}
        self.tallies = {batch: counted for batch, counted in self.tallies.items() if batch in there}
        self._write_all()
        idle = self.database.rows(
            "SELECT id FROM items WHERE batch IS NULL AND status IN ('blocked', 'waiting', 'passed')"
        )
        assert not idle, "all that is to do is in a batch"

    def _change_source(self, data: st.DataObject) -> None:
        """An item joins, leaves, changes, or goes to the end."""
        item_id = data.draw(st.sampled_from(IDS), label="item")
        content = self.source.pop(item_id, 0)
        if not self.source or data.draw(st.booleans(), label="stays or joins"):
            self.source[item_id] = data.draw(st.just(content) | CONTENTS, label="content")
        if data.draw(st.booleans(), label="in order"):
            self.source = dict(sorted(self.source.items()))

    def _release(self, data: st.DataObject) -> None:
        """All that failed, or one that is named, is to be done again."""
        everything = data.draw(st.booleans(), label="all that failed")
        states = ("failed",) if everything else ("failed", "merged", "removed")
        known = {i for phase in self.plain.phases.values() for i, item in phase.items.items() if item.state in states}
        if not known:
            return
        chosen = None if everything else [data.draw(st.sampled_from(sorted(known)), label="item")]
        job_control.retry(self.database, self.job.id, item_ids=chosen, phase=None, supervised=False)
        for number, phase in self.plain.phases.items():
            ids = [i for i, item in phase.items.items() if item.state in states and (chosen is None or i in chosen)]
            self.plain.release(number, ids)

    def _edit(self, data: st.DataObject, phase: int) -> None:
        """A person changes or removes an item in a main file, where there is one to."""
        path = self.results / PHASES[phase]
        if not path.exists() or not (holds := json.loads(path.read_bytes())):
            return
        victim = data.draw(st.sampled_from(sorted(holds)), label="edited")
        if data.draw(st.booleans(), label="removed"):
            del holds[victim]
        else:
            holds[victim] = data.draw(VALUES, label="value")
        path.write_text(json.dumps(holds))
        self.edits[phase] = holds

    def _write_all(self) -> None:
        """Main files are brought to what is merged, and what a person wrote is taken over or kept."""
        copies = self._copies()
        for phase in PHASES:
            self._write(phase)
        new = [path.read_text() for path in self._copies() - copies]
        for phase, output in PHASES.items():
            edited = self.edits.pop(phase, None)
            if self.plain.write(phase, edited):
                assert json.dumps(edited) in new, "what a person wrote is not kept"
            merged = self.plain.phases[phase].merged()
            if merged or (self.results / output).exists():
                assert (self.results / output).read_text() == json.dumps(merged, indent=2) + "\n"

    def _ready(self) -> list[StoredBatch]:
        return [batch for phase in PHASES for batch in batches.ready(self.database, self.job.id, phase)]

    def _begin(self, batch: StoredBatch) -> Begun:
        members = items.of_batch(self.database, batch.id)
        counted = self.tallies.setdefault(batch.id, [])
        name = session_name.session_name(batch, len(counted) + 1)
        with self.journal.transaction(durable=False) as transaction:
            ids = [item.id for item in members]
            attempt = batch_transitions.begin_session(transaction, batch, len(counted) + 1, name, "mine", ids, None)
            batch_transitions.set_batch_status(transaction, batch.id, "running")
        counted.append(False)
        digests = {item.id: item.digest for item in members}
        return Begun(batch, attempt, digests, self.plain.members(batch.phase, list(digests)))

    def _answers(self, data: st.DataObject, begun: Begun) -> dict[str, Any]:
        """What passed of a batch."""
        if not begun.digests:
            return {}
        return data.draw(st.dictionaries(st.sampled_from(sorted(begun.digests)), VALUES), label="passed")

    def _settle(self, begun: Begun, accepted: dict[str, Any]) -> None:
        with self.journal.transaction() as transaction:
            self._settle_in_the_store(transaction, begun, accepted)
        self.plain.settle(begun.batch.phase, begun.members, accepted)
        self.tallies[begun.batch.id][-1] = True

    def _settle_in_the_store(self, transaction: Transaction, begun: Begun, accepted: dict[str, Any]) -> None:
        refused = {item_id: REFUSED for item_id in begun.digests if item_id not in accepted}
        phase, batch = begun.batch.phase, begun.batch.id
        batch_transitions.end_session(transaction, begun.attempt, "failed" if refused else "passed", counted=True)
        batch_transitions.settle(transaction, self.job.id, phase, batch, begun.digests, accepted, refused)
        batch_transitions.set_batch_status(transaction, batch, "failed" if refused else "done")
        self.planner.propagate(transaction, phase, list(begun.digests))

    def _write(self, phase: int) -> None:
        """Take over what a person edited, and make the main file anew."""
        file = self.files[phase]
        look = look_at_sink(self.database, file, self.job.id, phase)
        edits = look.edits
        if edits is not None:
            with self.journal.transaction() as transaction:
                for item_id, value in edits.values.items():
                    items.take_edit(transaction, self.job.id, phase, item_id, value)
                item_exclusion.exclude(transaction, self.job.id, phase, edits.removed, by_hand=True)
            self.loop.run_until_complete(self.planner.reconcile(phase, [*edits.values, *edits.removed]))
        taken = merged_snapshot.snapshot(self.database, self.job.id, phase, "object")
        if taken.rows or not look.missing:
            written = file.write(taken)
            assert written is not None
            phases.record_written(self.database, self.job.id, phase, written)

    def _items(self) -> list[dict[str, Any]]:
        """All items as the store has them, but for the numbers of the merges."""
        rows = map(dict, self.database.rows("SELECT * FROM items ORDER BY job, phase, id"))
        return [{name: value for name, value in row.items() if name != "seq"} for row in rows]

    def _copies(self) -> set[Path]:
        """Copies of main files that were set aside."""
        return set(self.results.glob("*.json.*-*"))


TestStoreAsAMachine = StoreMachine.TestCase
TestStoreAsAMachine.settings = examples(80, stateful_step_count=30)
