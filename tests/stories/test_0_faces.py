"""Story 0.7: one set of verbs behind every face."""

from __future__ import annotations

import re
import subprocess
import sys

import httpx

from tests.stories.house import ROOT, House, Person, clean
from tests.stories.texts import story


def browser(person: Person) -> httpx.Client:
    """Signed in like a browser, with cookies and CSRF."""
    client = httpx.Client(base_url=person.url, follow_redirects=True, timeout=30)
    page = client.get("/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None
    given = {
        "username": person.username,
        "password": person.password,
        "csrfmiddlewaretoken": token[1],
    }
    entered = client.post(str(page.url), data=given, headers={"Referer": str(page.url)})
    assert entered.status_code == 200, entered.text[:500]
    return client


@story("0.7")
def test_0_7_faces(the_house: House) -> None:
    alice, olga = the_house.alice, the_house.olga
    session = alice.session("faces")
    alice.run(session, "/sh echo seen")

    with browser(alice) as page:
        listed = page.get("/sessions").text
        shown = page.get(f"/sessions/{session}").text
    schema = httpx.get(f"{the_house.url}/api/schema/?format=json", timeout=60).json()
    docs = httpx.get(f"{the_house.url}/api/docs/", timeout=30)
    verbs = {one["name"] for one in alice.get("/actions").json()}
    with browser(olga) as admin:
        home = admin.get("/operate/")
        people = admin.get("/operate/identity/user/")
        tenant = admin.get(f"/sessions/{session}")
    told = subprocess.run(
        [str(ROOT / "quarterdeck"), "session", "/sh echo by hand", "--url", the_house.url,
         "--token", alice.token],
        cwd=ROOT,
        env={**clean(), "QUARTERDECK_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip

    assert "faces" in listed
    assert "seen" in shown
    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/sessions" in schema["paths"]
    assert docs.status_code == 200
    assert {"sessions.create", "sessions.prompt", "approvals.approve"} <= verbs
    assert home.status_code == people.status_code == 200
    assert tenant.status_code == 404
    assert told.returncode == 0, told.stderr
    assert "by hand" in told.stdout
