"""Projects that are set up wrongly: found before the first session, or told by what all sessions fail of."""

from __future__ import annotations

import sys

from tests.misleading.case import Case, Exactly, Told
from tests.support.scripted_project import PIPELINE as NAME
from tests.support.scripted_project import TARGET, Small, numbered

TOML, PIPELINE = "supervisor.toml", "phase_intelligence/small/pipeline.toml"
DOCUMENT = "phase_intelligence/small/phase_1.md"


def command(*words: str, more: str = "") -> dict[str, str]:
    """Settings whose only agent is this command."""
    written = ", ".join(f"'''{word}'''" for word in words)
    settings = f'agent = "plain"\nsandbox = "workspace"\nmax_attempts = 1\n{more}\n'
    return {TOML: f"{settings}[agents.plain]\ncommand = [{written}]\n"}


PLAIN = (sys.executable, "-I", "-S", "{project}/agents/plain.py")
ONE_PHASE = """\
name = "small"
collection = "made"

[[phases]]
id = 1
name = "phase 1"
items = "vfs/items.json"
intelligence = "phase_1.md"
output = "out_1.json"
"""
AGENTS = [
    Case(
        "a placeholder that there is not",
        Told(2, ["{promptfile}", "{prompt_file}"]),
        files=command(*PLAIN, "{promptfile}"),
    ),
    Case("braces that are no placeholder", Exactly(), files=command(*PLAIN, '{"answer": [1]}')),
    Case("a program that is not there", Told(4, ["no-such-agent"]), files=command("no-such-agent")),
    Case("a program that cannot be executed", Told(4, ["agents/plain.py"]), files=command("{project}/agents/plain.py")),
    Case(
        "a program that is not there, behind one that is",
        Told(4, ["127"]),
        items=numbered(8),
        phase={"batch_size": 1},
        files=command("/usr/bin/env", "no-such-agent"),
    ),
    Case(
        "a command that is one text",
        Told(2, ["command"]),
        files={TOML: '[agents.plain]\ncommand = "python agents/plain.py"\n'},
    ),
    Case(
        "two agents, and none named",
        Told(2, ["--agent", "other"]),
        files={TOML: '[agents.plain]\ncommand = ["true"]\n\n[agents.other]\ncommand = ["true"]\n'},
    ),
    Case("an agent that there is not", Told(2, ["nobody", "plain"]), options=["--agent", "nobody"]),
    Case("an agent that is not signed in", Told(4, ["not signed in"]), "print('not signed in')\nsys.exit(78)\n"),
    Case(
        "an agent that always crashes",
        Told(4, ["no such model"]),
        "print('no such model')\nsys.exit(3)\n",
        numbered(20),
        phase={"batch_size": 1},
    ),
    Case("an agent that never writes", Told(4, ["without the file"]), "pass\n", numbered(20), phase={"batch_size": 1}),
    Case(
        "an agent that fails of the same number in other words",
        Told(4, ["request"]),
        "print(f'request {batch}{time.time_ns()} failed')\nsys.exit(1)\n",
        numbered(20),
        phase={"batch_size": 1},
    ),
]
KEYS = [
    Case(
        "a setting that there is not",
        Told(2, ["concurency", "concurrency"]),
        files=command(*PLAIN, more="concurency = 1"),
    ),
    Case("a setting of another kind", Told(2, ["concurrency"]), files=command(*PLAIN, more='concurrency = "many"')),
    Case("a time that is none", Told(2, ["finish_timeout"]), files=command(*PLAIN, more='finish_timeout = "soon"')),
    Case("a settings file that is cut off", Told(2, [TOML]), files={TOML: 'agent = "plain"\n[agents.pl'}),
    Case("a key of a phase that there is not", Told(2, ["validater", "validator"]), phase={"validater": "check.py"}),
    Case(
        "a phase that is a table and no list",
        Told(2, ["[[phases]]"]),
        files={PIPELINE: ONE_PHASE.replace("[[phases]]", "[phases]")},
    ),
    Case("a phase that takes items of itself", Told(2, ["phase 1"]), phase={"items": {"phase": 1}}),
    Case(
        "a phase that takes items of a later one",
        Told(2, ["phase 2"]),
        phase={"items": {"phase": 2}},
        later=[{"items": "vfs/items.json"}],
    ),
    Case("two phases of one number", Told(2, ["1"]), later=[{"id": 1}]),
    Case(
        "a pipeline under another name", Told(2, ["large"]), files={PIPELINE: ONE_PHASE.replace('"small"', '"large"')}
    ),
    Case("a main file of another kind", Told(2, ["out.txt"]), phase={"output": "out.txt"}),
    Case("a main file elsewhere", Told(2, ["../out.json"]), phase={"output": "../out.json"}),
    Case("instructions that are not there", Told(2, ["phase_1.md"]), files={DOCUMENT: None}),
    Case(
        "instructions with braces",
        Exactly(),
        files={DOCUMENT: "# Phase\n\nWrite {{ answers }}, {% raw %}, {output_file}.\n"},
    ),
    Case("a template that is not there", Told(2, ["mine.md.j2"]), phase={"prompt": "mine.md.j2"}),
    Case(
        "a template that is none",
        Told(2, ["mine.md.j2"]),
        phase={"prompt": "mine.md.j2"},
        files={"prompts/small/mine.md.j2": "{% if %}"},
    ),
    Case(
        "a template of a name that is not there",
        Told(2, ["mine.md.j2"]),
        phase={"prompt": "mine.md.j2"},
        files={"prompts/small/mine.md.j2": "{{ batch.no_such.thing }}"},
    ),
]
FILES = [
    Case(
        "two phases with one main file", Told(2, ["phase 1", "phase 2", "out_1.json"]), later=[{"output": "out_1.json"}]
    ),
    Case(
        "two pipelines with one main file",
        Told(2, ["small", "other", "out_1.json"]),
        files={
            "phase_intelligence/other/pipeline.toml": ONE_PHASE.replace('"small"', '"other"'),
            "phase_intelligence/other/phase_1.md": "# Phase 1\n",
        },
    ),
    Case(
        "a main file of which nothing is known",
        Told(2, ["of which the store knows nothing"], main={"i01": {"n": 1}}),
        phase={"items": "vfs/made/demo/out_1.json"},
        files={"vfs/made/demo/out_1.json": '{"i01": {"n": 1}}'},
    ),
]
BOTH = "write({i: p if phase == 1 else {'said': p} for i, p in items.items()})\n"
FUNCTIONS = [
    Case(
        f"a `by` that {what}",
        Told(status, words),
        BOTH,
        later=[{"items": {"phase": 1, "by": "more.py"}}],
        functions={"more.py": body},
    )
    for what, status, words, body in (
        ("is not there", 2, ["more.py"], ""),
        ("takes one", 2, ["expand(item_id, payload)"], "def expand(item_id):\n    return []\n"),
        (
            "gives an id twice",
            2,
            ["the id 'x'", "is there already"],
            "def expand(item_id, payload):\n    yield 'x', 1\n    yield 'x', 2\n",
        ),
        (
            "gives the same id for two items",
            2,
            ["the id 'x', expanded from 'i02', is there already"],
            "def expand(item_id, payload):\n    yield 'x', item_id\n",
        ),
        (
            "gives texts",
            4,
            ["more.py", "not a pair of id and payload"],
            "def expand(item_id, payload):\n    return ['xy', 'zw']\n",
        ),
        ("gives nothing", 4, ["more.py"], "def expand(item_id, payload):\n    return None\n"),
        (
            "gives three things for an item",
            4,
            ["more.py", "not a pair of id and payload"],
            "def expand(item_id, payload):\n    yield item_id, payload, 1\n",
        ),
        (
            "fails",
            4,
            ["more.py", "division by zero"],
            "def expand(item_id, payload):\n    1 / 0\n    yield item_id, payload\n",
        ),
        ("gives what is no JSON", 4, ["more.py"], "def expand(item_id, payload):\n    yield item_id, {1, 2}\n"),
    )
]
FUNCTIONS[0] = FUNCTIONS[0]._replace(functions={})
CONTEXTS = [
    Case(f"a `context` that {what}", Told(status, words), phase={"context": "seen.py"}, functions={"seen.py": body})
    for what, status, words, body in (
        ("takes three", 2, ["context(batch, merged)"], "def context(batch, merged, more):\n    return {}\n"),
        ("fails", 1, ["division by zero"], "def context(batch, merged):\n    return 1 / 0\n"),
        ("gives what is no JSON", 1, ["seen.py"], "def context(batch, merged):\n    return {1, 2}\n"),
    )
]
FUNCTIONS += [
    Case(
        "a `by` that fails for one item of two",
        Told(1, ["division by zero"], main={"i02": {"said": {"n": 2}}}),
        BOTH,
        phase={"batch_size": 1},
        later=[{"items": {"phase": 1, "by": "more.py"}}],
        functions={
            "more.py": "def expand(item_id, payload):\n    1 / (payload['n'] - 1)\n    yield item_id, payload\n"
        },
    ),
]


def mended(small: Small) -> None:
    """A run whose `context` fails, is mended, and done again."""
    small.run(status=1)
    small.write("phase_intelligence/small/seen.py", "def context(batch, merged):\n    return 1\n")
    small.done("retry", f"{NAME}/{TARGET}")
    small.until_ended()


CONTEXTS += [
    Case(
        "a `context` that failed, was mended, and retried",
        Exactly(sessions=1),
        phase={"context": "seen.py"},
        functions={"seen.py": "def context(batch, merged):\n    return 1 / 0\n"},
        before=mended,
    ),
    Case(
        "a `context` that fails for one batch of two",
        Told(1, ["context_failed", "division by zero"], main={"i02": {"said": {"n": 2}}}, sessions=1),
        phase={"context": "seen.py", "batch_size": 1},
        functions={"seen.py": "def context(batch, merged):\n    return 1 / (batch.batch - 1)\n"},
    ),
]
CASES = [*AGENTS, *KEYS, *FILES, *FUNCTIONS, *CONTEXTS]
