"""Debian's Chromium, a project that it looks at, and what holds on every page that it opens."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.external.browser.browsed import Browsed
from tests.external.browser.looking import PATIENCE_MS, Watch, sign_in

CHROMIUM = os.environ.get("SUPERVISOR_TEST_CHROMIUM") or shutil.which("chromium") or "chromium"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Browsed]:
    """A project of the test's own, whose service runs."""
    with Browsed(tmp_path / "project") as found:
        yield found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsed]:
    """A project for the tests of a file, which only look."""
    with Browsed(tmp_path_factory.mktemp("shared") / "project") as found:
        yield found


@pytest.fixture
def stranger(chromium: Browser) -> Iterator[Page]:
    """A page of somebody who is not signed in; at the end, no page asked elsewhere, broke its policy or failed."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    watch = Watch(context)
    yield context.new_page()
    context.close()
    watch.require_clean()


@pytest.fixture
def page(stranger: Page, served: Browsed) -> Page:
    """A page of the operator's, on the list of jobs."""
    sign_in(stranger, served)
    return stranger
