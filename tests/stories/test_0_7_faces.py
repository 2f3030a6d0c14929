"""Story 0.7: the same verbs and rules behind every face, as an operator and a member meet them."""

from __future__ import annotations

import re
from typing import Any

import httpx

from tests.stories.house import House, Person, until
from tests.stories.texts import story

PASSWORD = "seven quiet mountains"
NO_KEEPALIVE = httpx.Limits(max_keepalive_connections=0)


class Browser:
    """A browser without JavaScript: cookies, forms and their CSRF token."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(
            base_url=url, follow_redirects=True, timeout=40, limits=NO_KEEPALIVE
        )

    def get(self, path: str) -> httpx.Response:
        """Open a page."""
        return self.client.get(path)

    def post(self, path: str, body: dict[str, Any], *, form: str = "") -> httpx.Response:
        """Fill in the form of a page (its own address unless told) and send it."""
        page = self.client.get(form or path)
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert found, page.text[:500]
        data = {**body, "csrfmiddlewaretoken": found[1]}
        origin = str(self.client.base_url).rstrip("/")
        return self.client.post(path, data=data, headers={"Origin": origin})

    def sign_in(self, username: str, password: str) -> httpx.Response:
        """Sign in; answers the page one lands on."""
        return self.post("/sign-in", {"username": username, "password": password})


def _key(page: str, username: str) -> str:
    found = re.search(rf"/operate/identity/user/([0-9a-f-]{{36}})/change/[^>]*>{username}<", page)
    assert found, f"{username} is not in the list"
    return found[1]


def _signed_in(url: str, person: Person) -> Browser:
    browser = Browser(url)
    assert browser.sign_in(person.username, person.password).status_code == 200
    return browser


@story("0.7")
def test_0_7_faces(the_house: House) -> None:
    olga, alice = (_signed_in(the_house.url, p) for p in (the_house.olga, the_house.alice))

    # The operator's admin: entered by operators only; a save, a bulk action and their effect.
    assert olga.get("/operate/").status_code == 200
    assert alice.get("/operate/").status_code == 403
    made = olga.post(
        "/operate/identity/user/add/",
        {"username": "zed", "full_name": "Zed", "email": "zed@example.org"},
    )
    [link] = re.findall(r"<code>(http[^<]+/password/[^<]+)</code>", made.text)
    zed = Browser(the_house.url)
    path = link.removeprefix(the_house.url)
    zed.post(path, {"password1": PASSWORD, "password2": PASSWORD})
    assert zed.sign_in("zed", PASSWORD).status_code == 200
    assert zed.get("/settings/tokens").url.path == "/settings/tokens"
    key = _key(olga.get("/operate/identity/user/?q=zed").text, "zed")
    closed = olga.post("/operate/identity/user/", {"action": "deactivate", "_selected_action": key})
    assert "Deactivate: 1 done." in closed.text
    until(lambda: zed.get("/settings/tokens").url.path == "/sign-in", what="zed to be out")

    # The admin's refusals are the verbs' own.
    keeps = olga.post(
        "/operate/identity/user/",
        {
            "action": "deactivate",
            "_selected_action": _key(olga.get("/operate/identity/user/?q=alice").text, "alice"),
        },
    )
    assert re.search("keeps at least one owner|break-glass owner", keeps.text)
    assert alice.get("/settings").status_code == 200

    # Browser and API read one registry and one policy.
    assert the_house.bob.get("/admin/stats").status_code == 403
    assert the_house.olga.get("/admin/stats").json()["counts"]["identity.users"] >= 8
    verbs = {verb["name"] for verb in the_house.bob.get("/actions").json()["results"]}
    assert {"sessions.prompt", "identity.create_token", "approvals.approve"} <= verbs
    token = the_house.bob.post("/tokens", {"name": "story"}).json()
    bob = _signed_in(the_house.url, the_house.bob)
    assert "story" in bob.get("/settings/tokens").text
    assert token["token"] not in bob.get("/settings/tokens").text

    # OpenAPI 3.1 describes what is there.
    schema = httpx.get(f"{the_house.url}/api/schema/", headers={"Accept": "application/json"})
    assert re.search(r"openapi[\"']?: [\"']?3\.1", schema.text)
    for address in ("/api/v1/sessions", "/api/v1/tokens", "/api/v1/organizations"):
        assert address in schema.text
