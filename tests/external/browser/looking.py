"""What tests of the page do again and again: sign in, read the log, and watch what a browser asks for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect

from tests.external.browser.browsed import Browsed

PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


class Watch:
    """Notes where a browser's requests go, and what its console says."""

    def __init__(self, context: BrowserContext) -> None:
        self.origins: set[str] = set()
        self.faults: list[str] = []
        context.on("request", self._asked)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(str(error.error)))
        context.on("dialog", lambda dialog: (self.faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def require_clean(self) -> None:
        """No address but the service's was asked, no script failed, no policy was broken."""
        assert self.faults == []
        assert len(self.origins) <= 1, self.origins

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        self.origins.add(f"{parts.scheme}://{parts.hostname}")

    def _said(self, message: ConsoleMessage) -> None:
        # A refused or cut request is told there, too; the tests that cause one look at what the page says of it.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.faults.append(message.text)


def sign_in(page: Page, served: Browsed, secret: str | None = None, path: str = "/") -> None:
    """Open a page as its owner; returns on it."""
    page.goto(f"{served.address}{path}")
    page.get_by_label("Secret").fill(secret or served.operator)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{served.address}{path}")


def open_job(page: Page, served: Browsed, job: int) -> None:
    """Open a job's page; returns when it is live."""
    page.goto(f"{served.address}/jobs/{job}")
    expect(page.locator("#live")).to_have_text("live")
    expect(page.locator("#status")).not_to_be_empty()


def log_lines(page: Page) -> list[str]:
    """The log as it stands, without the times."""
    lines: list[str] = page.locator("#log li").evaluate_all(
        "all => all.map(line => line.textContent.slice(line.querySelector('time').textContent.length + 1))"
    )
    return lines


def scrolls_sideways(page: Page) -> bool:
    """Whether a reader has to scroll to the right."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wide


def faults_of(page: Page) -> list[str]:
    """What axe finds on the page as it stands."""
    home = os.environ.get("SUPERVISOR_TEST_AXE")
    if home is None:
        pytest.skip("axe-core is not there: `make test-external PART=browser` installs it")
    page.evaluate(Path(home, "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations', 'incomplete']})")
    return [f"{each['id']}: {each['help']}: {[node['html'] for node in each['nodes']]}" for each in found["violations"]]
