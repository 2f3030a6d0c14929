"""WCAG: axe finds nothing on any page, light, dark and right to left, wide and narrow."""

from __future__ import annotations

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
LOOKS = [("light", "ltr", 1440), ("dark", "ltr", 360), ("light", "rtl", 360), ("dark", "rtl", 1440)]
"""Scheme, direction, width: every pair of them at least once."""
OVERLAYS = ["share", "trash", "me", "session-menu"]
RUN = """axe.run({resultTypes: ["violations"]}).then(({violations}) => violations.map(
    one => `${one.id} ${one.nodes[0].html.slice(0, 120)}`))"""


def faults(page: Page, what: str) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    lines = [f"{what}: {line}" for line in page.evaluate(RUN)]
    wide = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return [*lines, f"{what}: wider than the screen"] if wide else lines


def looks(page: Page, what: str) -> list[str]:
    """What axe says of one loaded page in every look."""
    found: list[str] = []
    for scheme, direction, width in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(f"document.documentElement.dir = '{direction}'")
        found += faults(page, f"{what} {scheme} {direction} {width}")
    return found


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


def test_axe_finds_nothing(desk: Desk) -> None:
    alice = desk.house.alice
    session = desk.start("accessible")
    alice.run(session, "/sh echo one\n/sh false")
    alice.prompt(session, "/sh curl http://192.0.2.1/")
    alice.settled(session)
    page = desk.page("alice", reduced_motion="reduce")
    found: list[str] = []

    for path in [*PAGES, *task_pages(alice), f"/sessions/{session}"]:
        page.goto(desk.house.url + path)
        page.wait_for_load_state("networkidle" if "/sessions/" not in path else "load")
        found += looks(page, path)
    expect(page.locator(".run-end")).to_be_visible()
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    found += looks(page, "opened tool cards")
    for name in OVERLAYS:
        page.evaluate(f"document.getElementById('{name}').showPopover()")
        found += looks(page, name)
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
