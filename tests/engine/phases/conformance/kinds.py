"""Every phase kind, and the command `supervisor` with it: run as a module with the words `KIND run facts demo`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from supervisor.engine.job import job_run
from supervisor.engine.phases.phase_kind import PhaseKind
from supervisor.engine.phases.session_phase import SessionPhase
from tests.support.example_packages import example


def square(payload: dict[str, Any]) -> dict[str, int]:
    """What the agent of the small project does."""
    return {"square": payload["n"] ** 2}


def of_the_page(context: Any, *, planner: Any, answers: Any, **others: Any) -> PhaseKind:
    made: PhaseKind = example("phase_kind.md")["FunctionPhase"](context, planner, answers, square)
    return made


KINDS: dict[str, Callable[..., PhaseKind]] = {"session": SessionPhase, "of_the_page": of_the_page}
"""By name; each is made as a job's run makes its own. Each answers `{"n": N}` with `{"square": N * N}`."""


if __name__ == "__main__":
    from supervisor.cli.main import main

    job_run.SessionPhase = KINDS[sys.argv.pop(1)]  # type: ignore[misc, assignment]
    main()
