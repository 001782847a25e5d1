"""Something wrong that a person writes, and the look whether it is named and nothing is made of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.support.facts_project import SmallProject, pipeline_text, plain_words

PIPELINE = "phase_intelligence/facts/pipeline.toml"
ITEMS = "vfs/items.json"
RUN = ("run", "facts", "demo")


class Bad(NamedTuple):
    """Something wrong with a project or a command, and what has to stand in the message about it."""

    id: str
    said: tuple[str, ...]
    files: dict[str, str | bytes | None] = {}  # noqa: RUF012 - never changed
    """Written over the small project's; None deletes."""
    words: tuple[str, ...] = RUN
    status: int = 2
    env: dict[str, str] = {}  # noqa: RUF012


def phases(*changed: dict[str, Any], **top: Any) -> dict[str, str | bytes | None]:
    return {PIPELINE: pipeline_text(*changed or ({},), **top)}


def argued(cases: list[Bad]) -> dict[str, Any]:
    return {"argvalues": cases, "ids": [case.id.replace(" ", "_") for case in cases]}


def is_refused(project: SmallProject, bad: Bad, *, anew: bool) -> None:
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
