"""Status 0 only where the main file is exactly right; else the reason in words, on the terminal and in `status`."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.misleading.case import Case, Exactly, Told
from tests.misleading.catalogue import CASES, FAULTS
from tests.support.project_folder import Ended
from tests.support.repository_content import REPOSITORY
from tests.support.scripted_project import PIPELINE, TARGET, Small

LIBRARY_WORDS = ("Traceback", "pydantic", "validation error for", "Errno", "loguru")


def last_run(case: Case, small: Small) -> Ended:
    case.lay_out(small)
    if case.before is not None:
        case.before(small)
    return small.cli("run", PIPELINE, TARGET, *case.options)


def main_file(small: Small, phase: int) -> dict[str, Any]:
    """What is in the main file, in its order; nothing where there is none."""
    path = small.path(phase)
    value = json.loads(path.read_bytes()) if path.exists() else {}
    return value if isinstance(value, dict) else {row["id"]: row for row in value}


def lacking(words: Any, text: str) -> list[str]:
    return [word for word in words if word not in text]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            id=case.name,
            marks=[pytest.mark.xfail(strict=True, reason=FAULTS[case.name])] if case.name in FAULTS else [],
        )
        for case in CASES
    ],
)
def test_it_is_believed_only_where_it_is_right(small: Small, case: Case) -> None:
    ended = last_run(case, small)
    shown = ended.out + ended.err
    main = main_file(small, 1 + len(case.later))
    if isinstance(case.comes, Exactly):
        assert (ended.status, list(main.items())) == (0, list(case.right.items())), shown
    else:
        assert ended.status == case.comes.status, f"{shown}\nmain file: {main}"
        expected = {} if case.comes.main is None else case.comes.main
        if isinstance(expected, int):
            assert len(main) == expected, main
            expected = {item_id: case.right[item_id] for item_id in main}
        assert main == expected, shown
        has_job = small.job_status() is not None
        assert has_job or ended.status in (1, 2, 4), shown
        if has_job and small.job_status() != "completed":  # else nothing was begun that it could tell of
            status = small.cli("status", f"{PIPELINE}/{TARGET}").out
            assert not lacking(case.comes.words, status), f"`status` says:\n{status}\nthe terminal:\n{shown}"
    assert not lacking(case.comes.words, shown), shown
    assert not [word for word in LIBRARY_WORDS if word in shown], shown
    if case.comes.sessions is not None:
        assert len(small.rows("SELECT 1 FROM attempts")) == case.comes.sessions, shown


def test_there_are_at_least_a_hundred_and_the_documents_say_how_many() -> None:
    assert len(CASES) >= 100
    assert len({case.name for case in CASES}) == len(CASES)
    assert set(FAULTS) <= {case.name for case in CASES}
    said = (REPOSITORY / "docs/reliability.md").read_text(encoding="utf-8")
    assert re.findall(r"(\d+) (?:small )?cases, (?:all as they say|each a project)", said) == [str(len(CASES))] * 2


def test_each_says_why_it_is_not_believed() -> None:
    assert not [
        case.name for case in CASES if isinstance(case.comes, Told) and not (case.comes.words and case.comes.status)
    ]
