"""A wrong target or option is named with what could stand there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.bad_input import ITEMS, RUN, Bad, argued, is_refused, phases
from tests.support.facts_project import SmallProject
from tests.support.repository_content import REPOSITORY

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
    *(
        Bad(f"{option} {value}", (f"supervisor: {option}: has to be ", said), words=(*RUN, option, value))
        for option, value, said in (("--sandbox", "bubblewarp", "Did you mean 'bubblewrap'?"),)
    ),
    Bad("a time that is none", ("'1q' is no time; write seconds, or 90s, 15m",), words=(*RUN, "--timeout", "1q")),
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


@pytest.mark.parametrize("bad", **argued(BAD_TARGETS))
def test_a_wrong_target_is_named(project: SmallProject, bad: Bad) -> None:
    is_refused(project, bad, anew=bad is BAD_TARGETS[0])


@pytest.mark.parametrize("bad", **argued(BAD_OPTIONS))
def test_a_wrong_option_is_named(project: SmallProject, bad: Bad) -> None:
    is_refused(project, bad, anew=bad is BAD_OPTIONS[0])


def test_a_course_of_more_seeds_than_there_are_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "project"
    for name in ("phase_intelligence/course", "validators/course", "prompts/course"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(REPOSITORY / name)
    project = SmallProject(root)
    project.write("vfs/canonical_seeds.json", (REPOSITORY / "vfs/canonical_seeds.json").read_bytes())
    ran = project.supervisor("run", "course", "spa_for_eng_700seeds")
    assert ran.returncode == 2
    assert "spa_for_eng_700seeds asks for 700 items, but there are 668" in ran.stderr
    ran = project.supervisor("run", "course", "spanish")
    assert ran.returncode == 2
    assert "'spanish' is not a target that this pipeline takes" in ran.stderr
    assert "<target>_for_eng_<n>seeds" in ran.stderr
    assert sorted(path.name for path in (root / "vfs").iterdir()) == ["canonical_seeds.json", "items.json"]
