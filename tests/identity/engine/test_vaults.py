"""Vaults are asked in their own protocol, through the guard, and refuse without giving away."""

from __future__ import annotations

import json

import pytest

from identity.engine.vaults import resolve
from identity.errors import VaultError
from kernel.egress import Guard
from tests.standins.vaults import IssuerStandIn, VaultStandIn, serving

OPEN = Guard(allow=("127.0.0.1",))
TOKEN, VALUE = "vault-token-0001", "from-the-vault-0001"


def document(vault: VaultStandIn, **more: str) -> str:
    words = {"address": vault.url, "path": "team/db", "field": "password", "token": TOKEN, **more}
    return json.dumps(words)


async def test_the_newest_version_of_a_field_is_read() -> None:
    vault = VaultStandIn(token=TOKEN, mount="kv/apps", namespace="ops")
    vault.write("team/db", password="older-value")
    vault.write("team/db", password=VALUE, user="app")

    with serving(vault):
        found = await resolve("vault", document(vault, mount="kv/apps", namespace="ops"), OPEN)

    assert found.values == {"": VALUE}
    assert set(found.hidden) == {VALUE, TOKEN}
    assert VALUE not in repr(found)
    assert vault.asked == ["GET /v1/kv/apps/data/team/db"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"token": "a-wrong-token"}, "answered 403"),
        ({"path": "nothing/here"}, "answered 404"),
        ({"path": "gone"}, "answered 404"),
        ({"field": "other"}, "without the value"),
    ],
)
async def test_a_vault_that_refuses_says_so_without_the_token(
    more: dict[str, str], said: str
) -> None:
    vault = VaultStandIn(token=TOKEN)
    vault.write("team/db", password=VALUE)
    vault.versions["gone"] = [None]

    with serving(vault), pytest.raises(VaultError) as refused:
        await resolve("vault", document(vault, **more), OPEN)

    assert said in str(refused.value)
    assert TOKEN not in str(refused.value)
    assert VALUE not in str(refused.value)


async def test_an_address_that_the_operator_did_not_open_is_not_asked() -> None:
    vault = VaultStandIn(token=TOKEN)
    vault.write("team/db", password=VALUE)

    with serving(vault), pytest.raises(VaultError, match="may not be reached"):
        await resolve("vault", document(vault), Guard())

    assert vault.asked == []


async def test_a_token_is_exchanged_for_a_fresh_one_each_time() -> None:
    issuer = IssuerStandIn(subject_token="subject-0001", client_id="a:b", client_secret="p@ss/word")
    words = {
        "subject_token": issuer.subject_token, "client_id": "a:b", "client_secret": "p@ss/word",
        "audience": "deploy", "scope": "read write",
    }  # fmt: skip

    with serving(issuer):
        text = json.dumps({**words, "token_endpoint": f"{issuer.url}/token"})
        first = await resolve("oidc", text, OPEN)
        second = await resolve("oidc", text, OPEN)
        wrong = json.dumps({**json.loads(text), "client_secret": "something-else"})
        with pytest.raises(VaultError, match="answered 401"):
            await resolve("oidc", wrong, OPEN)

    assert [first.values[""], second.values[""]] == issuer.issued
    assert issuer.issued[0] != issuer.issued[1]
    assert issuer.forms[0]["audience"] == "deploy"
    assert issuer.forms[0]["scope"] == "read write"
    assert issuer.forms[0]["subject_token_type"] == "urn:ietf:params:oauth:token-type:jwt"
    assert set(first.hidden) == {issuer.issued[0], "subject-0001", "p@ss/word"}
