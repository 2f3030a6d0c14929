"""Secrets by API: values go in, are checked by type, and never come out."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID
from django.db import connection

from identity.models import Secret
from identity.services.secrets import opened
from tests.factories.cast import Cast
from tests.factories.http import Caller

CANARY = "canary-value-0001"


def ssh_key(password: bytes = b"") -> str:
    """An OpenSSH key; with a passphrase one in PKCS#8, which needs no further package here."""
    plain, form = serialization.NoEncryption(), serialization.PrivateFormat
    how = serialization.BestAvailableEncryption(password) if password else plain
    shape = form.PKCS8 if password else form.OpenSSH
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(serialization.Encoding.PEM, shape, how).decode()


def certificate(*, other_key: bool = False) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "deploy")])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=400))
        .sign(key, hashes.SHA256())
    )
    shown = ec.generate_private_key(ec.SECP256R1()) if other_key else key
    private = shown.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return (made.public_bytes(serialization.Encoding.PEM) + private).decode()


def good() -> dict[str, Any]:
    """A value of every type."""
    return {
        "token": CANARY,
        "password": {"username": "robot", "password": CANARY},
        "ssh_key": ssh_key(),
        "certificate": certificate(),
        "file": f"[default]\nkey = {CANARY}\n",
        "oidc": {
            "token_endpoint": "https://issuer.example/token",
            "subject_token": CANARY,
            "audience": "deploy",
        },
        "vault": {
            "address": "https://vault.example:8200",
            "path": "team/db",
            "field": "password",
            "token": CANARY,
        },
    }


@pytest.mark.parametrize("kind", list(good()))
def test_a_secret_of_every_type_lives_and_shows_nothing(cast: Cast, kind: str) -> None:
    bob, value = Caller(cast.bob), good()[kind]

    made = bob.post("/secrets", {"name": "mine", "type": kind, "value": value})
    path = f"/secrets/{made.json()['id']}"
    changed = bob.patch(path, {"description": "for tests", "granted_to": ["sessions"]})
    rotated = bob.post(f"{path}/rotate", {"value": good()[kind]})
    answers = [made, bob.get(path), bob.get("/secrets?scope=personal"), changed, rotated]

    assert [one.status_code for one in answers] == [201, 200, 200, 200, 200]
    assert rotated.json()["rotated_at"] is not None
    assert changed.json()["granted_to"] == ["sessions"]
    assert (rotated.json()["expires_at"] is not None) == (kind == "certificate")
    for one in answers:
        assert CANARY not in one.content.decode()
        assert "PRIVATE" not in one.content.decode()
        assert "sealed" not in one.content.decode()
    assert bob.delete(path).status_code == 204
    assert not Secret.objects.exists()


WRONG: dict[str, list[Any]] = {
    "token": ["short", f"{CANARY}\nsecond", f"{CANARY}\x01", {"a": CANARY}, "x" * 9000],
    "password": [CANARY, {"username": CANARY}, {"username": "a", "password": "x"},
                 {"username": "a", "password": CANARY, "more": CANARY}],
    "ssh_key": [CANARY, "-----BEGIN OPENSSH PRIVATE KEY-----\n" + CANARY, ssh_key(b"phrase")],
    "certificate": [CANARY, certificate().partition("-----BEGIN PRIVATE")[0],
                    certificate(other_key=True)],
    "file": ["x" * 40_000, {"content": CANARY}],
    "oidc": [{"token_endpoint": f"http://issuer.example/{CANARY}", "subject_token": CANARY},
             {"token_endpoint": f"https://{CANARY}:{CANARY}@issuer.example", "subject_token": CANARY},
             {"token_endpoint": "https://issuer.example"}],
    "vault": [{"address": "https://v.example", "path": "../sys", "field": "a", "token": CANARY},
              {"address": CANARY, "path": "a", "field": "a", "token": CANARY}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "number"), [(kind, n) for kind, values in WRONG.items() for n in range(len(values))]
)
def test_a_wrong_value_is_refused_without_repeating_it(cast: Cast, kind: str, number: int) -> None:
    body = {"name": "mine", "type": kind, "value": WRONG[kind][number]}

    refused = Caller(cast.bob).post("/secrets", body)

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"].startswith("/value")
    assert CANARY not in refused.content.decode()
    assert not Secret.objects.exists()


@pytest.mark.parametrize("value", [None, 7, [CANARY], True])
def test_a_value_is_text_or_an_object(cast: Cast, value: Any) -> None:
    refused = Caller(cast.bob).post("/secrets", {"name": "a", "type": "token", "value": value})

    assert refused.status_code == 400
    assert CANARY not in refused.content.decode()


def test_scopes_say_who_stores_sees_and_changes(cast: Cast) -> None:
    alice, bob, charlie, dora = (Caller(p) for p in (cast.alice, cast.bob, cast.charlie, cast.dora))
    team = {
        "name": "t",
        "type": "token",
        "value": CANARY,
        "scope": "team",
        "team": str(cast.team.pk),
    }
    everybody = {**team, "scope": "organization", "name": "o"}
    del everybody["team"]

    assert bob.post("/secrets", team).status_code == 403
    assert bob.post("/secrets", everybody).status_code == 403
    of_team, of_all = (alice.post("/secrets", body).json()["id"] for body in (team, everybody))
    assert alice.post("/secrets", team).status_code == 409

    seen = {who: {r["id"] for r in caller.get("/secrets").json()["results"]}
            for who, caller in {"bob": bob, "charlie": charlie, "dora": dora}.items()}  # fmt: skip
    assert seen == {"bob": {of_team, of_all}, "charlie": {of_all}, "dora": set()}
    for caller, status in ((bob, 403), (charlie, 404), (dora, 404)):
        assert (
            caller.post(f"/secrets/{of_team}/rotate", {"value": "another one"}).status_code
            == status
        )
        assert caller.delete(f"/secrets/{of_team}").status_code == status
    assert opened(Secret.objects.get(pk=of_team)) == CANARY


def test_a_guest_and_an_auditor_know_of_no_secret_of_the_organization(cast: Cast) -> None:
    body = {"name": "o", "type": "token", "value": CANARY, "scope": "organization"}
    Caller(cast.alice).post("/secrets", body)

    assert Caller(cast.anna).get("/secrets").json()["results"] == []


def test_a_repeated_post_stores_one_and_its_record_holds_no_value(cast: Cast) -> None:
    bob, body = Caller(cast.bob), {"name": "once", "type": "token", "value": CANARY}

    first, second = (bob.post("/secrets", body, **{"Idempotency-Key": "k1"}) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(k) FROM kernel_idempotencykey k")
        kept = json.dumps(cursor.fetchall(), default=str)
    assert "once" in kept
    assert CANARY not in kept
