"""A report's page needs nothing else, and nothing that an agent or an item says becomes a part of it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from pathlib import Path

import pytest

from supervisor.model.validation_report import ValidationError
from supervisor.reports.charts.chart_canvas import SIZES
from supervisor.reports.charts.timeline_chart import bars_fit
from supervisor.reports.report_data import collect
from supervisor.reports.report_page import page
from tests.reports.html_reading import Page
from tests.support.made_store import MadeStore, Ran

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style></svg><b>bold</b>",
    "{{ 7 * 7 }} {% raw %}",
    "$\\frac{1}{0$ $x^2$",
    "]]><!-- <!--",
    "&lt;i&gt; &amp;",
    "名前 ✓ العربية",
    "no letter: \ufffe",
)


@pytest.fixture
def usual(tmp_path: Path) -> MadeStore:
    """Sessions of all outcomes in two phases."""
    store = MadeStore(tmp_path)
    wrong = ValidationError(type="wrong_square", item_id="i", message="the square of 3 is 9")
    store.add(
        Ran(0, 10),
        Ran(0, 30, "partial", batch=2, errors=(wrong,)),
        Ran(40, 5, "limited", batch=2),
        Ran(100, 12, batch=2, cost_usd=0.5),
        Ran(5, 8, "failed", phase=2, errors=(wrong, wrong)),
        Ran(15, 3, "stalled", phase=2),
        Ran(20, 3, "interrupted", phase=2),
        Ran(4000, 20, phase=2),
    )
    return store


def made(store: MadeStore) -> bytes:
    return page(collect(store.database, store.job))


def test_it_needs_nothing_else_and_runs_nothing(usual: MadeStore) -> None:
    content = made(usual)
    found = Page(content)
    assert not {"script", "link", "img", "image", "iframe", "object", "base", "form", "foreignobject"} & found.names
    assert re.findall(rb"https?:|//[a-z]|@import|url\((?!#)|data:", content) == []
    attributes = {name for _, given in found.elements for name in given}
    assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "action")]


def test_its_policy_lets_in_its_own_style_and_nothing_more(usual: MadeStore) -> None:
    found = Page(made(usual))
    (policy,) = found.attributes("meta", **{"http-equiv": "Content-Security-Policy"})
    digest = base64.b64encode(hashlib.sha256(found.style.encode()).digest()).decode()
    rules = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert policy["content"] == rules
    assert len(found.attributes("style")) == 1


def test_ids_are_there_once_and_all_that_is_referred_to_is_there(usual: MadeStore) -> None:
    content = made(usual)
    found = Page(content)
    ids = Counter(found.values("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    meant = set(re.findall(r"url\(#([^)]+)\)", content.decode()))
    meant |= {value.removeprefix("#") for value in found.values("href")}
    meant |= {name for value in found.values("aria-labelledby") for name in value.split()}
    assert meant and meant <= set(ids)


def test_every_chart_has_a_name_and_both_widths(usual: MadeStore) -> None:
    charts = Page(made(usual)).attributes("svg", **{"class": "chart"})
    assert Counter(chart["aria-label"] for chart in charts) == {
        "All sessions over time, by phase": 2,
        "Where the time went": 2,
        "How long sessions took, by phase": 2,
        "Items done over time, by phase": 2,
    }
    assert all(chart["role"] == "img" for chart in charts)
    assert {(chart["viewbox"] or "").split()[2] for chart in charts} == {"920", "320"}


def test_charts_have_only_the_colours_of_the_page(usual: MadeStore) -> None:
    found = Page(made(usual))
    known = set(re.findall(r"var\(--[a-z]+\)", found.style)) | {
        f"var({name})" for name in re.findall(r"--[a-z]+", found.style)
    }
    assert {value for key in ("fill", "stroke") for value in found.values(key)} - known <= {"none"} | {
        value for value in found.values("fill") if value.startswith("url(#")
    }


@pytest.mark.parametrize("longest", [20.0, 100.0, 5000.0])
def test_what_is_said_at_a_line_stays_in_its_chart(tmp_path: Path, longest: float) -> None:
    store = MadeStore(tmp_path)
    store.add(*(Ran(n, took, batch=n) for n, took in enumerate((10.0, 11.0, longest - 1, longest))))
    content = made(store).decode()
    found = re.findall(r'<text x="([\d.]+)"[^>]* text-anchor="(\w+)"[^>]*>((?:half|95 %) [^<]+)<', content)
    assert len(found) == 4, "two lines on a wide page, two on a narrow one"
    for (x, anchor, words), width in zip(found, (920, 920, 320, 320), strict=True):
        other = float(x) + len(words) * 6.5 * (1 if anchor == "start" else -1)
        assert 0 <= other <= width, f"{words} from {x} to {other}"


@pytest.mark.parametrize("words", HOSTILE)
def test_what_others_say_is_shown_as_they_said_it(tmp_path: Path, words: str) -> None:
    plain = Page(made(_named(tmp_path / "plain", "words")))
    found = Page(made(_named(tmp_path / "hostile", words)))
    assert [name for name, _ in found.elements] == [name for name, _ in plain.elements]
    assert found.words.count(" ".join(words.split())) >= 6, "phase, agent, item, kind, message, model, detail"


def _named(folder: Path, words: str) -> MadeStore:
    """A store in which everything that others name is named so."""
    folder.mkdir()
    store = MadeStore(folder, names=[words, "second"], detail=words)
    error = ValidationError(type=words, item_id=words, message=words)
    store.add(Ran(0, 1, "failed", agent=words, errors=(error,), model=words), Ran(2, 1, agent=words))
    with store.database.transaction():
        store.database.connection.execute(
            "INSERT INTO items (job, phase, id, position, status, errors) VALUES (1, 1, ?, 0, 'quarantined', ?)",
            (words, f"[{error.model_dump_json()}]"),
        )
    return store


def test_controls_and_writing_directions_are_left_out(tmp_path: Path) -> None:
    content = made(_named(tmp_path / "made", "a\x1b[31m\u202eb\x00\x07c"))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", content.decode())
    assert "abc" in Page(content).words


def test_very_many_sessions_make_no_larger_a_page(tmp_path: Path) -> None:
    store = MadeStore(tmp_path)
    outcomes = ("passed", "passed", "passed", "failed", "partial", "interrupted")
    store.add(
        *(Ran(n * 0.5, 3 + n % 7, outcomes[n % 6], phase=1 + n % 2, batch=n) for n in range(4000))  # type: ignore[arg-type]
    )
    figures = collect(store.database, store.job)
    assert not any(bars_fit(figures, size) for size in SIZES)
    content = page(figures)
    assert len(content) < 400_000
    assert "there are too many to show each" in Page(content).words
