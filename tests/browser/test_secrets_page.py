"""Secrets at the browser: stored, attached and detached, also without scripts, never shown."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk

pytestmark = pytest.mark.browser

CANARY = "canary-typed-by-hand-51d0"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_secret_is_stored_and_used_by_a_session(desk: Desk, scripts: bool) -> None:
    name = f"typed {'with' if scripts else 'without'} scripts"
    session = desk.start(name, sdk_options={"permission_mode": "bypassPermissions"})
    page = desk.page("alice", "/settings/secrets", java_script_enabled=scripts)
    page.get_by_label("Name", exact=True).first.fill(name)
    page.get_by_label("Value", exact=True).first.fill(CANARY)
    page.get_by_role("button", name="Store the secret").click()
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("nothing")
    assert CANARY not in page.content()

    page.goto(f"{desk.house.url}/sessions/{session}")
    page.get_by_role("button", name="Attach a secret").click()
    dialog = page.get_by_role("dialog", name="Attach a secret")
    dialog.get_by_label("Secret").select_option(label=f"{name} · Token")
    dialog.get_by_label("Variable").fill("TYPED")
    dialog.get_by_role("button", name="Attach").click()
    expect(page.get_by_role("button", name="Detach TYPED")).to_be_visible()
    shown = desk.house.alice.run(session, '/sh echo "${#TYPED} $TYPED"')[0]

    assert shown["content"] == f"{len(CANARY)} [redacted]\n"
    page.goto(f"{desk.house.url}/settings/secrets")
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("Sessions 1")
    page.get_by_role("button", name=f"Delete {name}").click()
    confirm = page.get_by_role("dialog", name=f"Delete {name}?")
    expect(confirm).to_contain_text("1 user of this secret")
    confirm.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("row").filter(has_text=name)).to_have_count(0)
