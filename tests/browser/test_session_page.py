"""The session page, live, in two browsers."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk

pytestmark = pytest.mark.browser


def send(page: Page, text: str) -> None:
    page.locator("#prompt").fill(text)
    page.locator("#prompt").press("Control+Enter")


def shared(desk: Desk, name: str) -> str:
    alice, bob = desk.house.alice, desk.house.bob
    session = desk.start(name)
    given = alice.post(f"/sessions/{session}/shares", {"user": bob.username, "role": "editor"})
    assert given.status_code == 201
    return session


def test_two_people_see_one_live_session(desk: Desk) -> None:
    session = shared(desk, "one live session")
    alice, bob = desk.watch("alice", session), desk.watch("bob", session)
    expect(alice.locator("[data-slot=avatars] .avatar")).to_have_count(2)

    send(bob, "/sh for i in 1 2 3; do echo step $i; sleep 0.4; done")

    expect(bob.locator(".message[data-role=user]").last).to_contain_text("echo step")
    card = alice.locator(".toolcard").last
    expect(card).to_have_attribute("data-status", "running")
    expect(alice.locator(".tool-tail").last).to_contain_text("step 2")
    expect(card).to_have_attribute("data-status", "ok")
    expect(alice.locator(".run-end").last).to_contain_text("Run completed")
    card.locator("summary").click()
    expect(card.locator("pre").last).to_have_text("step 1\nstep 2\nstep 3\n")


def test_an_approval_that_alice_asks_bob_grants(desk: Desk) -> None:
    session = shared(desk, "approval")
    alice, bob = desk.watch("alice", session), desk.watch("bob", session)

    send(alice, "/sh curl -s --max-time 1 http://192.0.2.1/")
    expect(alice.locator("[data-slot=status]")).to_have_text("Waiting")
    expect(bob.locator(".toolcard[data-status=waiting]")).to_contain_text("curl")
    bob.locator("#context").get_by_role("button", name="Approve shell").click()

    expect(bob.locator("#context .approval")).to_have_count(0)
    expect(alice.locator(".note", has_text="approved shell")).to_be_visible()
    expect(alice.locator(".run-end")).to_have_count(1)
    expect(alice.locator("[data-slot=status]")).to_have_text("Idle")


def test_a_prompt_waits_in_the_queue_and_stop_ends_only_the_run(desk: Desk) -> None:
    session = desk.start("queue")
    page = desk.watch("alice", session)

    send(page, "/sh sleep 60")
    expect(page.locator(".toolcard")).to_have_attribute("data-status", "running")
    expect(page.get_by_role("button", name="Queue")).to_be_visible()
    send(page, "/sh echo second")
    expect(page.locator("[data-slot=queue] li")).to_contain_text("echo second")
    expect(page.locator(".message[data-role=user]")).to_have_count(1)
    page.get_by_role("button", name="Stop the run").click()

    expect(page.locator(".run-end").first).to_contain_text("Run stopped")
    expect(page.locator(".run-end").last).to_contain_text("Run completed")
    expect(page.locator("[data-slot=queue] li")).to_have_count(0)
    expect(page.locator(".toolcard").last).to_contain_text("echo second")


def test_a_refused_prompt_comes_back_with_the_reason(desk: Desk) -> None:
    session = desk.start("refused")
    page = desk.watch("alice", session)
    desk.house.alice.post(f"/sessions/{session}/archive")

    send(page, "too late")

    expect(page.locator(".composer .problem")).to_contain_text("archived")
    expect(page.locator("#prompt")).to_have_value("too late")
    expect(page.locator("[data-pending]")).to_have_count(0)
    expect(page.locator(".message")).to_have_count(0)


def test_presence_and_typing_are_seen_by_the_others(desk: Desk) -> None:
    session = shared(desk, "presence")
    alice, bob = desk.watch("alice", session), desk.watch("bob", session)

    bob.locator("#prompt").press_sequentially("hm")

    expect(alice.locator("[data-slot=people] [data-typing]")).to_have_text("typing")
    bob.close()
    expect(alice.locator("[data-slot=avatars] .avatar")).to_have_count(1)


def test_withdrawn_access_is_said_at_once(desk: Desk) -> None:
    session = shared(desk, "withdrawn")
    bob = desk.watch("bob", session)
    shares = desk.house.alice.get(f"/sessions/{session}/shares").json()
    rows = shares["results"] if isinstance(shares, dict) else shares

    desk.house.alice.delete(f"/sessions/{session}/shares/{rows[0]['id']}")

    expect(bob.locator("[data-slot=connection]")).to_contain_text(
        "access to this session was withdrawn"
    )


def test_renaming_and_forking_from_the_page(desk: Desk) -> None:
    session = desk.start("old name")
    desk.house.alice.run(session, "/sh echo kept")
    page = desk.watch("alice", session)

    page.get_by_role("button", name="More actions").click()
    page.locator("#session-menu").get_by_role("button", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("new name")
    page.locator("#rename").get_by_role("button", name="Rename").click()
    expect(page.locator("h1")).to_have_text("new name")
    page.locator(".message").first.hover()
    page.get_by_role("button", name="Fork at this message").first.click()

    page.wait_for_url(lambda url: session not in url)
    expect(page.locator(".message")).to_have_count(1)
    expect(page.locator(".message")).to_contain_text("echo kept")
    assert desk.house.alice.get(f"/sessions/{session}").json()["name"] == "new name"


def test_the_timeline_leads_to_the_call(desk: Desk) -> None:
    session = desk.start("timeline")
    for n in range(3):
        desk.house.alice.run(session, f"/sh echo call {n}")
    page = desk.watch("alice", session)

    page.locator(".mark[data-kind=tool]").first.focus()
    page.keyboard.press("Enter")

    first = page.locator(".item.tool").first
    expect(first).to_be_in_viewport()
    expect(first.locator("summary")).to_be_focused()
