"""What people, agents and tools write is shown, never run."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk

pytestmark = pytest.mark.browser

HOSTILE = (
    "<script>window.hit=1</script> <img src=x onerror='window.hit=2'> "
    "[click](javascript:window.hit=3) <svg onload=window.hit=4> "
    "![x](https://example.org/spy.png) **bold**"
)


@pytest.mark.parametrize("scripts", [True, False], ids=["live", "without scripts"])
def test_hostile_prompts_and_output_stay_text(desk: Desk, *, scripts: bool) -> None:
    alice = desk.house.alice
    session = desk.start(f"<b>{HOSTILE}</b>")
    alice.run(session, HOSTILE)
    alice.run(session, "/sh printf '%s' '<img src=x onerror=window.hit=5>'")
    requests: list[str] = []

    page = desk.page("alice", java_script_enabled=scripts)
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{desk.house.url}/sessions/{session}")
    if scripts:
        expect(page.locator(".session[data-link=live]")).to_be_visible()
    expect(page.locator(".message").first).to_contain_text("onerror")
    expect(page.locator(".toolcard").first).to_be_visible()
    for summary in page.locator(".toolcard > summary").all():
        summary.click()

    expect(page.locator(".tool-body").first).to_contain_text("<img src=x onerror=window.hit=5>")
    assert page.locator(".log script, .log img, .log svg[onload], h1 b").count() == 0
    assert page.locator("a[href^='javascript' i]").count() == 0
    assert [url for url in requests if "example.org" in url] == []
    if scripts:
        assert page.evaluate("window.hit") is None
