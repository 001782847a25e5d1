"""What the prompts of the course's batches have in common, which providers can keep in their caches."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from tests.support.project_folder import Project


def common(first: str, second: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = itertools.zip_longest(first, second)
    return next((number for number, (a, b) in enumerate(pairs) if a != b), len(first))


def test_nine_tenths_of_each_phase_s_prompts_stand_in_the_batch_before_too(course: Callable[[], Project]) -> None:
    """The longer the vocabulary of phase 5 grows, the more of it was in the batch before: at its begin it is less."""
    project = course()
    project.done("run", "course", "spa_for_eng_full")
    phases: dict[int, dict[int, str]] = {}
    for session in project.sessions():
        phases.setdefault(session.phase, {})[session.batch] = session.prompt
    assert {phase: len(prompts) for phase, prompts in phases.items()} == {1: 34, 3: 34, 5: 34}
    for phase, prompts in phases.items():
        pairs = [(prompts[number], prompts[number + 1]) for number in range(1, len(prompts))]
        shared = [common(first, second) for first, second in pairs]
        assert sum(shared) >= 0.9 * sum(len(second) for _, second in pairs), phase
        assert min(share / len(second) for share, (_, second) in zip(shared, pairs, strict=True)) >= 0.8, phase
