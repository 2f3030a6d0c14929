"""Projects by API: who makes, sees and changes them, and whose secrets they hold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.cast import Cast
from tests.factories.http import Caller


def made(cast: Cast, **more: Any) -> str:
    answer = Caller(cast.alice).post("/projects", {"name": "Checkout", **more})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def test_a_project_is_made_changed_and_deleted(cast: Cast) -> None:
    alice = Caller(cast.alice)
    limits = {"denied_tools": ["write_file"], "allowed_domains": ["api.example.com"]}

    path = f"/projects/{made(cast, instructions='Be careful.', **limits)}"
    changed = alice.patch(path, {"name": "Checkout service", "model": "m-1"})

    assert changed.status_code == 200
    shown = alice.get(path).json()
    assert (shown["slug"], shown["name"], shown["model"]) == ("checkout", "Checkout service", "m-1")
    assert {name: shown[name] for name in limits} == limits
    assert alice.post("/projects", {"name": "Checkout"}).status_code == 409
    assert alice.patch(path, {"denied_tools": ["("]}).status_code == 400
    assert alice.patch(path, {"runtime": "nothing"}).status_code == 400
    assert alice.delete(path).status_code == 204
    assert alice.get(path).status_code == 404


def test_members_see_it_leads_change_it_and_strangers_know_nothing(cast: Cast) -> None:
    path = f"/projects/{made(cast)}"
    alice, bob, charlie, dora = (Caller(p) for p in (cast.alice, cast.bob, cast.charlie, cast.dora))
    member = alice.post(f"{path}/members", {"team": "platform"})
    lead = alice.post(f"{path}/members", {"user": cast.charlie.username, "role": "lead"})

    assert (member.status_code, lead.status_code) == (201, 201)
    assert [r["kind"] for r in bob.get(f"{path}/members").json()["results"]] == ["team", "user"]
    assert bob.patch(path, {"description": "x"}).status_code == 403
    assert charlie.patch(path, {"description": "x"}).status_code == 200
    assert charlie.delete(path).status_code == 403
    assert bob.post("/projects", {"name": "Mine"}).status_code == 403
    assert dora.get(path).status_code == 404
    assert dora.post(f"{path}/members", {"user": "dora"}).status_code == 404
    assert charlie.delete(f"{path}/members/{member.json()['id']}").status_code == 204
    assert bob.get(path).status_code == 404


@pytest.mark.parametrize("body", [{}, {"user": "a", "team": "b"}, {"user": "nobody"}])
def test_a_member_is_one_person_or_team(cast: Cast, body: dict[str, str]) -> None:
    assert Caller(cast.alice).post(f"/projects/{made(cast)}/members", body).status_code == 400


def test_a_projects_secret_is_its_members_and_serves_its_sessions_alone(cast: Cast) -> None:
    project = made(cast)
    alice, bob, charlie = (Caller(p) for p in (cast.alice, cast.bob, cast.charlie))
    alice.post(f"/projects/{project}/members", {"user": cast.bob.username})
    body = {"name": "k", "type": "token", "value": "canary-value", "scope": "project"}

    assert bob.post("/secrets", {**body, "project": project}).status_code == 403
    assert charlie.post("/secrets", {**body, "project": project}).status_code == 400
    secret = alice.post("/secrets", {**body, "project": project}).json()
    inside = bob.post("/sessions", {"name": "in", "project": project}).json()["id"]
    outside = bob.post("/sessions", {"name": "out"}).json()["id"]

    assert secret["scope"] == "project"
    assert [r["id"] for r in bob.get("/secrets?scope=project").json()["results"]] == [secret["id"]]
    assert charlie.get(f"/secrets/{secret['id']}").status_code == 404
    given = {"secret": secret["id"]}
    assert bob.post(f"/sessions/{outside}/secrets", given).status_code == 403
    assert bob.post(f"/sessions/{inside}/secrets", given).status_code == 201
