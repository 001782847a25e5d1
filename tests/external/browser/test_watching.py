"""A job on the page: as it goes, over lost connections, and while nobody looks."""

from __future__ import annotations

import signal

from playwright.sync_api import Page, expect

from tests.external.browser.browsed import Browsed
from tests.external.browser.looking import log_lines, open_job
from tests.support.served_project import ended


def test_a_job_is_seen_as_it_goes_without_a_reload(page: Page, served: Browsed) -> None:
    served.shut("one")
    job = served.begin("autumn", {"a": {}, "b": {"gate": "one"}, "c": {"wrong_once": True}})
    open_job(page, served, job)
    expect(page.locator("#status")).to_have_text("running")
    cells = page.locator("#steps .step").first.locator(".cell")
    expect(cells).to_have_count(3)
    expect(page.locator("#steps .step").first.locator(".cell[data-s=d]")).to_have_count(2)
    expect(page.locator("#steps .step").first.locator(".cell[data-s=r]")).to_have_count(1)
    running = page.locator("#running li")
    expect(running).to_have_count(1)
    expect(running.locator(".last")).to_contain_text("working on b")
    page.evaluate("window.still_here = true")
    served.let("one")
    expect(page.locator("#status")).to_have_text("completed")
    expect(page.locator("#progress")).to_have_attribute("value", "100")
    expect(page.locator("#idle")).to_be_visible()
    assert page.evaluate("window.still_here")
    assert any("completed after" in line for line in log_lines(page))
    assert "retries" in "".join(log_lines(page))


def test_a_transcript_has_its_colours_and_what_it_holds_stays_text(page: Page, served: Browsed) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    items = {hostile: {"prints": ["\x1b[1;31mred\x1b[0m <script>alert(2)</script>"], "wrong": True}}
    job = served.begin("autumn", items)
    open_job(page, served, job)
    expect(page.locator("#failed b")).to_have_text(hostile)
    expect(page.locator("#failed p")).to_contain_text("not <b>wrong</b> — read <i>again</i>")
    page.locator("#sessions a").first.click()
    transcript = page.locator(".transcript")
    expect(transcript).to_contain_text("red <script>alert(2)</script>")
    expect(transcript.locator("span.b.f1")).to_have_text("red")
    assert page.locator("main img, main script").count() == 0


def test_a_killed_service_is_said_and_when_it_is_back_nothing_is_missing_or_twice(page: Page, served: Browsed) -> None:
    served.shut("one")
    job = served.begin("autumn", {"a": {}, "b": {"gate": "one"}})
    open_job(page, served, job)
    expect(page.locator("#running li")).to_have_count(1)
    served.stop(signal.SIGKILL)
    expect(page.locator("#live")).to_have_text("connection lost, trying again")
    served.let("one")
    served.start()
    expect(page.locator("#live")).to_have_text("live")
    expect(page.locator("#status")).to_have_text("completed")
    expect(page.locator("#log li").last).to_contain_text("completed after")
    seen = log_lines(page)
    page.reload()
    expect(page.locator("#log li").last).to_contain_text("completed after")
    assert log_lines(page) == seen


def test_while_it_is_hidden_it_asks_nothing_and_then_catches_up(page: Page, served: Browsed) -> None:
    served.shut("one")
    job = served.begin("autumn", {"a": {}, "b": {"gate": "one"}})
    open_job(page, served, job)
    expect(page.locator("#running li")).to_have_count(1)
    hide = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => %s});"
    hide += "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(hide % "true")
    expect(page.locator("#live")).to_have_text("paused")
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    served.let("one")
    with served.client() as client:
        assert ended(client, job)["status"] == "completed"
    assert asked == []
    page.evaluate(hide % "false")
    expect(page.locator("#status")).to_have_text("completed")
    expect(page.locator("#log li").last).to_contain_text("completed after")


def test_a_job_of_thousands_of_batches_stays_readable(page: Page, served: Browsed) -> None:
    served.shut("all")
    job = served.begin("autumn", {f"i{n:04}": {"gate": "all"} for n in range(3000)})
    open_job(page, served, job)
    grid = page.locator("#steps .step").first.locator(".grid")
    expect(grid).to_have_attribute("aria-label", "Batches, 3 in a cell: 3 running, 997 waiting")
    with served.client() as client:
        client.delete(f"/api/v1/jobs/{job}")
    expect(page.locator("#status")).to_have_text("cancelled")
