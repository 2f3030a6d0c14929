"""Scopes, expiry and revocation hold on every address of the API and on sockets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator

from config.asgi import application
from identity.models import ApiToken
from identity.services.tokens import TokenSpec, create_token, revoke_token
from kernel import clock
from kernel.ids import uuid7
from kernel.streams.hub import hub
from sessions_app.services.creation import SessionSpec, create_session
from tests.factories.cast import Cast, make_cast
from tests.factories.http import Caller
from tests.factories.routes import filled, routes

WRITES = ("POST", "PUT", "PATCH", "DELETE")
# Whoever holds the code may accept; it is asked for no token, but a bad one is refused there, too.
KINDS = {"uuid": [uuid7()], "str": ["x"]}
ADDRESSES = sorted(
    address.removeprefix("/api/v1") for one in routes("/api/v1/") for address in filled(one, KINDS)
)


def _caller(cast: Cast, *scopes: str) -> Caller:
    spec = TokenSpec(name="t", scopes=scopes)
    return Caller(None, token=create_token(cast.bob, cast.bob, spec=spec).text)


def test_a_reading_token_writes_nowhere(cast: Cast) -> None:
    reader, passed = _caller(cast, "read"), []

    for address in ADDRESSES:
        for method in WRITES:
            answer = reader.send(method, address, {})
            refused = answer.status_code == 403 and answer.json()["code"] == "scope_missing"
            if not refused and answer.status_code != 405:
                passed.append((method, address, answer.status_code))

    assert len(ADDRESSES) > 40
    assert passed == []


@pytest.mark.django_db(transaction=True)
def test_a_token_for_metrics_reads_nothing_else(cast: Cast) -> None:
    scraper = _caller(cast, "metrics")

    passed = [
        (method, address)
        for address in ADDRESSES
        for method in ("GET", *WRITES)
        if scraper.send(method, address).status_code not in {403, 405}
    ]

    assert passed == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ["expired", "revoked", "closed"])
def test_an_ended_token_opens_no_address(cast: Cast, end: str) -> None:
    soon = clock.now() + timedelta(hours=1)
    issued = create_token(cast.bob, cast.bob, spec=TokenSpec(name="t", expires_at=soon))
    if end == "revoked":
        revoke_token(cast.bob, issued.token)
    if end == "closed":
        type(cast.bob).objects.filter(pk=cast.bob.pk).update(is_active=False)

    ended = Caller(None, token=issued.text)
    with clock.shifted(hours=2 if end == "expired" else 0):
        passed = [a for a in ADDRESSES if ended.get(a).status_code != 401]

    assert passed == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("scopes", "ended", "opens"),
    [
        ((), "", True),
        (("read",), "", True),
        (("write",), "", True),
        (("metrics",), "", False),
        (("read",), "expired", False),
        (("read",), "revoked", False),
    ],
)
async def test_a_socket_asks_the_same(scopes: tuple[str, ...], ended: str, *, opens: bool) -> None:
    def make() -> tuple[str, str]:
        cast = make_cast()
        session = create_session(cast.bob, cast.acme, spec=SessionSpec(name="S"))
        issued = create_token(cast.bob, cast.bob, spec=TokenSpec(name="t", scopes=scopes))
        past = clock.now() - timedelta(seconds=1)
        changed = {"expired": {"expires_at": past}, "revoked": {"revoked_at": past}}.get(ended)
        if changed:
            ApiToken.objects.filter(pk=issued.token.pk).update(**changed)
        return f"/ws/sessions/{session.pk}", issued.text

    path, text = await sync_to_async(make)()
    socket = WebsocketCommunicator(application, path, subprotocols=[f"bearer.{text}"])

    connected, _protocol = await socket.connect(timeout=5)
    if connected:
        await socket.disconnect()
    await hub().close()

    assert connected == opens
