"""What a person writes wrongly is named with its file, its place and the remedy; nothing is made of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.facts_project import SmallProject, pipeline_text, plain_words, toml

PIPELINE = "phase_intelligence/facts/pipeline.toml"
ITEMS = "vfs/items.json"
RUN = ("run", "facts", "demo")
AGENTS = "claude, codex, gemini, mine, opencode, phrasebook"


class Bad(NamedTuple):
    """Something wrong with a project or a command, and what has to stand in the message about it."""

    id: str
    said: tuple[str, ...]
    files: dict[str, str | bytes | None] = {}  # noqa: RUF012 - never changed
    """Written over the small project's; None deletes."""
    words: tuple[str, ...] = RUN
    status: int = 2
    env: dict[str, str] = {}  # noqa: RUF012


def settings(text: str) -> dict[str, str | bytes | None]:
    return {"supervisor.toml": text}


def phases(*changed: dict[str, Any], **top: Any) -> dict[str, str | bytes | None]:
    return {PIPELINE: pipeline_text(*changed or ({},), **top)}


def items(content: str | bytes, name: str = ITEMS) -> dict[str, str | bytes | None]:
    return {**phases({"items": name}), name: content}


MINE = f"[agents.mine]\ncommand = {toml([sys.executable, '{project}/agents/mine.py'])}\n"
DEEP = "[" * 300 + "]" * 300
SECOND = {"id": 2, "output": "second.json"}

BAD_SETTINGS = [
    Bad("no project", ("no project here", "supervisor.toml", "supervisor init"), {"supervisor.toml": None}),
    Bad("not TOML", ("supervisor.toml: not TOML", "line 1", "Correct the file"), settings("agent = = 1")),
    Bad("not UTF-8", ("supervisor.toml: not TOML", "Correct the file"), {"supervisor.toml": b"agent = '\xff'"}),
    Bad("unknown setting", ("supervisor.toml: concurency", "did you mean 'concurrency'?"), settings("concurency = 2")),
    Bad("unknown setting unlike any", ("zzz: unknown key", "known here: agent, model"), settings("zzz = 2")),
    Bad(
        "wrong type",
        ("supervisor.toml: concurrency: ", "valid integer", "it is 'many'"),
        settings("concurrency = 'many'"),
    ),
    Bad("out of range", ("concurrency: ", "greater than or equal to 1", "it is 0"), settings("concurrency = 0")),
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
    Bad("command as one text", ("agents.mine.command: ", "it is 'sh x'"), settings("[agents.mine]\ncommand = 'sh x'")),
    Bad("command without words", ("agents.mine.command: ", "at least 1"), settings("[agents.mine]\ncommand = []")),
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
    Bad(
        "program of the agent is missing",
        ("agent 'mine'", "'no-such-program' is not there", "correct `command` under [agents.mine]"),
        settings("[agents.mine]\ncommand = ['no-such-program']"),
        status=4,
    ),
]

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
    Bad("empty phases", (PIPELINE, "phases: ", "at least 1"), {PIPELINE: pipeline_text(phases=[])}),
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
    Bad("wrong type", ("phases[1].batch_size: ", "valid integer", "it is 'all'"), phases({"batch_size": "all"})),
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
    Bad("doubled output", (PIPELINE, "two phases write facts.json"), phases({}, {"id": 2})),
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

