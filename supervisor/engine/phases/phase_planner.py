"""From a pipeline's items to batches: at the start of a job, and whenever a merge makes more of them ready."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from supervisor.engine.job_context import JobContext
from supervisor.errors import EmptySource
from supervisor.model.job import StoredBatch
from supervisor.model.pipeline import Phase
from supervisor.project.prompt_renderer import PromptRenderer
from supervisor.project_code.code_client import CodeClient
from supervisor.sources.source import SourceContext
from supervisor.sources.source_registry import source_of
from supervisor.sources.taken_items import check_not_empty, items_fingerprint, take_items
from supervisor.store.tables import batches, items, phases, submissions
from supervisor.store.transaction import Transaction
from supervisor.store.transitions import item_exclusion, item_expansion, item_reconcile
from supervisor.text import content_hash


class PhasePlanner:
    """Keeps one job's items and batches in step with their sources."""

    def __init__(
        self,
        context: JobContext,
        code: CodeClient,
        prompts: PromptRenderer,
        ready: Callable[[Sequence[StoredBatch]], None],
    ) -> None:
        """`ready` is called with batches that may start."""
        self._context = context
        self._project = context.project
        self._code = code
        self._prompts = prompts
        self._ready = ready
        self._expanding = {phase.id: asyncio.Lock() for phase in context.pipeline.phases}
        self._job = context.id

    def begin(self) -> None:
        """A run of the job begins: its phases are in the store, and nothing of it runs yet."""
        context = self._context
        with context.event_log.transaction() as transaction:
            phases.ensure(transaction, self._job, context.pipeline)
            batches.reset_running(transaction, self._job)
        self._resize()

    async def reconcile_phase(self, phase: Phase) -> None:
        """Bring a phase to what its source says now, and form batches; those above it come first."""
        context = self._context
        self._compare_instructions(phase)
        self._redo_unfinished(phase)
        if phase.upstream is None:
            await self._take_source(phase)
        elif phase.items_by is not None:
            await self.expand(phase, everything=True)
        else:
            with context.event_log.transaction() as transaction:
                item_reconcile.mirror_items(transaction, self._job, phase.id, phase.upstream)
                self._follow(transaction, phase)
                item_reconcile.feed_payloads(transaction, self._job, phase.id, phase.upstream)
                self._form(transaction, phase)

    def offer_all(self) -> None:
        """Offer every batch that may start, now that all phases are reconciled."""
        context = self._context
        with context.event_log.transaction() as transaction:
            batches.drop_empty(transaction, self._job)
        for phase in context.pipeline.phases:
            self._ready(batches.ready(context.database, self._job, phase.id))

    def propagate(self, transaction: Transaction, phase_id: int, ids: list[str]) -> None:
        """Hand on items whose state in a phase changed for good, with that change."""
        for child in self._context.pipeline.children(phase_id):
            if child.items_by is None:
                item_reconcile.feed_payloads(transaction, self._job, child.id, phase_id, ids)
                self._form(transaction, child)  # what was done before, and has other content now, needs another batch

    async def after_commit(self, phase_id: int, ids: list[str]) -> None:
        """Offer what became ready by a merge that is committed."""
        for child in self._context.pipeline.children(phase_id):
            if child.items_by is not None:
                again = item_expansion.any_expanded_past(self._context.database, self._job, child.id, phase_id, ids)
                await self.expand(child, everything=again)
            else:
                self._ready(batches.ready_among(self._context.database, self._job, child.id, ids))

    async def reconcile(self, phase_id: int, ids: list[str]) -> None:
        """Follow up on items of a phase that a person edited or removed."""
        context = self._context
        phase = context.pipeline.phase(phase_id)
        with context.event_log.transaction() as transaction:
            self._follow_below(transaction, phase, ids)
            self.propagate(transaction, phase_id, ids)
            self._form(transaction, phase)
        self._ready(batches.ready(context.database, self._job, phase_id))
        for each in self._below(phase):
            if each.items_by is not None:
                await self.expand(each, everything=True)
            else:
                self._ready(batches.ready(context.database, self._job, each.id))

    async def expand(self, phase: Phase, *, everything: bool = False) -> None:
        """Expand upstream items, in canonical order, as far as everything before them is merged or given up.

        Only then is it known which items come how many places further on, so that batch boundaries do not depend on
        the order in which sessions end.
        """
        context, upstream = self._context, phase.upstream
        assert upstream is not None
        async with self._expanding[phase.id]:
            below = item_expansion.frontier(context.database, self._job, upstream)
            more_to_come = below is not None or not phases.is_complete(context.database, self._job, upstream)
            if below is None and more_to_come:
                below = item_expansion.end_position(context.database, self._job, upstream)
            sources = item_expansion.to_expand(
                context.database, self._job, phase.id, upstream, below=below, everything=everything
            )
            rows = [(item_id, payload) for item_id, _, _, payload in sources]
            expanded = await self._code.expand(context.pipeline.name, phase, rows) if rows else []
            newest = batches.newest(context.database, self._job, phase.id)
            with context.event_log.transaction() as transaction:
                changed = everything and self._follow(transaction, phase)
                changed |= item_expansion.expand(transaction, self._job, phase.id, sources, expanded, below=below)
                phases.set_complete(transaction, self._job, phase.id, not more_to_come)
                self._form(transaction, phase)
                self._mirror_below(transaction, phase, changed=changed)
        self._ready(batches.ready(context.database, self._job, phase.id, above=newest))
        for each in self._below(phase):
            if each.items_by is None:
                if not more_to_come:  # only now is it known which of its batches is the last
                    self._ready(batches.ready(context.database, self._job, each.id))
            elif changed:
                await self.expand(each, everything=True)

    def _mirror_below(self, transaction: Transaction, phase: Phase, *, changed: bool) -> None:
        """Give the plain phases below a phase its items; `changed`: some were left out or taken back."""
        for child in self._context.pipeline.children(phase.id):
            if child.items_by is None:
                item_reconcile.mirror_items(transaction, self._job, child.id, phase.id)
                if changed:
                    self._follow(transaction, child)
                    item_reconcile.feed_payloads(transaction, self._job, child.id, phase.id)
                self._form(transaction, child)
                self._mirror_below(transaction, child, changed=changed)

    def _follow_below(self, transaction: Transaction, phase: Phase, ids: Sequence[str]) -> None:
        """Have the plain phases below a phase leave out what comes from these items where they are left out."""
        for child in self._context.pipeline.children(phase.id):
            if child.items_by is None and self._follow(transaction, child, ids):
                self._form(transaction, child)
                self._follow_below(transaction, child, ids)

    def _follow(self, transaction: Transaction, phase: Phase, ids: Sequence[str] | None = None) -> bool:
        """Leave out what the phase before leaves out, have again what it has again; whether anything changed."""
        assert phase.upstream is not None
        followed = item_exclusion.follow_upstream(
            transaction, self._job, phase.id, phase.upstream, ids, expanded=phase.items_by is not None
        )
        if followed.left_out:
            self._context.event_log.append(
                transaction,
                self._job,
                "items_changed",
                f"phase {phase.id}: {followed.left_out} items are left out, as is what they come from",
                level="WARNING",
                phase=phase.id,
            )
        return any(followed)

    def _below(self, phase: Phase) -> list[Phase]:
        """The phases whose items follow from this one's without another expansion, and those that expand these."""
        found: list[Phase] = []
        for child in self._context.pipeline.children(phase.id):
            found += [child, *(self._below(child) if child.items_by is None else ())]
        return found

    def _reposition_below(self, transaction: Transaction, phase: Phase) -> None:
        for child in self._context.pipeline.children(phase.id):
            item_reconcile.reposition(transaction, self._job, child.id, phase.id, expanded=child.items_by is not None)
            self._reposition_below(transaction, child)

    async def _take_source(self, phase: Phase) -> None:
        """Bring a phase's items to what its source says; a source is read in a thread, since it may be large."""
        context = self._context
        submitted = submissions.input_of(context.database, self._job)
        source = source_of(SourceContext(self._project, context.pipeline, phase, context.target, submitted))
        stamp = await asyncio.to_thread(items_fingerprint, source, phase, context.target)
        before = phases.source(context.database, self._job, phase.id)
        if stamp and before == stamp:
            with context.event_log.transaction() as transaction:
                self._form(transaction, phase)
            return
        found = await asyncio.to_thread(take_items, source, phase, context.target)
        if not found and submitted is None:
            self._check_empty(source.name, phase)
        with context.event_log.transaction() as transaction:
            change = item_reconcile.reconcile_source(transaction, self._job, phase.id, found, stamp)
            if before is not None:
                self._tell_change(transaction, source.name, phase, change)
            if change.moved:
                self._reposition_below(transaction, phase)
            for child in context.pipeline.children(phase.id):
                if child.items_by is None:
                    item_reconcile.feed_payloads(transaction, self._job, child.id, phase.id, change.changed)
            self._form(transaction, phase)

    def _check_empty(self, shown: str, phase: Phase) -> None:
        """Of a source without items: SourceError where it had some, which are not dropped unasked; else it is told."""
        context = self._context
        if not context.options.allow_empty:
            try:
                check_not_empty(0, items.count(context.database, self._job, phase.id), shown, phase.id)
            except EmptySource as empty:
                said = empty.in_one_line()
                context.event_log.append_now(self._job, "source_empty", said, level="WARNING", phase=phase.id)

    def _tell_change(
        self, transaction: Transaction, shown: str, phase: Phase, change: item_reconcile.SourceChange
    ) -> None:
        parts = []
        if change.new:
            parts.append(f"{change.new} new")
        if change.changed:
            parts.append(f"{len(change.changed)} changed, to be done again ({_some(change.changed)})")
        if change.removed:
            parts.append(
                f"{len(change.removed)} no longer there, what is merged of them stays ({_some(change.removed)})"
            )
        if parts:
            self._context.event_log.append(
                transaction,
                self._job,
                "items_changed",
                f"{shown} changed since the last run: {'; '.join(parts)}",
                level="WARNING" if change.removed else "INFO",
                phase=phase.id,
            )

    def _compare_instructions(self, phase: Phase) -> None:
        """Warn where instructions or validator changed since items were merged; redo them where that is asked."""
        context = self._context
        parts = [
            (self._project.pipeline_folder(context.pipeline.name) / phase.intelligence).read_bytes(),
            self._prompts.template_source(phase.id).encode(),
        ]
        if isinstance(phase.validator, str):
            parts.append((self._project.validator_folder(context.pipeline.name) / phase.validator).read_bytes())
        elif phase.validator is not None:
            parts.append(repr(phase.validator).encode())
        with context.event_log.transaction() as transaction:
            version = phases.use_instructions(transaction, self._job, phase.id, content_hash.fingerprint(*parts))
            other = items.made_with_other_version(context.database, self._job, phase.id, version)
            if other and context.options.redo_changed:
                self._redo(transaction, phase, other)
                context.event_log.append(
                    transaction,
                    self._job,
                    "redo_changed",
                    f"phase {phase.id}: its instructions or its validator changed; {len(other)} items are done again",
                    phase=phase.id,
                )
            elif other:
                context.event_log.append(
                    transaction,
                    self._job,
                    "instructions_changed",
                    f"phase {phase.id}: its instructions or its validator changed since {len(other)} items were done;"
                    " they stay as they are, --redo-changed does them again",
                    level="WARNING",
                    phase=phase.id,
                )

    def _redo_unfinished(self, phase: Phase) -> None:
        """Do again what sessions left that did not come to their end, where that is asked."""
        context = self._context
        if not context.options.redo_unfinished:
            return
        with context.event_log.transaction() as transaction:
            again = items.unfinished(context.database, self._job, phase.id)
            if again:
                self._redo(transaction, phase, again)
                said = f"phase {phase.id}: {len(again)} items are done again whose sessions had not come to their end"
                context.event_log.append(transaction, self._job, "redo_unfinished", said, phase=phase.id)

    def _redo(self, transaction: Transaction, phase: Phase, ids: Sequence[str]) -> None:
        item_reconcile.requeue_items(transaction, self._job, phase.id, ids)
        phases.forget_source(transaction, self._job, phase.id)
        self.propagate(transaction, phase.id, list(ids))

    def _form(self, transaction: Transaction, phase: Phase) -> None:
        size = self._context.options.batch_size or phase.batch_size
        complete = phases.is_complete(self._context.database, self._job, phase.id)
        batches.form(transaction, self._job, phase.id, size, complete=complete)

    def _resize(self) -> None:
        """Form batches anew that have another size than is asked for now and have no session yet."""
        with self._context.event_log.transaction() as transaction:
            for phase in self._context.pipeline.phases:
                size = self._context.options.batch_size or phase.batch_size
                batches.dissolve_unstarted(transaction, self._job, phase.id, size)


def _some(ids: Sequence[str], most: int = 5) -> str:
    return ", ".join(ids[:most]) + (", …" if len(ids) > most else "")
