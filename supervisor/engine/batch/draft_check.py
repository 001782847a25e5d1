"""Tells a running session's executor whether what it wrote would pass: an answer, or a draft."""

from __future__ import annotations

from supervisor.engine.batch.attempt_recorder import AttemptRecorder
from supervisor.engine.batch.batch_state import BatchState
from supervisor.engine.batch.batch_validation import BatchValidation
from supervisor.engine.dispatch.admission import Admission
from supervisor.engine.validation.output_validation import parse_output
from supervisor.errors import ProjectCodeError
from supervisor.model.agent_report import AgentFailure
from supervisor.model.json_document import JsonDocument


class DraftCheck:
    """The observer of one session."""

    def __init__(
        self, state: BatchState, validation: BatchValidation, recorder: AttemptRecorder, admission: Admission
    ) -> None:
        self._state = state
        self._admission = admission
        self._validation = validation
        self._recorder = recorder

    def failing(self, failure: AgentFailure | None) -> None:
        """While its agent is limited, no other session of it starts."""
        self._recorder.failing(failure)

    def alive(self) -> None:
        """Those that wait for the first session of their phase may follow."""
        self._admission.leading.alive(self._state.batch)

    async def passes(self, output: JsonDocument) -> bool:
        """Whether all items that the session was asked for pass. Where the validator itself fails, nobody can tell."""
        state = self._state
        parsed = parse_output(output, state.phase.merge, state.todo, tuple(state.ids))
        if any(item_id not in parsed.values for item_id in state.todo):
            return False
        try:
            result = await self._validation.look(state, parsed)
        except ProjectCodeError:
            return False
        return all(item_id in result.passed for item_id in state.todo)
