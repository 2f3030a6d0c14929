"""Sockets: who may open one, and that losing the way in closes it with the right code."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import AsyncClient, Client

from config.asgi import application
from identity.models import ApiToken, User
from identity.services.accounts import deactivate_account
from identity.services.memberships import remove_member
from identity.services.passwords import change_password
from identity.services.tokens import revoke_token
from kernel.streams.hub import hub
from kernel.threads import threaded
from sessions_app.models import AgentSession
from sessions_app.services.creation import SessionSpec, create_session
from sessions_app.services.sharing import share
from tests.factories.cast import PASSWORD, Cast, make_cast, token_for

pytestmark = pytest.mark.django_db(transaction=True)
HOST = b"testserver"


@dataclass
class Scene:
    """Bob watches alice's session in a browser and with a token."""

    cast: Cast
    session: AgentSession
    token: str
    browser: Client

    def by_token(self, token: str = "") -> WebsocketCommunicator:
        """A socket with the bearer subprotocol."""
        return WebsocketCommunicator(
            application, self._path(), subprotocols=[f"bearer.{token or self.token}"]
        )

    def by_cookie(self, origin: bytes = b"http://" + HOST) -> WebsocketCommunicator:
        """A socket as a page opens it."""
        key = self.browser.cookies[settings.SESSION_COOKIE_NAME].value
        cookie = f"{settings.SESSION_COOKIE_NAME}={key}".encode()
        headers = [(b"host", HOST), (b"origin", origin), (b"cookie", cookie)]
        return WebsocketCommunicator(application, self._path(), headers=headers)

    def _path(self) -> str:
        return f"/ws/sessions/{self.session.pk}"


def _make() -> Scene:
    cast = make_cast()
    session = create_session(cast.alice, cast.acme, spec=SessionSpec(name="S"))
    share(cast.alice, session, subject=cast.bob, role="editor")
    browser = Client()
    browser.post("/sign-in", {"username": cast.bob.username, "password": PASSWORD})
    return Scene(cast, session, token_for(cast.bob), browser)


@pytest.fixture
async def scene() -> Any:
    yield await sync_to_async(_make)()
    await hub().close()


async def _closed_by(socket: WebsocketCommunicator, deed: Callable[[], object]) -> int:
    """Open, do the deed, and wait for the close; returns its code."""
    connected, _protocol = await socket.connect(timeout=5)
    assert connected
    while (await socket.receive_json_from(timeout=5)).get("kind") != "presence":
        pass
    await asyncio.sleep(0)
    await sync_to_async(deed)()
    while True:
        message = await socket.receive_output(timeout=5)
        if message["type"] == "websocket.close":
            return int(message["code"])


async def test_a_revoked_token_closes_its_socket(scene: Scene) -> None:
    def revoke() -> None:
        revoke_token(scene.cast.bob, ApiToken.objects.get())

    assert await _closed_by(scene.by_token(), revoke) == 4401


async def test_signing_out_closes_the_browsers_socket(scene: Scene) -> None:
    assert await _closed_by(scene.by_cookie(), lambda: scene.browser.post("/sign-out")) == 4401


async def test_signing_out_elsewhere_leaves_a_token_alone(scene: Scene) -> None:
    socket = scene.by_token()
    await socket.connect(timeout=5)

    await sync_to_async(scene.browser.post)("/sign-out")
    await socket.send_json_to({"kind": "ping"})

    while (await socket.receive_json_from(timeout=5)).get("kind") != "pong":
        pass
    await socket.disconnect()


async def test_a_changed_password_closes_browsers(scene: Scene) -> None:
    def change() -> None:
        bob = User.objects.get(pk=scene.cast.bob.pk)
        change_password(bob, bob, current=PASSWORD, new="seven quiet mountains")

    assert await _closed_by(scene.by_cookie(), change) == 4401


async def test_a_closed_account_closes_its_sockets(scene: Scene) -> None:
    cast = scene.cast

    assert (
        await _closed_by(scene.by_token(), lambda: deactivate_account(cast.olga, cast.bob)) == 4401
    )


async def test_leaving_the_organization_takes_the_sight(scene: Scene) -> None:
    def remove() -> None:
        remove_member(scene.cast.alice, scene.cast.bob.memberships.get())

    assert await _closed_by(scene.by_cookie(), remove) == 4403


@pytest.mark.parametrize("token", ["qd_pat_nothing", "x" * 400])
async def test_a_wrong_token_is_refused_at_the_handshake(scene: Scene, token: str) -> None:
    connected, _code = await scene.by_token(token).connect(timeout=5)

    assert not connected


@pytest.mark.parametrize("origin", [b"https://evil.example", b"null", b""])
async def test_a_page_from_elsewhere_is_refused(scene: Scene, origin: bytes) -> None:
    connected, _code = await scene.by_cookie(origin).connect(timeout=5)

    assert not connected


async def test_a_waiting_poll_asks_again_before_it_answers(scene: Scene) -> None:
    client, headers = AsyncClient(), {"Authorization": f"Bearer {scene.token}"}
    last = await sync_to_async(lambda: AgentSession.objects.get(pk=scene.session.pk).last_seq)()
    path = f"/api/v1/sessions/{scene.session.pk}/events?wait=2&after="
    assert (await client.get(f"{path}0", headers=headers)).status_code == 200

    waiting = asyncio.create_task(client.get(f"{path}{last}", headers=headers))
    await asyncio.sleep(0.3)
    await threaded(lambda: revoke_token(scene.cast.bob, ApiToken.objects.get()))()

    assert (await waiting).status_code == 404
