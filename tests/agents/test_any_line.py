"""Whatever an agent prints, nobody who hears or shows it stumbles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.agents.agent_registry import PROGRAMS, make_agent
from supervisor.agents.cli_driver import CliDriver
from supervisor.project.project import Project
from supervisor.project.project_settings import ProjectSettings
from tests.support.property_examples import examples

NAMES = [*PROGRAMS, "phrasebook"]
WORDS = [
    "type", "subtype", "result", "usage", "message", "error", "item", "part", "status", "content", "event", "system",
    "assistant", "user", "api_retry", "rate_limit_event", "rate_limit_info", "resetsAt", "input_tokens", "tokens",
    "turn.completed", "turn.failed", "thread.started", "item.completed", "step_finish", "tool_use", "stats", "models",
    "retry", "next", "timestamp", "data", "name", "delta", "role", "cost", "cache", "read", "write", "text", "id",
    "supervisor_usage", "supervisor_limit", "cost_usd", "until", "init", "session_id", "modelUsage",
]  # fmt: skip
TEXTS = st.sampled_from(WORDS) | st.text(max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=6),
    max_leaves=25,
)
LINES = (
    st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=8).map(json.dumps)
    | st.text(max_size=200)
    | st.sampled_from(["{" * 5000, "[" * 100_000, '{"type": "result", "usage": ' + "[" * 100_000, '{"type":'])
)


@pytest.fixture(scope="module", params=NAMES)
def agent(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CliDriver:
    root = tmp_path_factory.mktemp("project")
    return make_agent(Project(root, ProjectSettings(), root / "supervisor.toml"), request.param).program


@given(lines=st.lists(LINES, max_size=8), status=st.none() | st.integers(-40, 255), screen=st.text(max_size=400))
@examples(40)
def test_no_line_is_stumbled_over(agent: CliDriver, lines: list[str], status: int | None, screen: str) -> None:
    parser = agent.parser()
    for line in lines:
        parser.feed_line(line)
        assert isinstance(agent.display(line), str)
    parser.feed_screen(screen)
    parser.finish(status, "\n".join(lines[-3:]))
    agent.parse_files(Path("/nonexistent"), parser)
    known: dict[str, Any] = parser.heard.usage.model_dump()
    assert all(value is None or value >= 0 for value in known.values())
