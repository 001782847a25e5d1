"""Where an agent's provider caches prompts, the first session of a phase goes ahead until it gives a sign of life."""

from __future__ import annotations

import pytest

from supervisor.agents.agent_profile import AgentProfile
from supervisor.engine.dispatch.leading_session import LeadingSessions
from supervisor.model.job import StoredBatch

CACHES = AgentProfile(name="caches", caches_prompts=True)
OTHER = AgentProfile(name="other", caches_prompts=True)


def batch(number: int, phase: int = 1) -> StoredBatch:
    return StoredBatch(id=100 * phase + number, job=1, phase=phase, number=number, size=20, status="pending")


@pytest.fixture
def rung() -> list[str]:
    return []


@pytest.fixture
def leading(rung: list[str]) -> LeadingSessions:
    return LeadingSessions(lambda: rung.append("wake"))


def test_the_others_of_its_phase_and_agent_wait_for_its_first_sign_of_life(
    leading: LeadingSessions, rung: list[str]
) -> None:
    assert not leading.wait_for(batch(1), CACHES)
    leading.begin(batch(1), CACHES)
    assert leading.wait_for(batch(2), CACHES)
    assert not leading.wait_for(batch(1, phase=2), CACHES)
    assert not leading.wait_for(batch(2), OTHER)
    leading.alive(batch(1))
    assert rung == ["wake"]
    assert not leading.wait_for(batch(2), CACHES)
    leading.begin(batch(2), CACHES)
    assert not leading.wait_for(batch(3), CACHES)


def test_a_sign_of_life_of_another_session_opens_nothing(leading: LeadingSessions, rung: list[str]) -> None:
    leading.begin(batch(1), CACHES)
    leading.alive(batch(1, phase=2))
    assert leading.wait_for(batch(2), CACHES)
    assert rung == []


def test_one_that_never_began_leaves_the_lead_to_another(leading: LeadingSessions, rung: list[str]) -> None:
    leading.begin(batch(1), CACHES)
    leading.end(batch(1))
    assert rung == ["wake"]
    assert not leading.wait_for(batch(2), CACHES)
    leading.begin(batch(2), CACHES)
    assert leading.wait_for(batch(1), CACHES)


def test_sessions_of_an_agent_that_caches_nothing_all_start_at_once(leading: LeadingSessions) -> None:
    plain = AgentProfile(name="plain")
    leading.begin(batch(1), plain)
    assert not leading.wait_for(batch(2), plain)
