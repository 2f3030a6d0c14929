"""The whole of the foundation at once: two people, one live session, this repository, one page each."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.installation import SEEDS
from tests.marketplace.installed import python_servers, system_python
from tests.stories.house import ROOT, House, until

pytestmark = pytest.mark.browser

PLAN = """```yaml
plan:
  - name: Look at the last commits
    tool: git.git_log
    args: {repo_path: /workspace, max_count: 3}
    save_as: log
  - name: Count the files under version control
    tool: shell
    args: {command: "git ls-files | wc -l"}
```"""
SAID = ".message, .toolcard > summary, .tool-body pre, .note, .run-end"


@pytest.fixture
def repository(the_house: House) -> Iterator[Path]:
    """This repository, cloned to where the operator lets working directories be seeded from."""
    seed = the_house.data_dir.parent / SEEDS / "repository"
    cloned = subprocess.run(
        ["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(seed)],
        capture_output=True,
        text=True,
        check=False,
    )
    if cloned.returncode:
        pytest.skip(f"the product was not checked out by git: {cloned.stderr[-200:]}")
    return seed


@pytest.fixture
def git_server(the_house: House) -> Iterator[str]:
    """The git server of the MCP project, registered by the organization's owner."""
    alice, folder = the_house.alice, str(python_servers())
    made = alice.post(
        "/mcp-servers",
        {
            "name": "git",
            "transport": "stdio",
            "command": system_python(),
            "args": ["-m", "mcp_server_git"],
            "env": {"PYTHONPATH": {"value": folder, "secret": False}},
            "read_only_paths": [folder],
            "mount_workspace": "read",
        },
    )
    assert made.status_code == 201, made.text
    server = str(made.json()["id"])
    listed = lambda: alice.get(f"/mcp-servers/{server}").json()["checked_at"]  # noqa: E731
    until(listed, seconds=90, what="the tools of the git server")
    yield server
    alice.delete(f"/mcp-servers/{server}")


def send(page: Page, text: str) -> None:
    page.locator("#prompt").fill(text)
    page.locator("#prompt").press("Control+Enter")


def said(page: Page) -> list[str]:
    """What the conversation shows, every card opened."""
    page.evaluate("for (const one of document.querySelectorAll('.toolcard')) one.open = true")
    return [text.strip() for text in page.locator(SAID).all_text_contents()]


def test_alice_and_bob_work_in_one_session(desk: Desk, repository: Path, git_server: str) -> None:
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=repository, text=True).strip()
    session = desk.start(
        "one session, two people", working_directory=str(repository), mcp_servers=[git_server]
    )
    given = desk.house.alice.post(f"/sessions/{session}/shares", {"user": "bob", "role": "editor"})
    assert given.status_code == 201
    alice, bob = desk.watch("alice", session), desk.watch("bob", session)
    loads: list[str] = []
    for page in (alice, bob):
        expect(page.locator("[data-slot=avatars] .avatar")).to_have_count(2)
        page.on("framenavigated", lambda frame: loads.append(frame.url))

    send(alice, "/sh head -1 README.md")
    expect(bob.locator(".run-end")).to_have_count(1)
    send(bob, PLAN)
    expect(alice.locator(".run-end")).to_have_count(2)
    send(alice, "/sh curl -s --max-time 1 http://192.0.2.1/")
    expect(bob.locator("[data-slot=status]")).to_have_text("Waiting")
    bob.locator("#context").get_by_role("button", name="Approve shell").click()
    for page in (alice, bob):
        expect(page.locator(".note", has_text="approved shell")).to_be_visible()
        expect(page.locator(".run-end")).to_have_count(3)

    seen = said(alice)
    assert said(bob) == seen
    assert any(head in text for text in seen), "the git server read this repository"
    assert any("# Quarterdeck" in text for text in seen)
    assert "git.git_log" in alice.locator(".toolcard").nth(1).inner_text()
    assert loads == []
    calls = desk.house.alice.get(f"/sessions/{session}/tool-calls").json()["results"]
    assert [call["tool"] for call in calls] == ["shell", "git.git_log", "shell", "shell"]
    assert calls[1]["status"] == "ok"
