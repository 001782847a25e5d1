"""What is wrong with a pipeline file, or with a file that it names, is named with its place and the remedy."""

from __future__ import annotations

import pytest

from tests.cli.bad_input import PIPELINE, Bad, argued, is_refused, phases
from tests.support.facts_project import SmallProject, pipeline_text

SECOND = {"id": 2, "output": "second.json"}
BAD_PIPELINES = [
    Bad(
        "unknown pipeline, near",
        ("there is no pipeline 'fact'", "fact/pipeline.toml is missing", "Did you mean 'facts'?"),
        words=("run", "fact", "demo"),
    ),
    Bad(
        "unknown pipeline, unlike any",
        ("there is no pipeline 'zzz'", "This project has: facts."),
        words=("run", "zzz", "x"),
    ),
    Bad(
        "no pipelines at all",
        ("there is no pipeline 'facts'", "Make phase_intelligence/facts/pipeline.toml"),
        {PIPELINE: None},
    ),
    Bad(
        "pipeline that is a path",
        ("there is no pipeline '../facts'", "Did you mean 'facts'?"),
        words=("run", "../facts", "x"),
    ),
    Bad(
        "name is not the folder's",
        (PIPELINE, "named 'fax'", "its folder is 'facts'", "Make them equal"),
        phases(name="fax"),
    ),
    Bad("not TOML", (PIPELINE, "not TOML", "line 2", "Correct the file"), {PIPELINE: "name = 'facts'\n[[phases]\n"}),
    Bad("not UTF-8", (PIPELINE, "not TOML", "Correct the file"), {PIPELINE: b"name = 'f\xe4cts'"}),
    Bad("no phases", (PIPELINE, "phases: missing; add it"), {PIPELINE: "name = 'facts'\ncollection = 'facts'\n"}),
    Bad(
        "empty phases",
        (PIPELINE, "phases: has to be a list of tables that is not empty"),
        {PIPELINE: pipeline_text(phases=[])},
    ),
    Bad("unknown key", (PIPELINE, "colection: unknown key; did you mean 'collection'?"), phases(colection="x")),
    Bad(
        "unknown key of a phase",
        (PIPELINE, "phases[2].valdator: unknown key; did you mean 'validator'?"),
        phases({}, {**SECOND, "valdator": "x.py"}),
    ),
    Bad(
        "unknown key of items",
        ("phases[2].items.phas: unknown key; did you mean 'phase'?",),
        phases({}, {**SECOND, "items": {"phase": 1, "phas": 1}}),
    ),
    Bad("missing key of a phase", (PIPELINE, "phases[1].output: missing; add it"), phases({"output": None})),
    Bad(
        "wrong type",
        ("phases[1].batch_size: has to be a whole number from 1 to 100,000; it is 'all'",),
        phases({"batch_size": "all"}),
    ),
    Bad("out of range", ("phases[1].max_attempts: ", "it is 0"), phases({"max_attempts": 0})),
    Bad(
        "unknown way to merge", ("phases[1].merge: ", "'object' or 'array'", "it is 'both'"), phases({"merge": "both"})
    ),
    Bad("collection is a path", (PIPELINE, "collection: ", "it is '../x'"), phases(collection="../x")),
    Bad("output is a path", ("phases[1].output: ", "it is '../x.json'"), phases({"output": "../x.json"})),
    Bad(
        "intelligence is a path",
        ("phases[1].intelligence: ", "it is '../how.md'"),
        phases({"intelligence": "../how.md"}),
    ),
    Bad(
        "items from an unknown phase",
        (PIPELINE, "phase 2 takes its items from phase 7", "does not stand before it"),
        phases({}, {**SECOND, "items": {"phase": 7}}),
    ),
    Bad(
        "items from a later phase",
        ("phase 1 takes its items from phase 2", "does not stand before it"),
        phases({"items": {"phase": 2}}, SECOND),
    ),
    Bad(
        "items from itself",
        ("phase 1 takes its items from phase 1", "does not stand before it"),
        phases({"items": {"phase": 1}}),
    ),
    Bad("doubled phase", (PIPELINE, "phase id 1 stands twice"), phases({}, {"output": "second.json"})),
    Bad("doubled output", (PIPELINE, "phase 1 and phase 2 both write facts.json"), phases({}, {"id": 2})),
    Bad("target rule does not compile", ("target.pattern: not a regular expression",), phases(target={"pattern": "("})),
    Bad(
        "items lead out of the project", (PIPELINE, "'../x' leads out", "inside the project"), phases({"items": "../x"})
    ),
    Bad("items are absolute", (PIPELINE, "'/etc/passwd' leads out"), phases({"items": "/etc/passwd"})),
    Bad(
        "items with an unknown part of the target",
        (PIPELINE, "phase 1: items", "{lang}", "Use one of: {target}."),
        phases({"items": "vfs/{lang}.json"}),
    ),
    Bad(
        "limit with an unknown part of the target",
        (PIPELINE, "phase 1: limit", "{n}", "Use one of: {target}, {seeds}"),
        phases({"limit": "{n}"}, target={"pattern": "(?P<seeds>[0-9]+)"}),
    ),
    Bad("limit is no number", ("the limit 'ten' is not a number", "phase 1"), phases({"limit": "ten"})),
    Bad("limit is a digit of another kind", ("the limit '²' is not a number", "phase 1"), phases({"limit": "²"})),
    Bad("empty command as validator", (PIPELINE, "phase 1: validator is an empty command"), phases({"validator": []})),
    Bad(
        "validator's command is not there",
        (PIPELINE, "phase 1: ", "validator", "'no-such-program'", "Install it"),
        {**phases({"validator": ["no-such-program", "check"]}), "validators/facts/notes.md": ""},
    ),
    Bad(
        "validator's command is not there beside the validators",
        (PIPELINE, "'./check.sh' is not there or cannot be executed"),
        {**phases({"validator": ["./check.sh"]}), "validators/facts/check.sh": "not made executable"},
    ),
    Bad(
        "folder for the validator's command is not there",
        (PIPELINE, "the validator is run in validators/facts, which is not there", "Make that folder"),
        phases({"validator": ["sh", "check.sh"]}),
    ),
    Bad(
        "validator is no Python file",
        (PIPELINE, "validator 'check.sh' is not the name of a Python file", "as a list of its words"),
        phases({"validator": "check.sh"}),
    ),
    Bad(
        "validator is a command as one text",
        ("validator 'node check.cjs' is not the name", 'validator = ["node", "check.cjs"]'),
        phases({"validator": "node check.cjs"}),
    ),
    *(
        Bad(
            f"{key} is missing",
            (PIPELINE, f"phase {phase['id']}: {key} names {place}, which is not there", "Write that file"),
            phases({}, phase) if phase["id"] == 2 else phases(phase),
        )
        for key, place, phase in (
            ("intelligence", "phase_intelligence/facts/none.md", {"id": 1, "intelligence": "none.md"}),
            ("validator", "validators/facts/none.py", {"id": 1, "validator": "none.py"}),
            ("context", "phase_intelligence/facts/none.py", {"id": 1, "context": "none.py"}),
            ("prompt", "prompts/facts/none.j2", {"id": 1, "prompt": "none.j2"}),
            (
                "items.by",
                "phase_intelligence/facts/none.py",
                {**SECOND, "items": {"phase": 1, "by": "none.py"}},
            ),
        )
    ),
    *(
        Bad(
            f"{key} does not compile",
            (f"{place}, line 2: not Python", "Correct the file"),
            {**phases({}, {**SECOND, "items": {"phase": 1}, **phase}), place: "import json\ndef f(:\n"},
        )
        for key, place, phase in (
            ("validator", "validators/facts/v.py", {"validator": "v.py"}),
            ("context", "phase_intelligence/facts/c.py", {"context": "c.py"}),
            ("by", "phase_intelligence/facts/b.py", {"items": {"phase": 1, "by": "b.py"}}),
        )
    ),
    Bad(
        "prompt template is malformed",
        ("prompts/facts/batch.md.j2, line 2: ", "phase 1 is malformed", "Correct the template"),
        {"prompts/facts/batch.md.j2": "Hello\n{% if %}"},
    ),
    Bad(
        "prompt template uses a name that there is not",
        ("prompts/facts/mine.j2", "uses 'itmes'", "Did you mean 'items'?", "It may use: intelligence, "),
        {**phases({"prompt": "mine.j2"}), "prompts/facts/mine.j2": "Do {{ itmes }} into {{ output_file }}"},
    ),
    Bad(
        "prompt template extends one that there is not",
        ("prompts/facts/batch.md.j2", "made from 'none.j2', which is not there", "Correct the template"),
        {"prompts/facts/batch.md.j2": "{% extends 'none.j2' %}"},
    ),
    Bad(
        "prompt template is not UTF-8",
        ("prompts/facts/batch.md.j2", "not valid UTF-8 (byte 2)", "Correct the template"),
        {"prompts/facts/batch.md.j2": b"gr\xfc\xdf dich"},
    ),
    Bad(
        "intelligence is not UTF-8",
        ("phase_intelligence/facts/how.md", "not valid UTF-8", "Write it in UTF-8"),
        {"phase_intelligence/facts/how.md": b"gr\xfc\xdf dich"},
    ),
]


@pytest.mark.parametrize("bad", **argued(BAD_PIPELINES))
def test_a_wrong_pipeline_is_named(project: SmallProject, bad: Bad) -> None:
    is_refused(project, bad, anew=bad is BAD_PIPELINES[0])
