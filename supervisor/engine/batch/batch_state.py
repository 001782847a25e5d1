"""What is to be done for a batch, and what of it is done already."""

from __future__ import annotations

from typing import Any

from supervisor.engine.job_context import JobContext
from supervisor.engine.known_answers.known_answer import AnswerRequest
from supervisor.engine.validation.output_validation import ParsedOutput, ValidationResult
from supervisor.model.batch import BatchInput
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.job import StoredBatch
from supervisor.model.pipeline import Phase
from supervisor.model.validation_report import ValidationError
from supervisor.project_code.code_client import CodeClient
from supervisor.store.tables import attempts, batches, items


class BatchState(FrozenModel):
    """A batch between two attempts."""

    batch: StoredBatch
    phase: Phase
    input: BatchInput
    """All items of the batch."""
    total: int | None
    """Batches of the phase, where that is known."""
    digests: dict[str, str]
    """Item id to the content that this work is about."""
    kept: dict[str, Any]
    """Item id to value of what passed in an earlier attempt, also where it is merged already."""
    unfinished: frozenset[str]
    """Those of `kept` that are of a session that did not come to its end by itself."""
    errors: tuple[ValidationError, ...]
    """What the attempt before got wrong."""
    counted: int
    """Attempts that count so far."""
    stalls: int
    """Sessions that gave no sign of life and did not count, so far."""
    max_attempts: int

    @classmethod
    async def load(cls, batch: StoredBatch, context: JobContext, code: CodeClient | None) -> BatchState:
        """The batch as the store has it, with the context that its prompt adds, where there is somebody to ask.

        ProjectCodeError where the phase's `context` fails.
        """
        phase = context.pipeline.phase(batch.phase)
        members = items.of_batch(context.database, batch.id)
        batch_input = BatchInput(
            pipeline=context.pipeline.name,
            target=context.target.name,
            phase=phase.id,
            batch=batch.number,
            items={item.id: item.payload for item in members},
            settings=phase.settings,
            target_parts=context.target.parts,
        )
        if phase.context is not None and members and code is not None:
            added = await code.context(phase, batch_input, batch.job)
            batch_input = batch_input.model_copy(update={"context": added})
        tally = attempts.tally(context.database, batch.id)
        return cls(
            batch=batch,
            phase=phase,
            input=batch_input,
            total=batches.total(context.database, batch.job, batch.phase),
            digests={item.id: item.digest for item in members},
            kept={item.id: item.value for item in members if item.status in ("passed", "merged")},
            unfinished=frozenset(item.id for item in members if item.unfinished),
            errors=tally.errors,
            counted=tally.counted,
            stalls=tally.stalls,
            max_attempts=context.options.max_attempts or phase.max_attempts,
        )

    @property
    def ids(self) -> list[str]:
        """All of the batch's items, in canonical order."""
        return list(self.input.items)

    @property
    def todo(self) -> tuple[str, ...]:
        """Ids that have no passing value yet, in canonical order."""
        return tuple(item_id for item_id in self.input.items if item_id not in self.kept)

    @property
    def attempts_left(self) -> bool:
        """Whether another session may be started for what is to do."""
        return self.counted < self.max_attempts

    def request(self) -> AnswerRequest:
        """What may be known already of what is to do."""
        return AnswerRequest(batch=self.batch, phase=self.phase, digests=self.digests, todo=self.todo)

    def asked(self) -> BatchInput:
        """What the next session is given: what is to do, and nothing else."""
        return self.input.model_copy(update={"items": {item_id: self.input.items[item_id] for item_id in self.todo}})

    def with_known(self, values: dict[str, Any]) -> BatchState:
        """The work that is left where these answers are taken as they are."""
        return self.model_copy(update={"kept": {**self.kept, **values}})

    def advance(self, output: ParsedOutput, result: ValidationResult, *, counted: bool) -> BatchState:
        """The work that is left after an attempt that gave this output."""
        answered = output.values
        unfinished = (i for i in result.passed if (output.unfinished if i in answered else i in self.unfinished))
        return self.model_copy(
            update={
                "kept": result.passed,
                "unfinished": frozenset(unfinished),
                "errors": result.errors,
                "counted": self.counted + int(counted),
            }
        )
