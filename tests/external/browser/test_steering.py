"""Starting, cancelling and retrying jobs on the page."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page, expect

from tests.external.browser.browsed import Browsed
from tests.external.browser.looking import open_job


def test_a_job_is_started_and_a_wrong_field_is_named(page: Page, served: Browsed) -> None:
    page.get_by_role("button", name="Start a job").click()
    dialog = page.get_by_role("dialog", name="Start a job")
    dialog.get_by_label("Workflow").select_option("forms")
    typed = dialog.get_by_label("Input")
    expect(typed).to_have_value(re.compile('"size": 2'))
    typed.fill(json.dumps({"form": {"size": 99}}))
    dialog.get_by_role("button", name="Start").click()
    expect(dialog.get_by_role("alert")).to_contain_text("/input_data/form/size: 99 is greater than the maximum of 20")
    expect(typed).to_have_value(json.dumps({"form": {"size": 99}}))
    typed.fill("{")
    dialog.get_by_role("button", name="Start").click()
    expect(dialog.get_by_role("alert")).not_to_be_empty()
    typed.fill(json.dumps({"form": {"size": 3}}))
    dialog.get_by_role("button", name="Start").click()
    page.wait_for_url(re.compile("/jobs/1$"))
    expect(page.locator("#status")).to_have_text("completed")


def test_a_job_is_cancelled_only_after_it_was_confirmed(page: Page, served: Browsed) -> None:
    served.shut("one")
    job = served.begin("autumn", {"a": {"gate": "one"}})
    open_job(page, served, job)
    button = page.locator("#cancel")
    button.click()
    dialog = page.get_by_role("dialog", name="Cancel this job?")
    expect(dialog.get_by_role("button", name="Keep it running")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    dialog.get_by_role("button", name="Keep it running").click()
    expect(page.locator("#status")).to_have_text("running")
    button.click()
    dialog.get_by_role("button", name="Cancel the job").click()
    expect(page.locator("#status")).to_have_text("cancelled")
    expect(button).to_be_hidden()


def test_failed_items_are_shown_with_what_to_do_and_tried_again(page: Page, served: Browsed) -> None:
    job = served.begin("autumn", {"a": {"wrong": True}, "b": {}})
    open_job(page, served, job)
    expect(page.locator("#status")).to_have_text("completed with gaps")
    expect(page.locator("#failed li")).to_have_count(1)
    expect(page.locator("#steps .cell[data-s=f]")).to_have_count(1)
    served.write("mended", "")
    page.get_by_role("button", name="Retry").click()
    expect(page.locator("#status")).to_have_text("completed")
    expect(page.locator("#failed-part")).to_be_hidden()
