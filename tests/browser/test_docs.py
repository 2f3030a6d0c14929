"""The interactive reference of the API under the same strict policy as every page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk

pytestmark = pytest.mark.browser


def test_the_reference_opens_and_calls(desk: Desk) -> None:
    page = desk.page("alice", "/settings", color_scheme="dark")

    # The whole reference is drawn at once, which takes its time beside other work.
    page.set_default_timeout(120_000)
    answer = page.goto(f"{desk.house.url}/api/docs/")
    assert answer is not None
    expect(page.locator("html.dark-mode")).to_be_attached()
    page.locator("[id^=operations-actions]").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute", exact=True).click()

    expect(page.locator(".live-responses-table td.response-col_status").last).to_have_text("200")
    assert "script-src 'self';" in answer.headers["content-security-policy"] + ";"
