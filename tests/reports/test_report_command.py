"""`supervisor report` writes a page about a job that really ran."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.reports.html_reading import Page
from tests.support.scripted_project import WAITS, Small, numbered, tells

TELLS = tells(cost_usd=0.25, input_tokens=10, output_tokens=2)
AGENT = f"{TELLS}write(answers() if batch > 1 or (session > 1 and phase == 1) else dict(list(answers().items())[:1]))\n"
"""The first batch of each phase is answered too little: in the first phase once, in the second always."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Small:
    root = tmp_path_factory.mktemp("reported").resolve() / "project"
    root.mkdir()
    small = Small(root).lay_out(numbered(6), agent=AGENT, phases=[{}, {"batch_size": 3, "max_attempts": 2}])
    small.run(status=1)
    return small


@pytest.fixture(scope="module")
def page(ran: Small) -> Page:
    ended = ran.done("report", "small/demo")
    assert ended.out == "report of job 1 small/demo in vfs/made/demo/small_demo_report.html\n"
    assert ended.err == ""
    return Page((ran.folder / "small_demo_report.html").read_bytes())


def test_its_head_says_what_the_job_came_to(page: Page) -> None:
    for words in (
        "Report of job 1",
        "◐ completed with gaps",
        "5 of 6 items",
        "cost $1.75",
        "tokens 84",
        "70 in, 14 out",
    ):
        assert words in page.words
    assert "sessions 7 7 counted as attempts" in page.words
    assert "retries 2 28.6 % of attempts" in page.words


def test_its_tables_say_what_was_tried_again_and_why(page: Page) -> None:
    assert "1 phase 1 completed 3 of 3 6 of 6 0 $1.00" in page.words
    assert "1 phase 1 4 1 2 in 1, 1 in 2 3 1" in page.words
    assert "missing_item" in page.words
    assert "job1-phase1-batch1-session1" in page.words


def test_every_session_is_a_bar_that_says_its_name(page: Page, ran: Small) -> None:
    for session in ran.sessions():
        assert len(re.findall(rf"{session.name} by plain: ", page.words)) == 2, (
            "once on wide pages, once on narrow ones"
        )


def test_the_file_can_be_named(ran: Small, tmp_path: Path) -> None:
    ran.done("report", "1", "-o", str(tmp_path / "here.html"))
    assert (tmp_path / "here.html").read_bytes().startswith(b"<!doctype html>")
    ended = ran.cli("report", "1", "-o", str(tmp_path / "not there" / "here.html"))
    assert ended.status == 2
    assert "Name another file with --output." in ended.err


def test_a_job_that_is_not_there_is_named(ran: Small) -> None:
    ended = ran.cli("report", "other/demo")
    assert ended.status == 2
    assert "there is no job 'other/demo'" in ended.err


def test_a_job_without_a_session_has_a_report(small: Small) -> None:
    small.lay_out({}).run("--allow-empty")
    small.done("report", "small/demo")
    page = Page((small.folder / "small_demo_report.html").read_bytes())
    assert "No session was started." in page.words
    assert page.attributes("svg", **{"class": "chart"}) == []


def test_a_job_that_runs_is_reported_as_far_as_it_is(small: Small) -> None:
    small.lay_out(numbered(4), agent=WAITS)
    running = small.begin_run()
    small.at_gate(count=2)
    small.done("report", "small/demo", "-o", str(small.root / "now.html"))
    page = Page((small.root / "now.html").read_bytes())
    assert "▶ running" in page.words
    assert len(re.findall(r"job1-phase1-batch\d-session1 by plain: running", page.words)) == 4
    assert running.ask_to_end() == 3
    small.done("report", "small/demo", "-o", str(small.root / "now.html"))
    stopped = Page((small.root / "now.html").read_bytes())
    assert "■ stopped" in stopped.words
    assert "cut off or not judged 2" in stopped.words


@pytest.fixture
def small(tmp_path: Path) -> Small:
    root = tmp_path.resolve() / "project"
    root.mkdir()
    return Small(root)
