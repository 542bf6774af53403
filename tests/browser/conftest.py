"""The browser that these tests share: Playwright's plain interface opens only one in a process."""

from __future__ import annotations

import os

import pytest

CHROMIUM = os.environ.get("EVCHARGE_CHROMIUM")


@pytest.fixture(scope="session")
def browser():
    """Chromium, named by ``EVCHARGE_CHROMIUM``; without it a test is skipped, unless ``EVCHARGE_REQUIRE_CHROMIUM``."""
    if not CHROMIUM and not os.environ.get("EVCHARGE_REQUIRE_CHROMIUM"):
        pytest.skip("EVCHARGE_CHROMIUM names no browser")
    sync_api = pytest.importorskip("playwright.sync_api")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()
