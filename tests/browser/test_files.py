"""Files dropped into a prompt, and a terminal drawn in the page."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.sessions_app.engine.test_media import png
from tests.stories.house import until

pytestmark = pytest.mark.browser

DROP = """([name, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name));
  const target = document.querySelector('#prompt');
  for (const kind of ['dragover', 'drop'])
    target.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def drop(page: Page, name: str, content: bytes) -> None:
    page.evaluate(DROP, [name, base64.b64encode(content).decode()])


def test_a_dropped_picture_goes_with_the_prompt(desk: Desk) -> None:
    session = desk.start("drop")
    page = desk.watch("alice", session)

    drop(page, "shot.png", png())
    drop(page, "words.txt", b"words")
    rows = page.locator(".composer [data-slot=attachments] > li:not([aria-busy])")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Leave out words.txt").click()
    expect(rows).to_have_count(1)
    page.locator("#prompt").fill("/ls .attachments")
    page.locator("#prompt").press("Control+Enter")

    message = page.locator(".message[data-role=user]").last
    picture = message.locator("img")
    expect(picture).to_be_visible()
    assert picture.evaluate("(img) => img.decode().then(() => img.naturalWidth)") == 2
    expect(rows).to_have_count(0)
    expect(page.locator(".message[data-role=assistant]").first).to_contain_text("shot.png")
    page.reload()
    expect(page.locator(".message[data-role=user] img")).to_be_visible()


def test_a_terminal_is_typed_into_and_watched(desk: Desk) -> None:
    session = desk.start("terminal")
    alice, bob = desk.house.alice, desk.house.bob
    alice.post(f"/sessions/{session}/shares", {"user": bob.username, "role": "viewer"})
    page = desk.watch("alice", session)

    page.get_by_role("button", name="Terminal", exact=True).click()
    screen = page.locator(".xterm-rows")
    expect(screen).to_contain_text("$")
    page.keyboard.type("echo $((6*7))\n")
    expect(screen).to_contain_text("42")
    page.keyboard.press("Shift+Escape")
    expect(page.get_by_role("link", name="Sessions").last).to_be_focused()
    page.locator("[data-island=terminal]").click()
    watching = desk.page("bob", page.url.removeprefix(desk.house.url))
    expect(watching.locator(".xterm-rows")).to_contain_text("42")
    expect(watching.get_by_role("button", name="Close")).to_have_count(0)
    page.reload()
    expect(screen).to_contain_text("42")
    page.keyboard.type("exit\n")

    expect(page.locator("[data-slot=ended]")).to_contain_text("The shell ended.")
    expect(watching.locator("[data-slot=ended]")).to_contain_text("The shell ended.")
    expect(page.get_by_role("button", name="Open another")).to_be_visible()


def test_a_terminal_works_without_scripts(desk: Desk) -> None:
    session = desk.start("no scripts")
    page = desk.page("alice", f"/sessions/{session}", java_script_enabled=False)
    page.get_by_role("button", name="Terminal", exact=True).click()

    page.get_by_role("textbox", name="Command").fill("echo $((6*7))")
    page.get_by_role("button", name="Run", exact=True).click()

    def looked() -> bool:
        page.get_by_role("link", name="Look again").click()
        return "42" in page.locator("[data-island=terminal] pre").inner_text()

    until(looked, what="the command's output")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("[data-slot=ended]")).to_contain_text("It was closed.")
