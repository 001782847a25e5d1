"""`agents` lists what can be used, and what keeps the others from it."""

from __future__ import annotations

import json
import time

from tests.support.facts_project import SmallProject


def test_agents_are_listed_with_whether_they_can_start(project: SmallProject) -> None:
    found = {agent["name"]: agent for agent in json.loads(project.supervisor("agents", "--json").stdout)["agents"]}
    assert list(found) == ["claude", "codex", "gemini", "mine", "opencode", "phrasebook"]
    assert (found["mine"]["default"], found["mine"]["can_start"], found["mine"]["last_used"]) == (True, True, None)
    project.settings(agent="phrasebook", mine={"command": ["no-such-program"]})
    lines = project.supervisor("agents").stdout.splitlines()
    mine = next(number for number, line in enumerate(lines) if line.startswith("mine "))
    assert "the program 'no-such-program' is not there or cannot be executed" in lines[mine + 1]
    assert any(line.startswith("phrasebook (default)") for line in lines)


def test_an_agent_that_was_used_says_when(failed: SmallProject) -> None:
    found = {agent["name"]: agent for agent in json.loads(failed.supervisor("agents", "--json").stdout)["agents"]}
    assert time.time() - 3600 < found["mine"]["last_used"] <= time.time()
    assert found["phrasebook"]["last_used"] is None
    (line,) = [line for line in failed.supervisor("agents").stdout.splitlines() if line.startswith("mine ")]
    assert "last used 2" in line
