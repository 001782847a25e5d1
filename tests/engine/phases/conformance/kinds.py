"""Every phase kind; run as a module, it is the command `supervisor` with all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from supervisor.engine.phases import phase_kinds
from supervisor.engine.phases.phase_kind import PhaseKind
from tests.support.example_packages import example


def square(payload: dict[str, Any]) -> dict[str, int]:
    """What the agent of the small project does."""
    return {"square": payload["n"] ** 2}


def of_the_page(*, context: Any, planner: Any, answers: Any, **others: Any) -> PhaseKind:
    made: PhaseKind = example("phase_kind.md")["FunctionPhase"](context, planner, answers, square)
    return made


KINDS: dict[str, Callable[..., PhaseKind]] = {**phase_kinds.KINDS, "of_the_page": of_the_page}
"""By name; each is made as a job's run makes its own. Each answers `{"n": N}` with `{"square": N * N}`."""


if __name__ == "__main__":
    from supervisor.cli.main import main

    phase_kinds.KINDS.update(KINDS)
    main()
