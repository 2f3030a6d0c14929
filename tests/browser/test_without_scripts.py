"""Every page works without its island."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk

pytestmark = pytest.mark.browser


def test_a_session_is_driven_by_plain_forms(desk: Desk) -> None:
    page = desk.page("alice", java_script_enabled=False)

    page.get_by_role("link", name="New session").click()
    page.locator("[name=name]").fill("plain forms")
    page.locator("[name=prompt]").fill("/sh echo plain")
    page.get_by_role("button", name="Start the session").click()
    session = page.url.split("/")[-1].split("#")[0]
    desk.house.alice.settled(session)
    page.reload()
    expect(page.locator(".toolcard")).to_contain_text("echo plain")
    page.locator(".toolcard summary").click()
    expect(page.locator(".tool-body pre").last).to_have_text("plain")
    page.locator("#prompt").fill("/sh curl -s --max-time 1 http://192.0.2.1/")
    page.get_by_role("button", name="Send").click()
    desk.house.alice.settled(session)
    page.reload()
    page.locator("#context").get_by_role("button", name="Deny").click()

    desk.house.alice.settled(session)
    page.reload()
    expect(page.locator(".toolcard").last).to_contain_text("Denied")
    expect(page.locator("[data-slot=status]")).to_have_text("Idle")
