"""Everything is reached without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk

pytestmark = pytest.mark.browser


def test_jumps_lists_and_the_overlay(desk: Desk) -> None:
    session = desk.start("reached by j and k")
    page = desk.page("alice", "/settings")

    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/sessions")
    expect(page.locator("[data-island=keys][data-mounted]")).to_be_attached()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("[data-row] .row-link").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/sessions/{session}#latest")
    expect(page.locator("[data-island=keys][data-mounted]")).to_be_attached()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Next row")
    page.keyboard.press("Escape")
    page.keyboard.press("r")

    expect(page.locator("#prompt")).to_be_focused()


def test_the_palette_finds_pages_buttons_and_sessions(desk: Desk) -> None:
    session = desk.start("zebra crossing")
    page = desk.page("alice", "/settings")

    page.keyboard.press("Control+k")
    page.keyboard.type("zebra")
    expect(page.get_by_role("option", name="zebra crossing").first).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/sessions/{session}")
    expect(page.locator("[data-island=palette][data-mounted]")).to_be_attached()
    page.keyboard.press("Control+k")
    page.keyboard.type("rename this")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("create token")
    page.keyboard.press("Enter")

    page.wait_for_url("**/settings/tokens")


def test_filters_live_in_the_address_and_the_theme_in_a_cookie(desk: Desk) -> None:
    desk.start("findable needle")
    page = desk.page("alice")

    page.keyboard.press("/")
    page.keyboard.type("needle")
    expect(page.locator("[data-row]")).to_have_count(1)
    assert "q=needle" in page.url
    page.reload()
    expect(page.locator("[data-row]")).to_have_count(1)
    page.keyboard.press("Control+k")
    page.keyboard.type("dark theme")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
