"""WCAG: axe finds nothing on any page, light, dark and right to left, wide and narrow."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.stories.house import Person, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = [
    "/sessions",
    "/sessions?tab=trash",
    "/sessions?q=nothing-fits-this",
    "/sessions/new",
    "/tasks",
    "/tasks?tab=trash",
    "/tasks/new",
    "/tasks/executions",
    "/tasks/reports",
    "/settings",
    "/settings/people",
    "/settings/teams",
    "/settings/stops",
    "/settings/projects",
    "/settings/secrets",
    "/settings/tokens",
    "/settings/organization",
    "/settings/password",
    "/audit",
    "/marketplace",
    "/marketplace/new",
    "/no-such-page",
]
# Without Django's forms: their style sheet imports another, which axe would load against the policy.
OPERATED = [
    "/operate/",
    "/operate/identity/user/",
    "/operate/identity/apitoken/",
    "/operate/django_celery_beat/periodictask/",
]
OVERLAYS = ["share", "trash", "me", "session-menu"]


FULL = {"resultTypes": ["violations"]}
CONTRAST = {**FULL, "runOnly": {"type": "rule", "values": ["color-contrast"]}}
"""All that another color scheme can break."""


def faults(page: Page, what: str, options: dict[str, Any] | None = None) -> list[str]:
    found = Axe().run(page, options=options or FULL).response["violations"]
    lines = [f"{what}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in found]
    wide = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return [*lines, f"{what}: wider than the screen"] if wide else lines


def task_pages(person: Person) -> list[str]:
    """The pages of a task, of an execution, and of its report, which is awaited."""
    execution = person.get("/task-executions").json()["results"][-1]
    reports = until(lambda: person.get("/reports").json()["results"], what="a report")
    return [
        f"/tasks/{execution['task_id']}",
        f"/tasks/{execution['task_id']}/edit",
        f"/tasks/executions/{execution['id']}",
        f"/tasks/reports/{reports[-1]['id']}",
    ]


@pytest.mark.parametrize(
    ("scheme", "direction", "width"),
    [("light", "ltr", 1440), ("light", "rtl", 360), ("dark", "ltr", 1440)],
)
def test_axe_finds_nothing(desk: Desk, scheme: str, direction: str, width: int) -> None:
    alice = desk.house.alice
    session = desk.start("accessible")
    alice.run(session, "/sh echo one\n/sh false")
    alice.prompt(session, "/sh curl http://192.0.2.1/")
    alice.settled(session)
    page = desk.page(
        "alice",
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    found: list[str] = []
    options = CONTRAST if scheme == "dark" else None

    for path in [*PAGES, *task_pages(alice), f"/sessions/{session}"]:
        page.goto(desk.house.url + path)
        page.evaluate(f"document.documentElement.dir = '{direction}'")
        page.wait_for_load_state("networkidle" if "/sessions/" not in path else "load")
        found += faults(page, path, options)
    expect(page.locator(".run-end")).to_be_visible()
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    found += faults(page, "opened tool cards", options)
    for name in OVERLAYS:
        page.evaluate(f"document.getElementById('{name}').showPopover()")
        found += faults(page, name, options)
        page.evaluate(f"document.getElementById('{name}').hidePopover()")

    assert found == []


def test_the_pages_of_nobody(desk: Desk) -> None:
    page = desk.browser.new_page()
    found: list[str] = []

    for path in ["/sign-in", "/invitations/used-up", "/no-such-page"]:
        page.goto(desk.house.url + path)
        found += faults(page, path)

    page.close()
    assert found == []


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_pages_of_operators(desk: Desk, mode: str) -> None:
    page = desk.page("olga", color_scheme=mode)
    found: list[str] = []

    for path in OPERATED:
        page.goto(desk.house.url + path)
        found += faults(page, path)

    assert found == []
