"""Every page works without its island."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.stories.house import Person, until

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


def test_a_task_is_defined_executed_and_its_report_read_by_plain_forms(desk: Desk) -> None:
    erin = desk.house.people["erin"]
    page = desk.page("erin", "/tasks", java_script_enabled=False)

    page.get_by_role("link", name="New task").first.click()
    page.locator("[name=name]").fill("Plain task")
    page.locator("[name=prompt_template]").fill("/sh echo {{word}}")
    page.locator("[name=variables]").fill("word: choice(one, two) = two")
    page.get_by_role("button", name="Define the task").click()
    expect(page.get_by_role("heading", name="Plain task")).to_be_visible()
    task = page.url.split("/")[-1]
    page.locator("[name=v-word]").select_option("one")
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".toolcard, .session").first).to_be_visible()

    execution = erin.get("/task-executions", task=task).json()["results"][0]["id"]
    until(lambda: _report(erin, execution), seconds=60, what="the report")
    page.goto(f"{desk.house.url}/tasks/executions/{execution}")
    page.get_by_role("link", name="Read the report").click()

    expect(page.locator(".report")).to_contain_text("/sh echo one")
    expect(page.get_by_role("link", name="Download as PDF")).to_be_visible()


def _report(person: Person, execution: str) -> bool:
    found = person.get(f"/task-executions/{execution}").json()["report_id"]
    return bool(found) and person.get(f"/reports/{found}").json()["status"] == "ready"
