"""A job of a pipeline with a version keeps the files that it began with; a new job takes those that are there now."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.support import processes
from tests.support.project_folder import Session
from tests.support.scripted_project import PIPELINE, Small, numbered, open_gate

SHOW = """
import re
version = re.search("Rules of version ([0-9]+)", (here / "prompt.md").read_text())[1]
if (phase, batch, version) == (1, 2, "1"):
    wait_at("gate")
write({i: {"rules": version, "given": p} for i, p in items.items()})
"""
ONLY = """
from rules import ALLOWED


def validate(batch, output, merged):
    errors = [ValidationError(type="wrong_version", item_id=i, message=f"not {ALLOWED}", suggestion="none")
              for i in batch.items if output[i]["rules"] != ALLOWED]
    return ValidationReport(errors=errors)
"""
FUNCTION = """
def expand(item_id, payload):
    yield f"{item_id}-of-NUMBER", payload["rules"]
"""


def write_version(small: Small, number: int, *, kept: bool = True) -> None:
    """All files of the pipeline, as they are in a version; not `kept`: the pipeline says no version."""
    small.write_phases(
        [{"validator": "only.py"}, {"items": {"phase": 1, "by": "letters.py"}, "output": f"two_{number}.json"}]
    )
    folder = f"phase_intelligence/{PIPELINE}"
    pipeline = small.root / folder / "pipeline.toml"
    if kept:
        pipeline.write_text(f"version = {number}\n{pipeline.read_text(encoding='utf-8')}", encoding="utf-8")
    for phase in (1, 2):
        small.write(f"{folder}/phase_{phase}.md", f"# Rules of version {number}\n")
    small.write(f"{folder}/letters.py", FUNCTION.replace("NUMBER", str(number)))
    small.write(f"validators/{PIPELINE}/rules.py", f'ALLOWED = "{number}"\n')
    small.write(f"validators/{PIPELINE}/only.py", f"from supervisor import ValidationError, ValidationReport\n{ONLY}")


def laid_out(small: Small, *, kept: bool = True) -> Small:
    small.lay_out(numbered(6), agent=SHOW)
    write_version(small, 1, kept=kept)
    return small


def killed_halfway(small: Small) -> None:
    """Run until the first batch of three is merged and the second has a session, then kill -9."""
    running = small.begin_run("--concurrency", "1")
    running.line_with("phase 1 batch 1/3: 2 items merged")
    small.at_gate()
    running.kill()
    processes.none_left(small.root)


def gone_on(small: Small) -> None:
    """Run what is left; the batch that was cut off has another session, which is let through the gate."""
    running = small.begin_run()
    open_gate(next(each for each in small.at_gate(count=2) if each.number > 1))
    assert running.end() == 0, running.err


def rules_of(sessions: Sequence[Session]) -> set[str]:
    return {each.prompt.partition("Rules of version ")[2][0] for each in sessions}


def made(small: Small, name: str) -> list[str]:
    """The ids of a main file."""
    return list(json.loads((small.folder / name).read_text(encoding="utf-8")))


def answered(small: Small) -> dict[str, str]:
    return {item: value["rules"] for item, value in small.main().items()}


def test_a_job_that_was_killed_goes_on_with_the_version_that_it_began_with(small: Small) -> None:
    laid_out(small)
    killed_halfway(small)
    write_version(small, 2)
    gone_on(small)
    assert rules_of(small.sessions()) == {"1"}
    assert set(answered(small).values()) == {"1"}
    assert sorted(made(small, "two_1.json")) == [f"i{n:02}-of-1" for n in range(1, 7)]
    assert not (small.folder / "two_2.json").exists()


def test_begun_anew_it_takes_the_version_that_is_there(small: Small) -> None:
    laid_out(small)
    killed_halfway(small)
    write_version(small, 2)
    small.run("--fresh")
    assert set(answered(small).values()) == {"2"}
    assert sorted(made(small, "two_2.json")) == [f"i{n:02}-of-2" for n in range(1, 7)]


def test_a_completed_job_is_not_touched_by_a_new_version(small: Small) -> None:
    laid_out(small)
    small.write("agents/plain.py", (small.root / "agents/plain.py").read_text().replace('wait_at("gate")', "pass"))
    small.run()
    before = {path.name: path.read_bytes() for path in small.folder.glob("*.json")}
    names = [each.name for each in small.sessions()]
    write_version(small, 2)
    ended = small.run("--redo-changed")
    assert {path.name: path.read_bytes() for path in small.folder.glob("*.json")} == before
    assert [each.name for each in small.sessions()] == names
    assert "changed" not in ended.out + ended.err


def test_two_jobs_of_two_versions_run_side_by_side(small: Small) -> None:
    laid_out(small)
    small.done("start", PIPELINE, "demo", "--concurrency", "1")
    (session,) = small.at_gate()
    write_version(small, 2)
    small.done("start", PIPELINE, "second")
    assert small.until_ended("second") == "completed"
    open_gate(session)
    assert small.until_ended("demo") == "completed"
    for job, version in (("job1-", "1"), ("job2-", "2")):
        assert rules_of([each for each in small.sessions() if each.name.startswith(job)]) == {version}


def test_a_job_goes_on_while_the_files_of_the_next_version_are_broken(small: Small) -> None:
    laid_out(small)
    killed_halfway(small)
    small.write(f"phase_intelligence/{PIPELINE}/pipeline.toml", "version = \n")
    gone_on(small)
    assert set(answered(small).values()) == {"1"}


def test_without_a_version_a_job_follows_the_files(small: Small) -> None:
    laid_out(small, kept=False)
    killed_halfway(small)
    write_version(small, 2, kept=False)
    small.run()
    assert set(answered(small).values()) == {"1", "2"}
