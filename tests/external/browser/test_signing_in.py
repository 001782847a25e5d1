"""Who sees the page."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.external.browser.browsed import Browsed
from tests.external.browser.looking import sign_in


def test_who_is_not_signed_in_is_asked_for_a_secret_and_comes_to_where_they_wanted(
    stranger: Page, served: Browsed
) -> None:
    job = served.begin("autumn", {"a": {}})
    stranger.goto(f"{served.address}/jobs/{job}")
    expect(stranger).to_have_title("Sign in · supervisor")
    stranger.get_by_label("Secret").fill("sup_wrong")
    stranger.get_by_role("button", name="Sign in").click()
    expect(stranger.get_by_role("alert")).to_have_text("That secret is not known, or was taken back.")
    stranger.get_by_label("Secret").fill(served.operator)
    stranger.get_by_role("button", name="Sign in").click()
    stranger.wait_for_url(f"{served.address}/jobs/{job}")


def test_a_secret_that_is_taken_back_ends_the_visit(stranger: Page, served: Browsed) -> None:
    sign_in(stranger, served, served.secret("leaver"))
    expect(stranger.locator("#live")).to_have_text("live")
    assert served.supervisor("tokens", "revoke", "leaver").returncode == 0
    stranger.wait_for_url(f"{served.address}/sign-in?next=*")


def test_who_signs_out_is_out(page: Page, served: Browsed) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{served.address}/sign-in")
    page.goto(f"{served.address}/")
    expect(page).to_have_title("Sign in · supervisor")


def test_a_job_of_somebody_else_is_not_there(stranger: Page, served: Browsed) -> None:
    job = served.begin("autumn", {"a": {}})
    sign_in(stranger, served, served.secret("guest"))
    expect(stranger.locator("#none")).to_be_visible()
    answer = stranger.goto(f"{served.address}/jobs/{job}")
    assert answer is not None and answer.status == 404
    expect(stranger.get_by_role("heading")).to_have_text(f"there is no job {job}")
    stranger.get_by_role("link", name="All jobs").click()
    stranger.wait_for_url(f"{served.address}/")


def test_the_policy_of_its_pages_allows_nothing_from_elsewhere(page: Page, served: Browsed) -> None:
    answer = page.goto(f"{served.address}/")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
