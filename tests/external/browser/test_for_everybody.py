"""The page on small screens, in the dark, by keyboard, and read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.external.browser.browsed import Browsed
from tests.external.browser.looking import PATIENCE_MS, faults_of, open_job, scrolls_sideways, sign_in
from tests.support.waiting import until

SCREENS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 900}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "320 px": {"viewport": {"width": 320, "height": 640}},
}


@pytest.fixture(scope="module")
def job(shared: Browsed) -> int:
    """A job with everything in it that a page shows."""
    shared.shut("one")
    long = "a-name-that-goes-on-without-a-break-" * 4
    items = {"a": {}, long: {"wrong": True}, "c": {"wrong_once": True}, "d": {"gate": "one"}}
    found = shared.begin("autumn", items)
    with shared.client() as client:

        def at_rest() -> bool:
            # A job that has just begun shows no steps.
            told = client.get(f"/api/v1/jobs/{found}").json()
            return [step["batches_done"] for step in told["steps"][:1]] == [3] and len(told["running"]) == 1

        until(at_rest, "the page is at rest")
    return found


@pytest.fixture(params=SCREENS)
def screen(request: pytest.FixtureRequest, chromium: Browser, shared: Browsed) -> Iterator[Page]:
    """A page of the operator's, on each of the screens."""
    context = chromium.new_context(**SCREENS[request.param])
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    sign_in(page, shared)
    yield page
    context.close()


def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(screen: Page, shared: Browsed, job: int) -> None:
    def require_good() -> None:
        assert faults_of(screen) == []
        assert not scrolls_sideways(screen)

    expect(screen.locator("#jobs li")).to_have_count(1)
    require_good()
    screen.get_by_role("button", name="Start a job").click()
    expect(screen.get_by_role("dialog")).to_be_visible()
    require_good()
    open_job(screen, shared, job)
    expect(screen.locator("#failed li")).to_have_count(1)
    require_good()
    screen.locator("#cancel").click()
    require_good()
    screen.keyboard.press("Escape")
    screen.locator("#sessions a").first.click()
    expect(screen.locator(".transcript")).to_be_visible()
    require_good()
    screen.goto(f"{shared.address}/jobs/999")
    require_good()
    screen.context.clear_cookies()
    screen.goto(f"{shared.address}/")
    require_good()


def test_everything_is_reached_and_done_by_keyboard(page: Page, served: Browsed) -> None:
    served.shut("one")
    job = served.begin("autumn", {"a": {}, "b": {"gate": "one"}})
    page.goto(f"{served.address}/")
    expect(page.locator("#jobs li")).to_have_count(1)
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim().split(/\\s+/).slice(0, 3).join(' ')"))
        seen = "getComputedStyle(document.activeElement).outlineStyle !== 'none'"
        assert page.evaluate(f"document.activeElement === document.body || {seen}"), reached
    assert {"To the content", "supervisor", "Sign out", "Start a job"} <= set(reached)
    page.locator("#jobs a").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{served.address}/jobs/{job}")
    expect(page.locator("#steps .cell[data-s=d]")).to_have_count(1)
    expect(page.locator("#running a")).to_have_count(1)
    page.locator("#running a").focus()
    page.locator("#cancel").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("cancelled")


def test_focus_stays_where_it_is_when_the_page_changes(page: Page, served: Browsed) -> None:
    served.shut("one")
    served.shut("two")
    job = served.begin("autumn", {"a": {"gate": "one"}, "b": {"gate": "two"}})
    open_job(page, served, job)
    link = page.locator("#running a", has_text="batch 2")
    link.focus()
    served.let("one")
    expect(page.locator("#steps .cell[data-s=d]")).to_have_count(1)
    expect(page.locator("#running li")).to_have_count(1)
    expect(link).to_be_focused()
    served.let("two")
    expect(page.locator("#status")).to_have_text("completed")


def test_who_wants_less_motion_gets_none(chromium: Browser, shared: Browsed, job: int) -> None:
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, shared, path=f"/jobs/{job}")
    expect(page.locator("#steps .cell[data-s=r]")).to_have_count(1)
    assert page.locator("#steps .cell[data-s=r]").evaluate("cell => getComputedStyle(cell).animationName") == "none"
    context.close()
