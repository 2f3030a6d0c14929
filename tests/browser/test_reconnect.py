"""What comes while the line is cut is there afterwards, once and in order."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.browser.desk import Desk

pytestmark = pytest.mark.browser


def outputs(page: Page) -> list[str]:
    return [text for text in page.locator(".tool-brief").all_inner_texts() if text]


def test_a_cut_socket_resumes_without_loss_or_double(desk: Desk) -> None:
    alice = desk.house.alice
    session = desk.start("cut")
    page = desk.page("alice")
    sockets: list[WebSocketRoute] = []

    def pass_on(route: WebSocketRoute) -> None:
        sockets.append(route)
        route.connect_to_server()

    page.route_web_socket("**/ws/sessions/*", pass_on)
    page.goto(f"{desk.house.url}/sessions/{session}")
    expect(page.locator(".session[data-link=live]")).to_be_visible()
    for n in range(6):
        alice.run(session, f"/sh echo {n}")
        if n % 2 == 0:
            sockets[-1].close(code=1012, reason="restart")

    expect(page.locator(".run-end")).to_have_count(6)
    assert outputs(page) == [f"echo {n}" for n in range(6)]
    assert len(sockets) > 1


def test_polling_takes_over_where_sockets_do_not_get_through(desk: Desk) -> None:
    alice = desk.house.alice
    session = desk.start("no sockets")
    page = desk.page("alice")
    page.route_web_socket("**/ws/sessions/*", lambda route: route.close(code=1011))
    page.goto(f"{desk.house.url}/sessions/{session}")
    expect(page.locator("[data-slot=connection]")).to_contain_text(
        "Live updates come a little later"
    )

    alice.run(session, "/sh echo by polling")

    expect(page.locator(".run-end")).to_have_count(1)
    assert outputs(page) == ["echo by polling"]


def test_older_events_are_fetched_when_scrolling_up(desk: Desk) -> None:
    alice = desk.house.alice
    session = desk.start("long")
    for _ in range(4):
        lines = "\n".join("/sh true" for _ in range(40))
        alice.run(session, lines)
    asked: list[str] = []
    page = desk.page("alice")

    def note(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_()

    page.route("**/events?*", note)
    page.goto(f"{desk.house.url}/sessions/{session}#latest")
    expect(page.locator(".run-end").last).to_be_in_viewport()
    before = page.locator(".item").count()
    page.locator("[data-slot=scroller]").evaluate("element => { element.scrollTop = 0 }")

    expect(page.locator(".item").nth(before)).to_be_attached()
    assert len(asked) >= 2
    assert page.locator(".item").count() > before
