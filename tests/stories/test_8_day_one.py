"""Story 8: what a team needs on its first day, from outside."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.identity.api.test_secrets import certificate, ssh_key
from tests.standins.vaults import IssuerStandIn, VaultStandIn, serving
from tests.stories import canaries
from tests.stories.house import House, Person, until
from tests.stories.texts import story

FREE = {"permission_mode": "bypassPermissions"}


@pytest.fixture
def vault() -> Iterator[VaultStandIn]:
    standin = VaultStandIn(token="canary-vault-token-6d2f")
    standin.write("team/db", password="canary-from-the-vault-77aa")
    with serving(standin):
        yield standin


@pytest.fixture
def issuer() -> Iterator[IssuerStandIn]:
    standin = IssuerStandIn(
        subject_token="canary-subject-token-91bc",
        client_id="quarterdeck",
        client_secret="canary-client-secret-40de",
    )
    with serving(standin):
        yield standin


def every_type(vault: VaultStandIn, issuer: IssuerStandIn) -> dict[str, tuple[str, Any]]:
    """Variable → type and value."""
    exchange = {
        "token_endpoint": f"{issuer.url}/token",
        "subject_token": issuer.subject_token,
        "client_id": issuer.client_id,
        "client_secret": issuer.client_secret,
    }
    address = {"address": vault.url, "path": "team/db", "field": "password", "token": vault.token}
    return {
        "TOKEN": ("token", "canary-of-the-token-1f0e9d8c7b6a5948372615"),
        "LOGIN": ("password", {"username": "robot", "password": "canary/pass+word=5c4b"}),
        "KEY": ("ssh_key", ssh_key()),
        "CERT": ("certificate", certificate()),
        "SETTINGS": ("file", "[default]\nkey = canary-in-a-file-3c2d1e0f\nregion = north\n"),
        "SHORT": ("oidc", exchange),
        "DB": ("vault", address),
    }


def attached(person: Person, session: str, name: str, kind: str, value: Any) -> str:
    made = person.post("/secrets", {"name": f"story {name}", "type": kind, "value": value})
    assert made.status_code == 201, made.text
    key = str(made.json()["id"])
    done = person.post(f"/sessions/{session}/secrets", {"secret": key, "name": name})
    assert done.status_code == 201, done.text
    return key


PRINTING = (
    'env; printf %s "$TOKEN"; echo; echo "$TOKEN" | base64; echo "xx$TOKEN" | base64 -w 20',
    'printf %s "$TOKEN$LOGIN_PASSWORD" | od -An -v -tx1; printf %s "$TOKEN" | rev; echo "$DB$SHORT"',
    'cat "$KEY" "$CERT" "$SETTINGS"; base64 "$KEY"; base64 -w 0 "$CERT"; tail -n +3 "$KEY" | head -2',
    'for n in 1 2 3 4; do printf %s "${TOKEN:0:9}"; sleep 0.2; printf "%s\\n" "${TOKEN:9}"; done',
    'fold -w 11 <<< "$TOKEN"; python3 -c \'import os,json,urllib.parse as u; print(json.dumps(open('
    'os.environ["KEY"]).read()), u.quote(os.environ["LOGIN_PASSWORD"], safe=""))\'',
    'for n in $(seq 4000); do echo "$n $TOKEN $LOGIN_PASSWORD"; done',
    'printf "%s\\n" "$TOKEN" > leak.txt; base64 "$KEY" >> leak.txt; cat leak.txt; exit 9',
    'ls "$TOKEN"; echo "$TOKEN" >&2; false',
)


@story("8.2")
def test_8_2_secrets(the_house: House, vault: VaultStandIn, issuer: IssuerStandIn) -> None:
    alice, bob = the_house.alice, the_house.bob
    session = alice.session("canaries", sdk_options=FREE)
    alice.post(f"/sessions/{session}/shares", {"user": "bob", "role": "editor"})
    given = every_type(vault, issuer)
    ids = {name: attached(alice, session, name, *given[name]) for name in given}

    def usable(variable: str, value: str) -> str:
        digest = hashlib.sha256(value.encode()).hexdigest()
        return f'[ "$(printf %s "{variable}" | sha256sum | cut -c1-64)" = {digest} ] && echo usable'

    # The session of both uses them, by whoever prompts it; neither is shown any.
    proofs = [
        usable("$TOKEN", given["TOKEN"][1]),
        usable("$LOGIN_PASSWORD", given["LOGIN"][1]["password"]),
        usable("$DB", "canary-from-the-vault-77aa"),
        f'[ $(sha256sum < "$KEY" | cut -c1-64) = '
        f"{hashlib.sha256(given['KEY'][1].encode()).hexdigest()} ] && echo usable",
    ]
    for proof in proofs:
        assert bob.run(session, f"/sh {proof}")[0]["content"] == "usable\n", proof
    for command in PRINTING:
        result = bob.run(session, f"/sh {command}")[0]
        assert "[redacted]" in result["content"], command

    planted = {
        "token": given["TOKEN"][1],
        "password": given["LOGIN"][1]["password"],
        "file": "canary-in-a-file-3c2d1e0f",
        "vault token": vault.token,
        "vault value": "canary-from-the-vault-77aa",
        "subject": issuer.subject_token,
        "client": issuer.client_secret,
        **{f"exchanged {n}": token for n, token in enumerate(issuer.issued)},
        **{f"key {n}": line for n, line in enumerate(given["KEY"][1].splitlines()[1:-1])},
        **{f"certificate {n}": line for n, line in enumerate(_private(given["CERT"][1]))},
    }
    calls = bob.get(f"/sessions/{session}/tool-calls", limit=100).json()["results"]
    spilled = [f"/sessions/{session}/tool-calls/{call['id']}/output" for call in calls]
    places = [
        *canaries.answers(
            bob,
            *(f"/sessions/{session}{part}" for part in ("", "/messages", "/secrets")),
            "/secrets",
            *spilled,
        ),
        ("the stream", str(bob.events(session))),
        *canaries.answers(alice, "/secrets", *(f"/secrets/{key}" for key in ids.values())),
        *canaries.answers(the_house.anna, "/audit/events?limit=200", "/audit/export"),
        *canaries.pages(
            the_house,
            alice,
            "/settings/secrets",
            f"/sessions/{session}",
            f"/sessions/{session}/file?path=leak.txt",
        ),
        *canaries.database(the_house),
        *canaries.files(the_house),
    ]
    assert canaries.leaks(planted, iter(places)) == []
    assert len(planted) > 14
    # The search itself finds what is there.
    control = [("control", f"{given['TOKEN'][1][:9]}\n{given['TOKEN'][1][9:]}")]
    assert canaries.leaks(planted, iter(control)) == ["token as plain in control"]

    # Used by, last use, one fact for each run and secret.
    shown = alice.get(f"/secrets/{ids['TOKEN']}").json()
    assert shown["used_by"] == {"servers": 0, "sessions": 1}
    assert shown["last_used_at"] is not None
    used = the_house.anna.get("/audit/events", name="identity.secret_used", limit=200).json()
    mine = [
        row["data"]["purpose"] for row in used["results"] if row["target"]["id"] == ids["TOKEN"]
    ]
    assert len(mine) == len(set(mine)) == len(proofs) + len(PRINTING)
    assert len(issuer.issued) == len(set(issuer.issued)) == len(mine)

    # Rotated: the next run has the new value. Withdrawn: the next run has none.
    alice.post(f"/secrets/{ids['TOKEN']}/rotate", {"value": "another-canary-88d7c6"})
    proof = usable("$TOKEN", "another-canary-88d7c6")
    assert bob.run(session, f"/sh {proof}")[0]["content"] == "usable\n"
    alice.delete(f"/secrets/{ids['DB']}")
    until(
        lambda: "DB" not in [r["name"] for r in _names(bob, session)], what="the secret to detach"
    )
    assert bob.run(session, '/sh echo "[$DB]"')[0]["content"] == "[]\n"


def _names(person: Person, session: str) -> list[dict[str, Any]]:
    return list(person.get(f"/sessions/{session}/secrets").json()["results"])


def _private(chain: str) -> list[str]:
    """The lines of the private key that follows a certificate."""
    lines = chain.partition("-----BEGIN PRIVATE KEY-----\n")[2].splitlines()
    return [line for line in lines if not line.startswith("-")]


def test_8_2_a_secret_leaves_with_its_attachers_right(the_house: House) -> None:
    alice, bob = the_house.alice, the_house.bob
    team = next(row for row in alice.get("/teams").json()["results"] if row["member_count"] > 1)
    body = {
        "name": "of the team",
        "type": "token",
        "value": "canary-of-a-team-0a1b",
        "scope": "team",
    }
    secret = alice.post("/secrets", {**body, "team": team["id"]}).json()["id"]
    session = bob.session("bob's own", sdk_options=FREE)
    made = bob.post(f"/sessions/{session}/secrets", {"secret": secret, "name": "TEAM"})
    assert made.status_code == 201, made.text
    assert bob.run(session, '/sh echo "${#TEAM}"')[0]["content"] == "21\n"

    removed = alice.delete(f"/teams/{team['id']}/members/{bob.id}")
    assert removed.status_code == 204
    try:
        assert bob.run(session, '/sh echo "${#TEAM}"')[0]["content"] == "0\n"
        until(lambda: not _names(bob, session), what="the secret to detach")
        told = the_house.anna.get("/audit/events", name="sessions.secret_detached", limit=20).json()
        reasons = [r["data"]["reason"] for r in told["results"] if r["target"]["id"] == session]
        assert reasons == ["right_lost"]
        assert bob.get(f"/secrets/{secret}").status_code == 404
    finally:
        alice.post(f"/teams/{team['id']}/members", {"user": "bob"})
        alice.delete(f"/secrets/{secret}")


def test_8_2_a_projects_secret_serves_its_sessions_and_8_1_its_limits_hold(
    the_house: House,
) -> None:
    alice, bob, charlie = the_house.alice, the_house.bob, the_house.charlie
    made = alice.post("/projects", {"name": "Story of a project", "denied_tools": ["shell(rm *)"]})
    assert made.status_code == 201, made.text
    project = made.json()["id"]
    try:
        alice.post(f"/projects/{project}/members", {"user": "bob"})
        body = {"name": "p", "type": "token", "value": "canary-of-a-project-7f", "scope": "project"}
        secret = alice.post("/secrets", {**body, "project": project}).json()["id"]
        inside = bob.session("inside", sdk_options=FREE, project=project)
        outside = bob.session("outside", sdk_options=FREE)
        given = {"secret": secret, "name": "OURS"}
        assert bob.post(f"/sessions/{outside}/secrets", given).status_code == 403
        assert bob.post(f"/sessions/{inside}/secrets", given).status_code == 201

        assert bob.run(inside, '/sh echo "${#OURS} $OURS"')[0]["content"] == "22 [redacted]\n"
        denied = bob.run(inside, "/sh rm nothing")[0]
        assert denied["status"] == "denied"
        assert bob.run(outside, "/sh rm -f nothing && echo ran")[0]["content"] == "ran\n"
        found = bob.get("/sessions", project=project).json()["results"]
        assert [row["id"] for row in found] == [inside]
        assert charlie.get(f"/projects/{project}").status_code == 404
        assert charlie.get(f"/sessions/{inside}").status_code == 404
    finally:
        assert alice.delete(f"/projects/{project}").status_code == 204
    until(lambda: not _names(bob, inside), what="the project's secret to detach")
