"""Real Chromium against the running installation; every page must stay silent in the console."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.desk import Desk
from tests.stories.house import House

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# One module at a time: a running Playwright loop would forbid other tests their database.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("Chromium is not installed; `apt install chromium` makes these tests run.")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def desk(chromium: Browser, the_house: House) -> Iterator[Desk]:
    """Opens pages as members of the cast, and fails on anything their consoles said."""
    opened = Desk(chromium, the_house)
    yield opened
    opened.close()
    assert opened.complaints == []