BAD_ITEMS = [
    Bad("missing", (ITEMS, "cannot be read: No such file", "JSON Lines"), {ITEMS: None}),
    Bad("a folder", ("vfs: ", "cannot be read: Is a directory"), phases({"items": "vfs"})),
    Bad("empty", (ITEMS, "the file is empty", "written as []"), items("  \n")),
    Bad("not JSON", (ITEMS, "not JSON at line 1, column 7", "Correct the file"), items('{"a": }')),
    Bad("two values", (ITEMS, "not JSON at line 2, column 1"), items("[]\n[]")),
    Bad("not UTF-8", (ITEMS, "byte 2 is not valid UTF-8"), items(b'["\xff"]')),
    Bad("NaN", (ITEMS, "NaN is not JSON"), items('{"a": NaN}')),
    Bad("a number too large for a float", (ITEMS, "the number -1e999 is too large"), items('{"a": {"n": -1e999}}')),
    Bad("too deep", (ITEMS, "levels deep"), items(f'{{"a": {DEEP}}}')),
    Bad("half a surrogate pair", (ITEMS, "surrogate"), items(r'{"a": "\ud800"}')),
    Bad(
        "a name twice in one item",
        (ITEMS, "the name 'n' stands twice in one object"),
        items('{"a": {"n": 1, "n": 2}}'),
    ),
    Bad("neither object nor array", (ITEMS, "neither an object nor an array", "JSON Lines"), items('"a"')),
    Bad(
        "an id twice in an object",
        (ITEMS, "the id 'a' stands twice: member 1 and member 3", "an id of its own"),
        items('{"a": {"n": 1}, "b": {"n": 1}, "a": {"n": 2}}'),
    ),
    Bad(
        "an id twice in an array",
        (ITEMS, "the id 'a' stands twice: entry 1 and entry 3", "an id of its own"),
        items('[{"id": "a"}, ["b"], ["a", 2]]'),
    ),
    Bad(
        "an id twice, as number and as text",
        (ITEMS, "the id '1' stands twice: entry 1 and entry 2"),
        items('[{"id": 1}, {"id": "1"}]'),
    ),
    Bad(
        "an id twice in lines",
        ("items.jsonl: the id 'a' stands twice: line 1 and line 3", "an id of its own"),
        items('{"id": "a"}\n\n{"id": "a"}\n', "vfs/items.jsonl"),
    ),
    Bad("empty id", (f"{ITEMS}, the member ", "the id is empty"), items('{"  ": {}}')),
    Bad("empty id in an array", (f"{ITEMS}, entry 2", "the id is empty"), items('[["a"], [""]]')),
    Bad(
        "id with control characters",
        (f"{ITEMS}, entry 1", r"the id 'a\x07b' has control characters"),
        items(r'[["a\u0007b"]]'),
    ),
    Bad("id with a line break", (f"{ITEMS}, entry 1", "line breaks"), items(r'[["a\u2028b"]]')),
    Bad("id too long", (f"{ITEMS}, entry 1", "longer than 200"), items(json.dumps([["x" * 201]]))),
    Bad("id is a number too long", (f"{ITEMS}, entry 1", "longer than 200"), items(f"[[{'1' * 201}]]")),
    Bad("id is no text", (f"{ITEMS}, entry 1", "the id 1.5 is not text"), items('[{"id": 1.5}]')),
    Bad("id is a truth value", (f"{ITEMS}, entry 1", "the id True is not text"), items("[[true]]")),
    Bad("row without id", (f"{ITEMS}, entry 2", "the entry has no `id`"), items('[{"id": 1}, {"n": 1}]')),
    Bad("row without entries", (f"{ITEMS}, entry 1", "empty array"), items("[[]]")),
    Bad("row of another kind", (f"{ITEMS}, entry 1", "neither an object with `id` nor an array"), items('["a"]')),
    Bad(
        "a bad line",
        ("vfs/items.jsonl, line 3", "not JSON at line 1, column 1", "Correct the file"),
        items('{"id": "a"}\n{"id": "b"}\noops\n', "vfs/items.jsonl"),
    ),
    Bad(
        "a line without id",
        ("vfs/items.jsonl, line 2", "the entry has no `id`"),
        items('{"id": "a"}\n{"n": 2}\n', "vfs/items.jsonl"),
    ),
    Bad(
        "a name twice in a line",
        ("vfs/items.jsonl, line 1", "the name 'n' stands twice"),
        items('{"id": "a", "n": 1, "n": 2}\n', "vfs/items.jsonl"),
    ),
    Bad(
        "fewer than the target asks for",
        (ITEMS, "x_700seeds asks for 700 items, but there are 3", "Ask for 3 at most"),
        phases({"limit": "{seeds}"}, target={"pattern": "x_(?P<seeds>[0-9]+)seeds"}),
        words=("run", "facts", "x_700seeds"),
    ),
]

RULE = phases(target={"pattern": "[a-z]{3}_for_eng", "description": "<target>_for_eng"})
BAD_TARGETS = [
    *(
        Bad(
            name,
            (f"{target!r} cannot be a target", "target of facts", "1 to 64 of the characters a-z, 0-9 and _"),
            words=("run", "facts", target),
        )
        for name, target in (
            ("uppercase", "Demo"),
            ("path", "../demo"),
            ("empty", ""),
            ("65 characters", "x" * 65),
            ("line break", "demo\n"),
            ("other letters", "día"),
        )
    ),
    Bad(
        "not of the pipeline's pattern",
        ("'demo' is not a target that this pipeline takes", "Use <target>_for_eng."),
        RULE,
    ),
    Bad(
        "only a part is of the pipeline's pattern",
        ("'spa_for_eng_x' is not a target",),
        RULE,
        words=("run", "facts", "spa_for_eng_x"),
    ),
]

