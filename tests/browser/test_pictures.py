"""The pictures of README and manual, drawn anew when QUARTERDECK_PICTURES is set."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk

pytestmark = pytest.mark.browser

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
PLAN = """```yaml
plan:
  - name: Look around
    tool: shell
    args: {command: "uname -s; nproc; df -h /workspace | tail -1"}
  - name: Measure
    tool: shell
    args: {command: "for i in $(seq 1 5); do echo request $i $((i * 17 % 40)) ms; sleep 0.2; done"}
```"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures(desk: Desk, tmp_path: Path, scheme: str) -> None:
    alice, bob = desk.house.alice, desk.house.bob
    folder = FOLDER if os.environ.get("QUARTERDECK_PICTURES") else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    session = desk.start("Slow checkout since Friday")
    alice.post(f"/sessions/{session}/shares", {"user": bob.username, "role": "editor"})
    alice.run(session, PLAN)
    bob.prompt(session, "/sh curl -s https://status.example.org/checkout")
    alice.settled(session)
    desk.watch("bob", session, color_scheme=scheme)

    page = desk.watch("alice", session, color_scheme=scheme)
    expect(page.locator(".toolcard[data-status=waiting]")).to_be_visible()
    expect(page.locator("[data-slot=avatars] .avatar")).to_have_count(2)
    expect(page.locator(".mark").first).to_be_visible()
    page.screenshot(path=folder / f"session-{scheme}.png")
    page.goto(f"{desk.house.url}/sessions")
    page.screenshot(path=folder / f"sessions-{scheme}.png")
    page.goto(f"{desk.house.url}/audit")
    page.screenshot(path=folder / f"ledger-{scheme}.png")

    assert {one.name for one in folder.glob(f"*-{scheme}.png")} >= {
        f"{name}-{scheme}.png" for name in ("session", "sessions", "ledger")
    }
