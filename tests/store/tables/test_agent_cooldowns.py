"""A gate closes for as long as its agent told, else for longer each time, and is told of in the same words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.model.agent_report import AgentFailure
from supervisor.store.database import Database, open_store
from supervisor.store.tables import agent_cooldowns
from tests.support.property_examples import examples

NOW = 1e9


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return open_store(tmp_path_factory.mktemp("gates") / "store.sqlite", create=True)


@examples(60)
@given(events=st.lists(st.tuples(st.sampled_from("xy"), st.just("opens") | st.none() | st.integers(-10, 100))))
def test_gates_are_as_they_were_closed_last(database: Database, events: list[tuple[str, str | int | None]]) -> None:
    """`events`: an agent's gate opens, or it is limited and tells in how many seconds that ends, or nothing."""
    vain: dict[str, int] = {}
    pauses: dict[str, float] = {}
    with database.transaction(durable=False) as transaction:
        for agent in "xy":
            agent_cooldowns.clear(transaction, agent)
        for agent, told in events:
            if told == "opens":
                agent_cooldowns.clear(transaction, agent)
                vain.pop(agent, None)
                pauses.pop(agent, None)
                continue
            until = None if told is None else NOW + int(told)
            agent_cooldowns.start(
                transaction, agent, AgentFailure(kind="rate_limit", message="later", until=until), NOW
            )
            if until is not None and until > NOW:
                vain[agent], pauses[agent] = 0, until - NOW
            else:
                vain[agent] = vain.get(agent, -1) + 1
                pauses[agent] = min(60 * 2 ** vain[agent], 1800)
    for agent in "xy":
        gate = agent_cooldowns.of(database, agent)
        assert (None if gate is None else (gate.failed_probes, gate.next_probe_at - NOW)) == (
            (vain[agent], pauses[agent]) if agent in vain else None
        )