BAD_OPTIONS = [
    *(
        Bad(f"{option} {value}", ("Invalid value for", f"'{option}'"), words=(*RUN, option, value))
        for option, value in (
            ("--concurrency", "0"),
            ("--batch-size", "100001"),
            ("--max-attempts", "-1"),
            ("--max-attempts", "three"),
            ("--timeout", "0"),
            ("--timeout", "nan"),
            ("--faults", "1.5"),
            ("--faults", "nan"),
        )
    ),
    Bad(
        "option in the environment",
        ("Invalid value for", "'SUPERVISOR_CONCURRENCY'"),
        env={"SUPERVISOR_CONCURRENCY": "many"},
    ),
    Bad("unknown option", ("No such option: --concurency", "--concurrency"), words=(*RUN, "--concurency", "1")),
    Bad(
        "unknown agent, near",
        (
            "--agent, or `agent` in supervisor.toml: there is no agent 'mien'",
            "Did you mean 'mine'?",
            "Here are: claude, codex, gemini, mine, opencode, phrasebook",
            "[agents.mien]",
        ),
        words=(*RUN, "--agent", "mien"),
    ),
    Bad(
        "faults of another agent",
        ("--faults: agent 'mine' cannot be asked for faults", "--agent phrasebook"),
        words=(*RUN, "--faults", "0.5"),
    ),
    Bad("no target", ("Missing argument",), words=("run", "facts")),
    Bad("unknown command", ("No such command 'rnu'",), words=("rnu",)),
    Bad("a project that is no folder", ("no such directory", "--project DIR"), words=(*RUN, "--project", "none")),
    Bad(
        "started in the background",
        ("there is no pipeline 'fact'", "Did you mean 'facts'?"),
        words=("start", "fact", "demo"),
    ),
    Bad("batch that no store can hold", ("'--batch'",), words=("logs", "--batch", "9" * 25)),
    Bad(
        "unknown phase to judge",
        ("facts has no phase 7", "Its phases are: 1."),
        words=("validate", "facts", "7", ITEMS),
    ),
    Bad(
        "no file to judge", ("none.json: cannot be read: No such file",), words=("validate", "facts", "1", "none.json")
    ),
    Bad(
        "whose answers they are cannot be told",
        (ITEMS, "cannot be told from where it lies", "--target TARGET"),
        words=("validate", "facts", "1", ITEMS),
    ),
    Bad(
        "input that is none",
        (ITEMS, "no input file of a session", "--input"),
        words=("validate", "facts", "1", ITEMS, "--input", ITEMS),
    ),
]


def _ids(cases: list[Bad]) -> dict[str, Any]:
    return {"argvalues": cases, "ids": [case.id.replace(" ", "_") for case in cases]}


def _is_refused(project: SmallProject, bad: Bad, *, anew: bool) -> None:
    for name, content in bad.files.items():
        if content is None:
            (project.root / name).unlink()
        else:
            project.write(name, content)
    before = project.files()
    ran = project.supervisor(*bad.words, env=bad.env, anew=anew)
    said = plain_words(ran.stderr)
    assert "Traceback" not in ran.stderr
    assert [words for words in bad.said if words not in said] == [], said
    assert (ran.returncode, ran.stdout) == (bad.status, ""), said
    assert project.files() == before


@pytest.mark.parametrize("bad", **_ids(BAD_SETTINGS))
def test_a_wrong_setting_is_named(project: SmallProject, bad: Bad) -> None:
    _is_refused(project, bad, anew=bad is BAD_SETTINGS[0])


@pytest.mark.parametrize("bad", **_ids(BAD_PIPELINES))
def test_a_wrong_pipeline_is_named(project: SmallProject, bad: Bad) -> None:
    _is_refused(project, bad, anew=bad is BAD_PIPELINES[0])


@pytest.mark.parametrize("bad", **_ids(BAD_ITEMS))
def test_a_wrong_item_is_named(project: SmallProject, bad: Bad) -> None:
    _is_refused(project, bad, anew=bad is BAD_ITEMS[0])


@pytest.mark.parametrize("bad", **_ids(BAD_TARGETS))
def test_a_wrong_target_is_named(project: SmallProject, bad: Bad) -> None:
    _is_refused(project, bad, anew=bad is BAD_TARGETS[0])


@pytest.mark.parametrize("bad", **_ids(BAD_OPTIONS))
def test_a_wrong_option_is_named(project: SmallProject, bad: Bad) -> None:
    _is_refused(project, bad, anew=bad is BAD_OPTIONS[0])


def test_a_course_of_more_seeds_than_there_are_is_refused(tmp_path: Path) -> None:
    repository = Path(__file__).parents[2]
    root = tmp_path / "project"
    for name in ("phase_intelligence/course", "validators/course", "prompts/course"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(repository / name)
    project = SmallProject(root)
    project.write("vfs/canonical_seeds.json", (repository / "vfs/canonical_seeds.json").read_bytes())
    ran = project.supervisor("run", "course", "spa_for_eng_700seeds")
    assert ran.returncode == 2
    assert "spa_for_eng_700seeds asks for 700 items, but there are 668" in ran.stderr
    ran = project.supervisor("run", "course", "spanish")
    assert ran.returncode == 2
    assert "'spanish' is not a target that this pipeline takes" in ran.stderr
    assert "<target>_for_eng_<n>seeds" in ran.stderr
    assert sorted(path.name for path in (root / "vfs").iterdir()) == ["canonical_seeds.json", "items.json"]
