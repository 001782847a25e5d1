"""Validates outputs of batches against what is merged of their phase at the moment of the merge."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from supervisor.engine.batch.batch_state import BatchState
from supervisor.engine.job_context import JobContext
from supervisor.engine.validation.output_validation import ParsedOutput, ValidationResult, validate_output
from supervisor.project_code.code_client import CodeClient
from supervisor.store.tables import phases


class BatchValidation:
    """One job's: a phase's merges happen one at a time."""

    def __init__(self, context: JobContext, code: CodeClient) -> None:
        self._context = context
        self._code = code
        self._merging = {phase.id: asyncio.Lock() for phase in context.pipeline.phases}

    @contextlib.asynccontextmanager
    async def validated(self, state: BatchState, output: ParsedOutput) -> AsyncIterator[ValidationResult]:
        """What of an output passes; inside, no other batch of the phase is merged.

        A validator that read what is merged of its own phase is asked again where another batch was merged meanwhile.
        ProjectCodeError where the validator itself fails.
        """
        phase = state.batch.phase
        seq = self._merged_seq(phase)
        result = await self._validate(state, output)
        async with self._merging[phase]:
            if phase in result.read_phases and seq != self._merged_seq(phase):
                result = await self._validate(state, output)
            yield result

    async def look(self, state: BatchState, output: ParsedOutput) -> ValidationResult:
        """What of an output would pass now, while its session still runs; ProjectCodeError as above."""
        return await self._validate(state, output)

    async def _validate(self, state: BatchState, output: ParsedOutput) -> ValidationResult:
        return await validate_output(self._code, state.phase, state.input, state.kept, output, state.batch.job)

    def _merged_seq(self, phase: int) -> int:
        return phases.current_seq(self._context.database, self._context.id, phase)
