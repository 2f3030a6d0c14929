"""What people do with a session by API, statement by statement of the contract."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from identity.models import Organization
from sessions_app.models import AgentSession
from tests.factories.cast import Cast
from tests.factories.http import Caller

DEFAULTS = {
    "allowed_tools": [],
    "permission_mode": "default",
    "max_turns": 50,
    "model": "",
    "system_prompt": "",
    "timeout_seconds": 600,
}


@pytest.fixture
def alice(cast: Cast) -> Caller:
    return Caller(cast.alice)


def make(caller: Caller, **body: Any) -> dict[str, Any]:
    answer = caller.post("/sessions", {"name": "One", **body})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def test_what_is_not_said_has_its_default(cast: Cast, alice: Caller) -> None:
    made = make(alice)

    assert (made["runtime"], made["status"], made["sdk_options"]) == ("embedded", "idle", DEFAULTS)
    assert made["owner"] == {
        "id": str(cast.alice.pk),
        "name": "Alice",
        "username": cast.alice.username,
    }
    assert made["organization"] == str(cast.acme.pk)
    assert (made["context"], made["cost_usd"]) == ({"tokens": None, "window": None}, None)
    assert UUID(made["id"]).version == 7
    assert alice.get(f"/sessions/{made['id']}").json() == made


def test_every_option_is_kept(alice: Caller) -> None:
    options = {
        "allowed_tools": ["read_file"],
        "permission_mode": "plan",
        "max_turns": 3,
        "model": "anthropic:claude-x",
        "system_prompt": "Be brief.",
        "timeout_seconds": 60,
    }

    assert make(alice, sdk_options=options)["sdk_options"] == options


@pytest.mark.parametrize("runtime", ["embedded", "model", "claude", "acp"])
def test_each_runtime_can_be_chosen(alice: Caller, runtime: str) -> None:
    assert make(alice, runtime=runtime)["runtime"] == runtime


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"runtime": "other"}, "/runtime"),
        ({"sdk_options": {"permission_mode": "always"}}, "/sdk_options/permission_mode"),
        ({"sdk_options": {"colour": "red"}}, "/sdk_options/colour"),
        ({"mcp_servers": [{"command": "sh", "args": ["-c", "id"]}]}, "/mcp_servers/0"),
        ({"working_directory": "../../etc"}, "/working_directory"),
        ({"project": "01997b5c-0000-7000-8000-000000000000"}, "/project"),
    ],
)
def test_what_a_session_cannot_be_is_400(alice: Caller, body: dict[str, Any], pointer: str) -> None:
    answer = alice.post("/sessions", {"name": "One", **body})

    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert not AgentSession.objects.exists()


def test_a_server_of_somebody_else_is_refused(cast: Cast, alice: Caller) -> None:
    server = Caller(cast.dora).post(
        "/mcp-servers", {"name": "git", "transport": "stdio", "command": "mcp-server-git"}
    )

    answer = alice.post("/sessions", {"name": "One", "mcp_servers": [server.json()["id"]]})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_server")
    assert not AgentSession.objects.exists()


def test_an_organization_may_forbid_bypass(cast: Cast, alice: Caller) -> None:
    Organization.objects.filter(pk=cast.acme.pk).update(forbid_bypass=True)
    bypass = {"sdk_options": {"permission_mode": "bypassPermissions"}}

    assert alice.post("/sessions", {"name": "One", **bypass}).status_code == 403
    made = make(alice)
    assert alice.patch(f"/sessions/{made['id']}", bypass).status_code == 403


def test_renaming_and_configuring(alice: Caller) -> None:
    made = make(alice)
    path = f"/sessions/{made['id']}"

    both = alice.patch(path, {"name": "Two", "sdk_options": {"max_turns": 7}})

    assert both.status_code == 200
    assert both.json()["name"] == "Two"
    assert both.json()["sdk_options"] == {**DEFAULTS, "max_turns": 7}
    assert alice.patch(path, {}).json()["name"] == "Two"
    for wrong in (
        {"name": ""},
        {"name": " " + "x" * 200},
        {"status": "archived"},
        {"sdk_options": {"max_turns": "x"}},
    ):
        assert alice.patch(path, wrong).status_code == 400, wrong


def test_half_a_patch_that_is_refused_changes_nothing(cast: Cast, alice: Caller) -> None:
    """bob may rename what he edits, and not configure it."""
    made = make(alice)
    path = f"/sessions/{made['id']}"
    alice.post(f"{path}/shares", {"user": cast.bob.username, "role": "editor"})

    refused = Caller(cast.bob).patch(path, {"name": "Bob's", "sdk_options": {"max_turns": 1}})

    assert refused.status_code == 403
    assert alice.get(path).json()["name"] == "One"


def test_a_prompt_answers_where_it_went(alice: Caller) -> None:
    made = make(alice)
    path = f"/sessions/{made['id']}"

    posted = alice.post(f"{path}/messages", {"content": "/help"})

    assert posted.status_code == 202
    assert set(posted.json()) == {"id", "run_id", "seq"}
    (message,) = alice.get(f"{path}/messages").json()["results"]
    assert (message["id"], message["run"], message["seq"]) == (
        posted.json()["id"],
        posted.json()["run_id"],
        posted.json()["seq"],
    )
    assert (message["role"], message["content"]) == ("user", "/help")
    assert alice.get(path).json()["status"] == "queued"


def test_query_is_an_alias_that_also_takes_prompt(alice: Caller) -> None:
    path = f"/sessions/{make(alice)['id']}"

    assert alice.post(f"{path}/query", {"prompt": "/help"}).status_code == 202
    assert alice.post(f"{path}/query", {"content": "/help"}).status_code == 202
    for wrong in ({}, {"prompt": "a", "content": "b"}, {"prompt": " \n"}, {"prompt": None}):
        assert alice.post(f"{path}/query", wrong).status_code == 400, wrong
    refused = alice.post(f"{path}/messages", {"prompt": "/help"})
    assert refused.json()["errors"][0]["pointer"] == "/prompt"
    contents = [m["content"] for m in alice.get(f"{path}/messages").json()["results"]]
    assert contents == ["/help", "/help"]


def test_cancel_ends_the_run_and_resume_repeats_it(alice: Caller) -> None:
    path = f"/sessions/{make(alice)['id']}"
    assert alice.post(f"{path}/cancel").json()["code"] == "nothing_to_cancel"
    assert alice.post(f"{path}/resume").json()["code"] == "nothing_to_resume"
    run = alice.post(f"{path}/messages", {"content": "/help"}).json()["run_id"]

    cancelled = alice.post(f"{path}/cancel")

    assert (cancelled.status_code, cancelled.json()) == (
        202,
        {"run_id": run, "status": "cancelled"},
    )
    assert alice.get(path).json()["status"] == "idle"
    again = alice.post(f"{path}/resume")
    assert (again.status_code, again.json()["status"]) == (202, "queued")
    assert again.json()["run_id"] != run


def test_archive_and_back(alice: Caller) -> None:
    path = f"/sessions/{make(alice)['id']}"

    archived = alice.post(f"{path}/archive")

    assert (archived.status_code, archived.json()["status"]) == (200, "archived")
    assert archived.json()["archived_at"]
    refused = alice.post(f"{path}/messages", {"content": "/help"})
    assert (refused.status_code, refused.json()["code"]) == (409, "archived")
    back = alice.post(f"{path}/resume")
    assert (back.status_code, back.json()) == (202, {"run_id": None, "status": "idle"})


def test_a_busy_session_is_neither_archived_nor_deleted(alice: Caller) -> None:
    path = f"/sessions/{make(alice)['id']}"
    alice.post(f"{path}/messages", {"content": "/help"})

    for answer in (alice.post(f"{path}/archive"), alice.delete(path)):
        assert (answer.status_code, answer.json()["code"]) == (409, "busy")


def test_delete_is_the_trash_and_can_be_undone(alice: Caller) -> None:
    made = make(alice)
    path = f"/sessions/{made['id']}"

    assert alice.delete(path).status_code == 204

    assert alice.get("/sessions").json()["results"] == []
    trash = alice.get("/sessions?shelf=trash").json()["results"]
    assert [row["id"] for row in trash] == [made["id"]]
    assert alice.post(f"{path}/restore").json()["trashed_at"] is None
    assert alice.post(f"{path}/restore").status_code == 409
    assert [row["id"] for row in alice.get("/sessions").json()["results"]] == [made["id"]]


def test_a_fork_ends_at_its_message_and_is_ones_own(cast: Cast, alice: Caller) -> None:
    made = make(alice)
    path = f"/sessions/{made['id']}"
    first = alice.post(f"{path}/messages", {"content": "one"}).json()["id"]
    alice.post(f"{path}/messages", {"content": "two"})
    alice.post(f"{path}/shares", {"user": cast.bob.username, "role": "viewer"})
    bob = Caller(cast.bob)

    fork = bob.post(f"{path}/fork", {"message_id": first})
    whole = bob.post(f"{path}/fork")

    assert (fork.status_code, whole.status_code) == (201, 201)
    assert fork.json()["owner"]["id"] == str(cast.bob.pk)
    assert (fork.json()["parent"], fork.json()["forked_from_message_id"]) == (made["id"], first)
    for one, contents in ((fork, ["one"]), (whole, ["one", "two"])):
        rows = bob.get(f"/sessions/{one.json()['id']}/messages").json()["results"]
        assert [row["content"] for row in rows] == contents
    missing = bob.post(f"{path}/fork", {"message_id": made["id"]})
    assert missing.status_code == 404


def test_the_list_is_filtered(cast: Cast, alice: Caller) -> None:
    bob = Caller(cast.bob)
    ids = {name: make(alice, name=name)["id"] for name in ("Quiet hills", "Loud sea")}
    theirs = make(bob, name="Bob's hills")["id"]
    share = {"user": cast.alice.username, "role": "viewer"}
    assert bob.post(f"/sessions/{theirs}/shares", share).status_code == 201
    alice.post(f"/sessions/{ids['Loud sea']}/messages", {"content": "about dolphins"})

    def listed(query: str) -> set[str]:
        answer = alice.get(f"/sessions?{query}")
        assert answer.status_code == 200, answer.content
        return {row["name"] for row in answer.json()["results"]}

    assert listed("q=hills") == {"Quiet hills", "Bob's hills"}
    assert listed("q=dolphins") == {"Loud sea"}
    assert listed("status=queued") == {"Loud sea"}
    assert listed("owner=me") == {"Quiet hills", "Loud sea"}
    assert listed("owner=others") == listed(f"owner={cast.bob.username}") == {"Bob's hills"}
    assert listed(f"owner={cast.bob.pk}&q=hills") == {"Bob's hills"}
    assert listed("project=01997b5c-0000-7000-8000-000000000000") == set()


@pytest.mark.parametrize("query", ["status=busy", "shelf=attic", "project=x", "limit=0"])
def test_a_filter_that_means_nothing_is_400(alice: Caller, query: str) -> None:
    answer = alice.get(f"/sessions?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"/{query.partition('=')[0]}"


def test_everybody_sees_what_the_cast_says(cast: Cast, alice: Caller) -> None:
    made = make(Caller(cast.bob), name="bob's")
    path = f"/sessions/{made['id']}"
    seen = {
        name: (Caller(who).get(path).status_code, Caller(who).get(f"{path}/messages").status_code)
        for name, who in cast.people().items()
    }

    # An organization's owner may list it, and reads it on the record.
    assert seen == {
        "alice": (200, 200), "bob": (200, 200), "charlie": (404, 404), "dora": (404, 404),
        "olga": (404, 404), "anna": (404, 404),
    }  # fmt: skip
    assert alice.post(f"{path}/messages", {"content": "x"}).status_code == 403
