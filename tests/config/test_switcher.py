"""Somebody in two organizations: the chosen one is shown on every page and used by every form."""

from __future__ import annotations

import pytest
from django.test import Client

from identity.models import Membership, Organization
from identity.services.teams import create_team
from marketplace.engine.spec import ServerSpec
from marketplace.models import MCPServer
from marketplace.services.servers import register_server
from sessions_app.models import AgentSession
from sessions_app.services.creation import SessionSpec, create_session
from sessions_app.services.prompting import prompt
from tests.factories.cast import Cast
from tests.factories.http import Caller

PAGES = (
    "/sessions",
    "/sessions?tab=shared",
    "/sessions?q=at",
    "/sessions?tab=archive",
    "/sessions?tab=trash",
    "/marketplace/servers",
    "/settings",
    "/settings/people",
    "/settings/teams",
    "/settings/organization",
    "/audit",
)


@pytest.fixture
def both(cast: Cast) -> Cast:
    """alice owns acme and other; each has a session, a server and a team of its own."""
    Membership.objects.create(organization=cast.other, user=cast.alice, role="owner")
    for where in (cast.acme, cast.other):
        mark = where.name
        create_session(cast.alice, where, spec=SessionSpec(name=f"at {mark}"))
        spec = ServerSpec(name=f"in-{mark.lower()}", transport="stdio", command="mcp-server-git")
        register_server(cast.alice, where, spec=spec)
        create_team(cast.alice, where, name=f"Team {mark}")
    return cast


@pytest.fixture
def alice(both: Cast) -> Client:
    client = Client()
    client.force_login(both.alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _choose(client: Client, where: Organization) -> None:
    client.get(f"/?organization={where.slug}")


def _main(answer: object) -> str:
    """What a page says below its frame, which names both in the switcher."""
    text = answer.content.decode()  # type: ignore[attr-defined]
    return text[text.index('<main class="main"') :]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_shows_the_chosen_organization_alone(both: Cast, alice: Client, path: str) -> None:
    for here, elsewhere in ((both.other, both.acme), (both.acme, both.other)):
        _choose(alice, here)

        answer = alice.get(path)

        page = _main(answer)
        assert answer.status_code == 200
        assert answer.context["shell"]["organization"] == here
        for foreign in (f"at {elsewhere.name}", f"in-{elsewhere.name.lower()}",
                        f"Team {elsewhere.name}", str(elsewhere.pk)):  # fmt: skip
            assert foreign not in page, path


def test_lists_are_not_empty(both: Cast, alice: Client) -> None:
    _choose(alice, both.other)

    assert "at Other" in _main(alice.get("/sessions"))
    assert "in-other" in _main(alice.get("/marketplace/servers"))
    assert "Team Other" in _main(alice.get("/settings/teams"))
    shown = {line.user for line in alice.get("/settings/people").context["members"]}
    assert shown == {both.alice, both.dora}
    entries = alice.get("/audit").context["entries"]
    assert "sessions.session_created" in {entry["name"] for entry in entries}


def test_forms_write_into_the_chosen_organization(both: Cast, alice: Client) -> None:
    server = MCPServer.objects.get(name="in-other")
    _choose(alice, both.other)
    offered = alice.get("/sessions/new").context["form"].fields["mcp_servers"].choices

    body = {
        "name": "Made here",
        "prompt": "",
        "runtime": "embedded",
        "permission_mode": "default",
        "max_turns": "5",
        "timeout_seconds": "60",
        "mcp_servers": [str(server.pk)],
    }
    made = alice.post("/sessions/new", body)
    alice.post("/settings/teams", {"name": "Made here"})
    alice.post("/settings/people/invite", {"email": "zoe@example.org", "role": "member"})

    assert [name for _key, name in offered] == ["in-other"]
    assert made.status_code == 302, made.context["form"].errors
    session = AgentSession.objects.get(name="Made here")
    assert session.organization == both.other
    assert both.other.teams.filter(name="Made here").exists()
    assert both.other.invitations.count() == 1
    assert both.acme.invitations.count() == 0


def test_a_server_from_elsewhere_is_refused_by_the_form(both: Cast, alice: Client) -> None:
    foreign = MCPServer.objects.get(name="in-acme")
    _choose(alice, both.other)

    answer = alice.post("/sessions/new", {"name": "x", "mcp_servers": [str(foreign.pk)]})

    assert "mcp_servers" in answer.context["form"].errors
    assert not AgentSession.objects.filter(name="x").exists()


def test_people_and_teams_from_elsewhere_cannot_be_changed_here(both: Cast, alice: Client) -> None:
    bob = Membership.objects.get(user=both.bob)
    _choose(alice, both.other)

    assert alice.post("/settings/people", {"member": bob.pk, "role": "guest"}).status_code == 404
    assert alice.post("/settings/teams", {"team": both.team.pk, "delete": "1"}).status_code == 404


def test_counts_in_the_frame_are_of_the_chosen_organization(both: Cast, alice: Client) -> None:
    prompt(both.alice, AgentSession.objects.get(name="at Acme"), content="/help")

    running = []
    for where in (both.acme, both.other):
        _choose(alice, where)
        running.append(alice.get("/settings").context["shell"]["running_count"])

    assert running == [1, 0]


def test_the_list_beside_a_session_is_of_its_organization(both: Cast, alice: Client) -> None:
    _choose(alice, both.acme)

    page = alice.get(f"/sessions/{AgentSession.objects.get(name='at Other').pk}")

    assert [row["name"] for row in page.context["sessions"]] == ["at Other"]


def test_a_choice_ends_with_the_membership(both: Cast, alice: Client) -> None:
    _choose(alice, both.other)
    Membership.objects.filter(organization=both.other, user=both.alice).delete()

    page = alice.get("/sessions")

    assert page.context["shell"]["organization"] == both.acme
    assert "at Acme" in _main(page)
    assert "at Other" not in page.content.decode()


def test_nobody_chooses_what_they_do_not_belong_to(both: Cast, alice: Client) -> None:
    third = Organization.objects.create(slug=f"third-{both.acme.slug}", name="Third")

    _choose(alice, third)

    assert alice.get("/sessions").context["shell"]["organization"] == both.acme


def test_the_api_lists_one_organization_when_asked(both: Cast) -> None:
    caller = Caller(both.alice)

    every = caller.get("/sessions").json()["results"]
    one = caller.get(f"/sessions?organization={both.other.pk}").json()["results"]

    assert {row["name"] for row in every} == {"at Acme", "at Other"}
    assert [row["name"] for row in one] == ["at Other"]
    assert caller.get("/sessions?organization=here").status_code == 400
    assert Caller(both.bob).get(f"/sessions?organization={both.other.pk}").json()["results"] == []
