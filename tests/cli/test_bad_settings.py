"""A wrong setting is named with its file, its place and the remedy."""

from __future__ import annotations

import sys

import pytest

from tests.cli.bad_input import Bad, argued, is_refused
from tests.support.facts_project import SmallProject, toml

AGENTS = "claude, codex, gemini, mine, opencode, phrasebook"


def settings(text: str) -> dict[str, str | bytes | None]:
    return {"supervisor.toml": text}


MINE = f"[agents.mine]\ncommand = {toml([sys.executable, '{project}/agents/mine.py'])}\n"
BAD_SETTINGS = [
    Bad("no project", ("no project here", "supervisor.toml", "supervisor init"), {"supervisor.toml": None}),
    Bad("not TOML", ("supervisor.toml: not TOML", "line 1", "Correct the file"), settings("agent = = 1")),
    Bad("not UTF-8", ("supervisor.toml: not TOML", "Correct the file"), {"supervisor.toml": b"agent = '\xff'"}),
    Bad("unknown setting", ("supervisor.toml: concurency", "did you mean 'concurrency'?"), settings("concurency = 2")),
    Bad("unknown setting unlike any", ("zzz: unknown key", "known here: agent, model"), settings("zzz = 2")),
    Bad(
        "wrong type",
        ("supervisor.toml: concurrency: has to be a whole number from 1 to 10,000; it is 'many' (line 1)",),
        settings("concurrency = 'many'"),
    ),
    Bad(
        "out of range",
        ("concurrency: has to be a whole number from 1 to 10,000; it is 0",),
        settings("concurrency = 0"),
    ),
    Bad("not a number", ("supervisor.toml: timeout: ", "it is nan"), settings("timeout = nan")),
    Bad(
        "unknown key of an agent",
        ("agents.mine.comand: unknown key; did you mean 'command'?",),
        settings("[agents.mine]\ncomand = ['x']"),
    ),
    Bad(
        "unknown key of an agent called as a table of a pipeline file",
        ("agents.target.comand: unknown key; did you mean 'command'?",),
        settings("[agents.target]\ncommand = ['x']\ncomand = ['x']"),
    ),
    Bad(
        "agent without command",
        ("[agents.mine] in supervisor.toml: agent 'mine' has no `command`", "Add `command`, or `kind`"),
        settings("[agents.mine]\ntimeout = 3"),
    ),
    Bad(
        "agent of an unknown kind",
        ("there is no kind of agent 'clod'", "claude, codex, gemini, opencode"),
        settings("[agents.mine]\nkind = 'clod'"),
    ),
    Bad(
        "command and kind",
        ("agents.mine: `command` is a program of its own", "leave `kind`"),
        settings("[agents.mine]\ncommand = ['x']\nkind = 'claude'"),
    ),
    Bad(
        "interactive command without a sign that it is ready",
        ("agents.mine: an interactive command needs `ready`",),
        settings("[agents.mine]\ncommand = ['x']\nmode = 'interactive'"),
    ),
    Bad(
        "malformed pattern of a dialog",
        ("agents.mine: '(' is not a regular expression",),
        settings("[agents.mine]\ncommand = ['x']\ndialogs = [{shows = '(', answer = 'y'}]"),
    ),
    Bad(
        "command as one text",
        ("agents.mine.command: has to be a list of texts", 'Write command = ["sh", "x"]'),
        settings("[agents.mine]\ncommand = 'sh x'"),
    ),
    Bad(
        "command without words",
        ("agents.mine.command: has to be a list of texts that is not empty; it is empty",),
        settings("[agents.mine]\ncommand = []"),
    ),
    Bad(
        "settings in pyproject.toml",
        ("pyproject.toml [tool.supervisor]: agnet: unknown key; did you mean 'agent'?",),
        {"supervisor.toml": None, "pyproject.toml": "[tool.supervisor]\nagnet = 'mine'"},
    ),
    Bad(
        "settings in pyproject.toml are no table",
        ("pyproject.toml [tool.supervisor]: ", "it is 3"),
        {"supervisor.toml": None, "pyproject.toml": "[tool]\nsupervisor = 3"},
    ),
    Bad(
        "agent that the settings name is not there",
        ("there is no agent 'mien'", "Did you mean 'mine'?", f"Here are: {AGENTS}"),
        settings(f"agent = 'mien'\n{MINE}"),
    ),
    *(
        Bad(
            f"several agents and none is named, {words[0]}",
            ("supervisor.toml: there are several agents, mine and other, and none is named", "Say --agent mine"),
            settings(f"{MINE}{MINE.replace('mine]', 'other]')}"),
            words=words,
        )
        for words in (("run", "facts", "demo"), ("start", "facts", "demo"))
    ),
    Bad(
        "program of the agent is missing",
        ("agent 'mine'", "'no-such-program' is not there", "correct `command` under [agents.mine]"),
        settings("[agents.mine]\ncommand = ['no-such-program']"),
        status=4,
    ),
]


@pytest.mark.parametrize("bad", **argued(BAD_SETTINGS))
def test_a_wrong_setting_is_named(project: SmallProject, bad: Bad) -> None:
    is_refused(project, bad, anew=bad is BAD_SETTINGS[0])
