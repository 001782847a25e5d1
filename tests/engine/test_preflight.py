"""What cannot work is said before the first session, alike by `run`, `start` and `doctor`."""

from __future__ import annotations

import pytest

from tests.support.scripted_project import TARGET, Small, numbered

PASSES = "def validate(batch, output, merged):\n    return ValidationReport()\n"
BROKEN = {
    "two arguments": (
        "def validate(batch, output):\n    return ValidationReport()\n",
        "validate(batch, output) cannot be called with 3 arguments",
    ),
    "import": (f"import no_such_module\n{PASSES}", "ModuleNotFoundError: No module named 'no_such_module'"),
    "no function": ("def validates():\n    pass\n", "it has no function validate()"),
    "never ends": (f"import time\ntime.sleep(100000)\n{PASSES}", "it did not answer within 0.5 s"),
}


def refused(small: Small, *words: str) -> None:
    """By all three, with the same words, and no session."""
    for command in ("run", "start"):
        ended = small.done(command, "small", "demo", status=2)
        assert all(word in " ".join(ended.err.split()) for word in words), ended.err
    looked = small.cli("doctor")
    assert all(word in " ".join(looked.out.split()) for word in words), looked.out
    assert not small.sessions()


@pytest.mark.parametrize("fault", list(BROKEN))
def test_a_validator_that_cannot_be_called(small: Small, fault: str) -> None:
    body, words = BROKEN[fault]
    phase = {"validator": "v.py", "validator_timeout": 0.5 if fault == "never ends" else 60.0}
    small.lay_out(numbered(2), phases=[phase], validators={"v.py": body})
    refused(small, words, "validators/small/v.py", "phase 1")
    small.write_validator("v.py", PASSES)
    if fault != "never ends":
        small.run()


@pytest.mark.parametrize(
    ("phase", "file", "body"),
    [
        ({"context": "c.py"}, "c.py", "def context(batch):\n    return 1\n"),
        ({"items": {"phase": 1, "by": "b.py"}}, "b.py", "def expand(item_id):\n    return []\n"),
    ],
)
def test_functions_for_items_and_context_as_well(small: Small, phase: dict[str, object], file: str, body: str) -> None:
    small.lay_out(numbered(2), phases=[{}, phase], functions={file: body})
    refused(small, "cannot be called with 2 arguments", f"phase_intelligence/small/{file}", "phase 2")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("{promptfile}", "{promptfile} stands for nothing: did you mean {prompt_file}?"),
        ("--out={result}", "{result} stands for nothing"),
        ("cat {promptfile} > x", "did you mean {prompt_file}?"),
    ],
)
def test_a_placeholder_that_stands_for_nothing(small: Small, word: str, said: str) -> None:
    small.lay_out(numbered(2))
    settings = small.root / "supervisor.toml"
    settings.write_text(settings.read_text().replace('plain.py"]', f'plain.py", "{word}"]'))
    refused(small, said)


def test_braces_of_a_script_are_its_own(small: Small) -> None:
    small.lay_out(numbered(2))
    settings = small.root / "supervisor.toml"
    settings.write_text(settings.read_text().replace('plain.py"]', 'plain.py", "${HOME} {x} and {y}", "${PATH}"]'))
    small.run()


def other_pipeline(small: Small, **changed: str) -> None:
    """A second pipeline beside `small`, as like it as can be."""
    text = (small.root / "phase_intelligence/small/pipeline.toml").read_text()
    for before, after in {'name = "small"': 'name = "other"', **changed}.items():
        text = text.replace(before, after)
    small.write("phase_intelligence/other/pipeline.toml", text)
    small.write("phase_intelligence/other/phase_1.md", "# Phase 1\n")


def test_two_pipelines_that_would_write_the_same_file(small: Small) -> None:
    small.lay_out(numbered(2))
    other_pipeline(small)
    refused(small, "pipeline 'small'", "pipeline 'other'", "would both write", "out_1.json")


def test_another_collection_or_file_is_another_file(small: Small) -> None:
    small.lay_out(numbered(2))
    other_pipeline(small, **{"out_1.json": "out_9.json"})
    small.run()
    small.done("run", "other", "demo")


def test_a_program_that_is_not_there(small: Small) -> None:
    small.lay_out(numbered(2))
    settings = small.root / "supervisor.toml"
    settings.write_text('agent = "plain"\n[agents.plain]\ncommand = ["no-such-program"]\n')
    for command in ("run", "start"):
        assert "'no-such-program' is not there" in small.done(command, "small", "demo", status=4).err
    assert "'no-such-program' is not there" in small.cli("doctor").out


@pytest.mark.parametrize("place", ["vfs/made", f"vfs/made/{TARGET}"])
@pytest.mark.parametrize("command", ["run", "start"])
def test_what_stands_where_results_are_to_go(small: Small, place: str, command: str) -> None:
    small.lay_out(numbered(2))
    (small.root / place).parent.mkdir(parents=True, exist_ok=True)
    (small.root / place).symlink_to("/nowhere/at-all")
    ended = small.done(command, "small", TARGET, status=2)
    assert f"{place}: a link that leads to no folder stands where results are to go" in ended.err
    (small.root / place).unlink()
    small.write(place, "")
    assert f"{place}: no folder stands where results are to go" in small.done(command, "small", TARGET, status=2).err
    assert not small.sessions()
